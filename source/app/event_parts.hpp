// The event stream's making: what the records' watches and the inventory say goes into the hub.
#pragma once

#include "event_trail.hpp"

#include <soteria/async/signal.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/events/hub.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/history.hpp>
#include <soteria/records/records.hpp>
#include <soteria/web/operation_feed.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace soteria::app {

// One kind's history, as it goes to the feed.
class record_history : public kube::history_listener<records::record> {
public:
    // `on_begin` after the feed has heard of it. What is referred to outlives it.
    record_history(web::operation_feed& to, events::record_kind kind, std::function<void()> on_begin);

    void began(const std::string& version) override;
    void restarted(const std::string& version) override;
    void skipped(const std::string& version) override;
    void changed(kube::history_change<records::record> change) override;
    void passed(const std::string& version) override;

    kube::history<records::record> history{*this}; // for the reflector

private:
    web::operation_feed& to_;
    events::record_kind kind_;
    std::function<void()> on_begin_;
};

// What the stream is made with.
struct event_settings {
    std::string ns;             // the service's own
    std::string lease;          // the leader's
    std::string default_driver; // shown where a record names none
};

class event_parts {
public:
    // `kubernetes` outlives it.
    event_parts(const boost::asio::any_io_executor& executor, kube::client& kubernetes, event_settings settings);

    void start(async::task_group& tasks);
    // For the leader's Lease; empty while we have nothing better than what stands there.
    [[nodiscard]] std::map<std::string, std::string> lease_annotations() const;

    events::hub hub;

private:
    // Of one kind: the version from which all changes are there.
    struct past {
        std::string from;
        std::vector<web::operation_change> changes;
    };

    boost::asio::awaitable<void> look_back();
    boost::asio::awaitable<result<events::position>> start_of_the_past();
    boost::asio::awaitable<void> read(events::record_kind kind, past& into, async::deadline until);
    boost::asio::awaitable<void> leave_marks();

    kube::client& kubernetes_;
    event_settings settings_;
    async::signal begun_;
    event_trail trail_;
    web::operation_feed feed_;

public:
    record_history backups;
    record_history restores;
};

} // namespace soteria::app
