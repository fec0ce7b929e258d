#include <soteria/async/let_others_run.hpp>
#include <soteria/web/operation_feed.hpp>
#include <soteria/web/render.hpp>

#include <boost/json/serialize.hpp>

namespace soteria::web {
namespace {

using boost::asio::awaitable;

// Rendering one operation takes some ten microseconds: about a millisecond a turn.
constexpr std::size_t changes_a_turn = 32;

events::subject subject_of(const operation_change& change) {
    const auto& operation = *change.operation;
    events::subject made;
    made.what = events::topic::operation;
    made.kind = change.kind;
    made.record_namespace = operation.ns;
    made.operation = operation.id();
    made.source = {operation.request.source.ns, operation.request.source.name};
    made.target = {operation.request.target.ns, operation.request.target.name};
    made.deleted = change.deleted;
    return made;
}

} // namespace

operation_feed::operation_feed(const boost::asio::any_io_executor& executor, events::hub& to,
                               std::string default_driver)
    : hub_(to), default_driver_(std::move(default_driver)), wake_(executor) {}

void operation_feed::began(events::record_kind kind, const std::string& version) {
    passed_.of(kind) = version;
    if (!passed_.backups.empty() && !passed_.restores.empty())
        hub_.begin(passed_);
    wake_.notify_all();
}

void operation_feed::put(waiting one) {
    if (!hub_.begun())
        return;
    waiting_.push_back(std::move(one));
    wake_.notify_all();
}

void operation_feed::skipped(events::record_kind kind, const std::string& version) {
    put(jump{kind, version, false});
}

void operation_feed::changed(operation_change change) {
    if (!hub_.begun() && change.completes)
        passed_.of(change.kind) = change.version;
    put(std::move(change));
}

void operation_feed::passed(events::record_kind kind, const std::string& version) {
    passed_.of(kind) = version;
    wake_.notify_all();
}

void operation_feed::restarted(events::record_kind kind, const std::string& version) {
    passed_.of(kind) = version;
    put(jump{kind, version, true});
}

events::record_change operation_feed::drawn(const operation_change& change) const {
    auto shown = render(*change.operation, default_driver_);
    if (change.deleted)
        shown["deleted"] = true;
    auto body = "event: operation\ndata: " + boost::json::serialize(shown) + "\n\n";
    return {subject_of(change), change.version, change.completes, std::move(body)};
}

void operation_feed::publish(const operation_change& change) {
    hub_.publish(drawn(change));
}

void operation_feed::publish(const jump& one) {
    if (!one.back) {
        hub_.skip(one.kind, one.version);
        return;
    }
    auto from = hub_.present();
    from.of(one.kind) = one.version;
    hub_.restart(std::move(from), "the cluster's history has been replaced");
}

awaitable<void> operation_feed::run() {
    while (true) {
        std::size_t done = 0;
        while (!waiting_.empty()) {
            const auto next = std::move(waiting_.front());
            waiting_.pop_front();
            std::visit([this](const auto& one) { publish(one); }, next);
            if (++done % changes_a_turn == 0)
                co_await async::let_others_run();
        }
        if (hub_.begun())
            hub_.advance(passed_);
        const bool more = co_await wake_.wait(async::deadline::never());
        if (!more)
            co_return;
    }
}

awaitable<void> operation_feed::fill(events::position from, std::vector<operation_change> changes) {
    std::vector<events::record_change> made;
    made.reserve(changes.size());
    for (const auto& change : changes) {
        made.push_back(drawn(change));
        if (made.size() % changes_a_turn == 0)
            co_await async::let_others_run();
    }
    hub_.fill(std::move(from), std::move(made));
}

} // namespace soteria::web
