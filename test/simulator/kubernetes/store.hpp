// Objects by kind and name under one revision counter, with a bounded history of changes for watches and paging.
#pragma once

#include "test/simulator/kubernetes/kinds.hpp"
#include "test/simulator/kubernetes/selector.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace simulator::api {

// "namespace/name", or "name" where the kind is cluster-scoped: sorted as etcd sorts them.
std::string key_of(std::string_view ns, std::string_view name);

// One version of one object; never changed.
struct stored {
    std::string ns;
    std::string name;
    std::string uid;
    std::uint64_t revision = 0;
    labels labels_;
    std::vector<std::string> owners; // uids
    bool deleting = false;
    std::string text;           // JSON with apiVersion and kind
    std::size_t item_start = 0; // in a list, "{" + text from here (built-in kinds leave their type out there)

    [[nodiscard]] std::string key() const { return key_of(ns, name); }

    [[nodiscard]] json::object object() const { return json::parse(text).get_object(); }
};

using stored_ptr = std::shared_ptr<const stored>;

// What happened to one object. `previous` is missing for a new one; a removed one's `current` is its last state.
struct change {
    std::uint64_t revision = 0;
    bool removed = false;
    stored_ptr previous;
    stored_ptr current;

    // The event as a line of a watch, made once.
    [[nodiscard]] const std::string& line() const;

private:
    mutable std::string line_;
};

std::string event_line(std::string_view type, std::string_view object);

// What a list or a watch is about.
struct scope {
    std::string ns; // empty: all
    label_selector label_filter;
    field_selector field_filter;
    [[nodiscard]] bool matches(const stored& object) const;
};

struct page {
    std::vector<stored_ptr> items;
    std::string next; // key to go on after; empty: the end
    std::size_t remaining = 0;
};

class table {
public:
    explicit table(std::size_t window) : window_(window) {}

    [[nodiscard]] stored_ptr find(const std::string& key) const;
    // What was there at `revision` (not older than forgotten()), after the key `after`; limit 0: all.
    [[nodiscard]] page list(const scope& wanted, std::uint64_t revision, const std::string& after,
                            std::size_t limit) const;
    void record(change happened);
    // Drops the history; watches and pages from before `revision` have expired.
    void forget(std::uint64_t revision);

    [[nodiscard]] const std::map<std::string, stored_ptr>& objects() const { return objects_; }

    [[nodiscard]] const std::deque<change>& history() const { return history_; }

    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

    // Timers of watches that wait for the next change.
    std::set<boost::asio::steady_timer*> waiting;
    void wake() const;

private:
    std::size_t window_;
    std::map<std::string, stored_ptr> objects_;
    std::deque<change> history_;
    std::uint64_t forgotten_ = 0;
};

class store {
public:
    // Told of each change, at once.
    using observer = std::function<void(const kind&, const change&)>;

    store(const kinds& known, std::size_t window) : kinds_(known), window_(window) {}

    [[nodiscard]] const kinds& all_kinds() const { return kinds_; }

    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    table& of(const kind& which);
    [[nodiscard]] stored_ptr find(const kind& which, std::string_view ns, std::string_view name);
    // Writes the object under a new revision, which is put into it.
    stored_ptr put(const kind& which, json::object object);
    // `object` is what is there now; the event shows it so, with a revision of its own.
    void erase(const kind& which, const stored_ptr& object);
    // Expires all history: running watches end with 410, and so does whoever goes on from an older revision.
    void forget_all();

    observer changed;

private:
    const kinds& kinds_;
    std::size_t window_;
    std::uint64_t revision_ = 100;
    std::map<const kind*, table> tables_;
};

// The object as it is served: type first, without a revision of its own if `revision` is 0.
stored make_stored(const kind& which, json::object object, std::uint64_t revision);

} // namespace simulator::api
