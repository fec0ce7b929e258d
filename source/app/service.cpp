#include "loop_lag.hpp"
#include "parts.hpp"

#include <soteria/base/log.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace soteria::app {

using boost::asio::awaitable;

service::service(const boost::asio::any_io_executor& executor, config::settings settings, kube::cluster_access access,
                 pace paces, const clock& time)
    : parts_(std::make_unique<parts>(executor, std::move(settings), std::move(access), paces, time)) {}

service::~service() = default;

void service::start() {
    auto& all = *parts_;
    all.near.start(all.reading);
    if (all.settings.longhorn)
        all.reading.spawn("poller", [&all] { return all.poller.run(); });
    all.reading.spawn("inventory", [&all] { return all.keeper.run(); });
    all.events.start(all.reading);
    all.reading.spawn("events/inventory", [&all] { return all.row_events.run(); });
    all.reading.spawn("loop_lag", [&all] { return measure_loop_lag(all.counters.loop_lag); });
    all.leading.spawn("leader", [&all] { return all.lease.run(); });
    all.acting.spawn("announcer", [&all] { return all.announcer.run(); });
    all.acting.spawn("reconciler", [&all] { return all.reconciler.run(); });
    if (all.restic) {
        all.acting.spawn("catalogue", [&all] { return all.restic->lister.run(); });
        all.acting.spawn("claim_release", [&all] { return all.restic->claim_release.run(); });
    }
    all.acting.spawn("orphans", [&all] { return all.orphans.run(); });
    all.acting.spawn("history", [&all] { return all.forget_now_and_then(); });
    all.acting.spawn("keys", [&all] { return all.keep_keys(); });
    all.streams.start();
    all.server.start();
}

// Each stage gets a share of what is left, so that a slow one leaves time for those behind it.
awaitable<bool> service::stop(async::deadline until) {
    auto& all = *parts_;
    const auto share = [until](int part) { return async::deadline::after(until.remaining() / part); };
    all.stopping = true;
    using namespace boost::asio::experimental::awaitable_operators;
    auto serving = all.end_serving(share(3));
    auto acting = all.hand_over(until);
    auto both = std::move(serving) && std::move(acting);
    const auto ends = co_await std::move(both);
    const bool read = co_await all.reading.stop(share(2));
    all.kubernetes_http.stop();
    all.longhorn_http.stop();
    co_return std::get<0>(ends) && std::get<1>(ends) && read;
}

// Streams first: their clients go elsewhere while other requests are still answered.
awaitable<bool> service::parts::end_serving(async::deadline until) {
    const bool told = co_await streams.stop(async::deadline::after(until.remaining() / 2));
    if (!told)
        log::info("some clients of the event stream did not close in time");
    co_return co_await server.stop(until);
}

// Beside the server's end: a caller who is still waiting for an answer does not keep the next leader waiting.
awaitable<bool> service::parts::hand_over(async::deadline until) {
    const auto share = [until](int part) { return async::deadline::after(until.remaining() / part); };
    co_await reconciler.drain(share(2));
    const bool acted = co_await acting.stop(share(2));
    const bool led = co_await leading.stop(share(2));
    const auto given_back = co_await lease.release(share(2));
    if (!given_back)
        log::warning("the Lease could not be given back; the next leader waits until it runs out",
                     {{"why", boost::json::value(given_back.error().message)}});
    co_return acted&& led;
}

std::uint16_t service::port() const {
    return parts_->server.port();
}

bool service::ready() const {
    return parts_->trouble().empty();
}

} // namespace soteria::app
