#include "event_parts.hpp"

#include <soteria/app/purposes.hpp>
#include <soteria/async/within.hpp>
#include <soteria/base/log.hpp>
#include <soteria/kube/lease.hpp>
#include <soteria/kube/past.hpp>

#include <algorithm>
#include <iterator>

namespace soteria::app {
namespace {

using boost::asio::awaitable;
using events::record_kind;

// A stream that has to wait for the past waits no longer; an API server's bookmark is there after three seconds.
constexpr std::chrono::seconds look_back_time{12};

const kube::resource& resource_of(record_kind kind) {
    return kind == record_kind::backup ? records::backups : records::restores;
}

std::shared_ptr<const domain::operation> operation_of(std::shared_ptr<const records::record> record) {
    const auto* operation = &record->operation;
    return {std::move(record), operation};
}

// What an event of the past shows; unset: it cannot be read, which the reflector has logged.
std::optional<web::operation_change> change_of(record_kind kind, const kube::watch_event& event) {
    auto decoded =
        kind == record_kind::backup ? records::decode_backup(event.object) : records::decode_restore(event.object);
    if (!decoded)
        return std::nullopt;
    web::operation_change made;
    made.kind = kind;
    made.operation = std::make_shared<const domain::operation>(std::move(decoded->operation));
    made.version = event.resource_version;
    made.deleted = event.type == kube::watch_event::kind::deleted;
    return made;
}

void could_not(const failure& why) {
    if (why.code == errc::cancelled)
        return;
    log::info("clients of the event stream that were away will have to look at everything again",
              {{"why", boost::json::value(why.message)}});
}

} // namespace

record_history::record_history(web::operation_feed& to, record_kind kind, std::function<void()> on_begin)
    : to_(to), kind_(kind), on_begin_(std::move(on_begin)) {}

void record_history::began(const std::string& version) {
    to_.began(kind_, version);
    on_begin_();
}

void record_history::restarted(const std::string& version) {
    to_.restarted(kind_, version);
}

void record_history::skipped(const std::string& version) {
    to_.skipped(kind_, version);
}

void record_history::changed(kube::history_change<records::record> change) {
    web::operation_change made;
    made.kind = kind_;
    made.operation = operation_of(std::move(change.object));
    made.version = std::move(change.version);
    made.deleted = change.deleted;
    made.completes = change.completes;
    to_.changed(std::move(made));
}

void record_history::passed(const std::string& version) {
    to_.passed(kind_, version);
}

event_parts::event_parts(const boost::asio::any_io_executor& executor, kube::client& kubernetes,
                         event_settings settings)
    : kubernetes_(kubernetes), settings_(std::move(settings)), begun_(executor),
      feed_(executor, hub, settings_.default_driver),
      backups(feed_, record_kind::backup, [this] { begun_.notify_all(); }),
      restores(feed_, record_kind::restore, [this] { begun_.notify_all(); }) {}

void event_parts::start(async::task_group& tasks) {
    tasks.spawn("events/operations", [this] { return feed_.run(); });
    tasks.spawn("events/look_back", [this] { return look_back(); });
    tasks.spawn("events/marks", [this] { return leave_marks(); });
}

std::map<std::string, std::string> event_parts::lease_annotations() const {
    const auto from = trail_.behind(kube::boot_clock::now());
    if (!from)
        return {};
    return {{events_from_annotation, events::to_string(*from)}};
}

awaitable<void> event_parts::leave_marks() {
    bool awake = true;
    while (awake) {
        if (hub.begun())
            trail_.note(hub.present(), kube::boot_clock::now());
        awake = co_await async::sleep_until(async::deadline::after(trail_step));
    }
}

// not_found: nobody has led yet, or not long enough.
awaitable<result<events::position>> event_parts::start_of_the_past() {
    const kube::call_options options(async::deadline::after(look_back_time), std::string(purposes::look_back));
    const auto lease = co_await kube::get_lease(kubernetes_, settings_.ns, settings_.lease, options);
    if (!lease)
        co_return lease.error();
    const auto mark = lease->meta.annotations.find(events_from_annotation);
    const auto from = mark == lease->meta.annotations.end() ? std::nullopt : events::parse_position(mark->second);
    if (!from)
        co_return failure(errc::not_found, "the Lease does not say where the events were a while ago");
    co_return *from;
}

// Without success there is nothing to go on from but the first list.
awaitable<void> event_parts::read(record_kind kind, past& into, async::deadline until) {
    kube::past_question asked(resource_of(kind), into.from, hub.beginning().of(kind), std::string(purposes::look_back));
    std::function<void(const kube::watch_event&)> keep = [kind, &into](const kube::watch_event& event) {
        if (auto change = change_of(kind, event))
            into.changes.push_back(std::move(*change));
    };
    auto reading = kube::read_past(kubernetes_, std::move(asked), std::move(keep), until);
    const auto whole = co_await std::move(reading);
    const auto& upto = hub.beginning().of(kind);
    if (!whole)
        could_not(whole.error());
    if (!whole || events::newer_version(into.from, upto))
        into = {upto, {}};
}

// Fills the ring with what has happened shortly before the lists that we started with.
awaitable<void> event_parts::look_back() {
    bool awake = true;
    while (awake && !hub.begun())
        awake = co_await begun_.wait(async::deadline::never());
    if (!awake)
        co_return;
    auto marked = co_await start_of_the_past();
    if (!marked) {
        if (marked.error().code != errc::not_found)
            could_not(marked.error());
        hub.no_past();
        co_return;
    }
    using namespace boost::asio::experimental::awaitable_operators;
    const auto until = async::deadline::after(look_back_time);
    past backups_past{marked->backups, {}};
    past restores_past{marked->restores, {}};
    auto both = read(record_kind::backup, backups_past, until) && read(record_kind::restore, restores_past, until);
    co_await std::move(both);
    auto changes = std::move(backups_past.changes);
    std::ranges::move(restores_past.changes, std::back_inserter(changes));
    events::position from{std::move(backups_past.from), std::move(restores_past.from)};
    auto filling = feed_.fill(std::move(from), std::move(changes));
    co_await std::move(filling);
}

} // namespace soteria::app
