#include <soteria/async/within.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/base/log.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/operations/orphans.hpp>
#include <soteria/records/records.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using backup::unused_object;
using boost::asio::awaitable;
namespace json = boost::json;

constexpr std::size_t page = 100; // records at a time: a page is parsed in one go
constexpr std::chrono::minutes patience{2};
constexpr std::chrono::minutes after_failure{1};
constexpr std::size_t most_named = 20; // in one line of the log; the count tells all

void add_owners(const json::object& object, std::set<std::string>& owners) {
    auto decoded = object.at("kind") == "Backup" ? records::decode_backup(object) : records::decode_restore(object);
    if (!decoded)
        return;
    const auto& one = decoded->operation;
    owners.insert(one.uid);
    owners.insert(domain::volume_name(one.uid));
    if (const auto volume = one.fact("volume"); !volume.empty())
        owners.insert(volume);
}

std::string named(const unused_object& one) {
    return one.kind + " " + (one.ns.empty() ? "" : one.ns + "/") + one.name +
           (one.state.empty() ? "" : " (" + one.state + ")");
}

void say(const std::vector<unused_object>& found) {
    if (found.empty())
        return;
    json::array names;
    for (const auto& each : found)
        if (names.size() < most_named)
            names.emplace_back(named(each));
    log::warning("objects that bear Soteria's name are used by nobody and stand on no record; look at them, and delete "
                 "what is not wanted",
                 {{"count", static_cast<std::int64_t>(found.size())}, {"objects", std::move(names)}});
}

} // namespace

awaitable<result<std::set<std::string>>> owners_on_record(kube::client& kubernetes, async::deadline until) {
    std::set<std::string> owners;
    for (const auto& kind : {records::backups, records::restores}) {
        std::string next;
        bool more = true;
        while (more) {
            kube::call_options options(until, std::string(backup::purposes::look_for_orphans));
            const auto listed = co_await kubernetes.list(kind, "", page, next, "", std::move(options));
            if (!listed)
                co_return listed.error();
            for (const auto& item : listed->items)
                if (const auto* object = item.if_object()) {
                    auto named_kind = *object;
                    named_kind["kind"] = kind.kind; // the items of a list do not say
                    add_owners(named_kind, owners);
                }
            next = listed->continue_token;
            more = !next.empty();
        }
    }
    co_return owners;
}

std::vector<unused_object> without_record(const std::vector<unused_object>& before,
                                          const std::vector<unused_object>& after,
                                          const std::set<std::string>& owners) {
    std::vector<unused_object> found;
    const auto is_same = [](const unused_object& left, const unused_object& right) {
        return left.kind == right.kind && left.ns == right.ns && left.name == right.name;
    };
    for (const auto& each : after) {
        const bool lasts = std::ranges::any_of(before, [&](const auto& other) { return is_same(each, other); });
        if (lasts && !owners.contains(each.owner))
            found.push_back(each);
    }
    std::ranges::sort(found);
    return found;
}

orphan_watch::orphan_watch(kube::client& kubernetes, driver_lookup find_driver, std::function<bool()> may_look,
                           std::chrono::milliseconds step)
    : kubernetes_(kubernetes), find_driver_(std::move(find_driver)), may_look_(std::move(may_look)), step_(step) {}

std::map<std::string, std::size_t> orphan_watch::counts() const {
    std::map<std::string, std::size_t> by_kind{{"LonghornVolume", 0}, {"PersistentVolume", 0}, {"Job", 0}};
    if (may_look_())
        for (const auto& each : found_)
            ++by_kind[each.kind];
    return by_kind;
}

awaitable<result<std::vector<unused_object>>> orphan_watch::unused(async::deadline until) {
    std::vector<unused_object> all;
    for (const auto name : backup::driver_names) {
        auto* driver = find_driver_(name);
        if (driver == nullptr)
            continue;
        auto found = co_await driver->unused(until);
        if (!found)
            co_return found.error();
        std::ranges::move(*found, std::back_inserter(all));
    }
    co_return all;
}

awaitable<result<std::vector<unused_object>>> orphan_watch::look(async::deadline until) {
    const auto before = co_await unused(until);
    if (!before || before->empty())
        co_return before;
    const auto owners = co_await owners_on_record(kubernetes_, until);
    if (!owners)
        co_return owners.error();
    const auto after = co_await unused(until);
    if (!after)
        co_return after.error();
    co_return without_record(*before, *after, *owners);
}

awaitable<void> orphan_watch::run() {
    async::deadline next_look; // at once
    bool awake = true;
    while (awake) {
        if (!may_look_()) {
            found_.clear();
            next_look = async::deadline();
        } else if (next_look.passed()) {
            auto found = co_await look(async::deadline::after(patience));
            next_look = async::deadline::after(found ? period : after_failure);
            if (found) {
                found_ = std::move(*found);
                say(found_);
            } else if (found.error().code != errc::cancelled) {
                log::info("looking for orphans failed; it is tried again",
                          {{"why", json::value(found.error().message)}});
            }
        }
        awake = co_await async::sleep_until(async::deadline::after(step_));
    }
}

} // namespace soteria::operations
