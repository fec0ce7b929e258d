// Repeats a call that may safely be repeated.
#pragma once

#include <soteria/async/backoff.hpp>
#include <soteria/async/deadline.hpp>
#include <soteria/async/within.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <type_traits>
#include <utility>

namespace soteria::net {

// `attempt` is a callable that returns awaitable<result<T>> and does not throw; it is called again after a failure that
// is transient() (or that `again` accepts), once the next pause of `pauses` is over, or what the upstream asked for
// (failure::retry_after) where that is longer. Each attempt must keep a deadline of its own, not beyond `until`.
// Returns the first success, the first failure that is not to be repeated, the last failure when another pause would
// end after `until`, or cancelled. Name the callable and move it in (g++ 12 destroys a capturing lambda twice that is
// written inside a co_await expression):
//
//     auto attempt = [&] { return http.send(request, until.at_most(10s)); };
//     auto answer = co_await net::retry(until, async::backoff(), attempt);
template <class Attempt>
std::invoke_result_t<Attempt&> retry(async::deadline until, async::backoff pauses,
                                     std::function<bool(const failure&)> again, Attempt attempt) {
    while (true) {
        auto call = attempt();
        auto outcome = co_await std::move(call);
        if (outcome.has_value() || !again(outcome.error()))
            co_return outcome;
        const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != boost::asio::cancellation_type::none)
            co_return failure(errc::cancelled, outcome.error().message);
        const std::chrono::milliseconds asked = outcome.error().retry_after.value_or(std::chrono::seconds(0));
        const auto next_try = async::deadline::after(std::max(pauses.next(), asked));
        if (next_try.when() >= until.when())
            co_return outcome;
        auto pause = async::sleep_until(next_try);
        const bool whole = co_await std::move(pause);
        if (!whole)
            co_return failure(errc::cancelled, outcome.error().message);
    }
}

template <class Attempt>
std::invoke_result_t<Attempt&> retry(async::deadline until, async::backoff pauses, Attempt attempt) {
    return retry(until, std::move(pauses), std::mem_fn(&failure::transient), std::move(attempt));
}

} // namespace soteria::net
