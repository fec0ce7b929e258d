#include "loop_lag.hpp"
#include "parts.hpp"

#include <soteria/base/log.hpp>

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
    all.reading.spawn("loop_lag", [&all] { return measure_loop_lag(all.counters.loop_lag); });
    all.leading.spawn("leader", [&all] { return all.lease.run(); });
    all.acting.spawn("reconciler", [&all] { return all.reconciler.run(); });
    if (all.restic) {
        all.acting.spawn("catalogue", [&all] { return all.restic->lister.run(); });
        all.acting.spawn("claim_release", [&all] { return all.restic->claim_release.run(); });
    }
    all.acting.spawn("history", [&all] { return all.forget_now_and_then(); });
    all.server.start();
}

// Each stage gets a share of what is left, so that a slow one leaves time for those behind it.
awaitable<bool> service::stop(async::deadline until) {
    auto& all = *parts_;
    const auto share = [until](int part) { return async::deadline::after(until.remaining() / part); };
    all.stopping = true;
    bool in_time = co_await all.server.stop(share(3));
    const bool read = co_await all.reading.stop(share(3));
    co_await all.reconciler.drain(share(2));
    const bool acted = co_await all.acting.stop(share(2));
    const bool led = co_await all.leading.stop(share(2));
    const auto given_back = co_await all.lease.release(share(2));
    if (!given_back)
        log::warning("the Lease could not be given back; the next leader waits until it runs out",
                     {{"why", boost::json::value(given_back.error().message)}});
    all.kubernetes_http.stop();
    all.longhorn_http.stop();
    in_time = in_time && read && acted && led;
    co_return in_time;
}

std::uint16_t service::port() const {
    return parts_->server.port();
}

bool service::ready() const {
    return parts_->trouble().empty();
}

} // namespace soteria::app
