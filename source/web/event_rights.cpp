// What of the events a stream's caller may see.
#include "event_stream.hpp"

#include <soteria/base/log.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

constexpr std::chrono::seconds most_asking{10};
constexpr std::size_t most_asked_ahead = 64; // frames whose rights are asked about together

bool for_everybody(const events::subject& about) {
    return about.what == events::topic::reset || about.what == events::topic::restart;
}

// As for GET /v1/operations and GET /v1/inventory.
auth::permission to_see(const events::subject& about) {
    if (about.what == events::topic::inventory)
        return auth::to_see_backups(about.source.ns);
    const auto kind =
        about.kind == events::record_kind::backup ? domain::operation_kind::backup : domain::operation_kind::restore;
    return auth::to_list(kind, about.record_namespace);
}

} // namespace

event_stream::fate event_stream::weigh(const events::frame& one) {
    if (!events::matches(filter_, one.about))
        return fate::passed_over;
    if (!sight_ || for_everybody(one.about))
        return fate::sent;
    const auto needed = to_see(one.about);
    const auto now = std::chrono::steady_clock::now();
    const auto may = sight_->may_see(needed, now);
    if (may)
        return *may ? fate::sent : fate::passed_over;
    std::vector<auth::permission> asked{needed};
    auto ahead = one.sequence + 1;
    for (const auto last = ahead + most_asked_ahead; ahead != last; ++ahead) {
        const auto next = house_.hub.at(ahead);
        if (!next)
            break;
        if (!events::matches(filter_, next->about) || for_everybody(next->about))
            continue;
        auto also = to_see(next->about);
        if (!sight_->may_see(also, now))
            asked.push_back(std::move(also));
    }
    review(std::move(asked));
    return fate::later;
}

// One question at a time; what else is to be asked is found again.
void event_stream::review(std::vector<auth::permission> asked) {
    if (asked.empty() || asking_)
        return;
    std::ranges::sort(asked);
    const auto repeated = std::ranges::unique(asked);
    asked.erase(repeated.begin(), repeated.end());
    asking_ = true;
    const bool begun = house_.tasks.spawn(
        "event_rights", [self = shared_from_this(), asked = std::move(asked)] { return self->ask(asked); });
    asking_ = asking_ && begun; // it may have ended already
}

boost::asio::awaitable<void> event_stream::ask(std::vector<auth::permission> asked) {
    const auto when = std::chrono::steady_clock::now();
    auto asking = auth::granted(*house_.reviews, sight_->who(), asked, async::deadline::after(most_asking));
    const auto told = co_await std::move(asking);
    asking_ = false;
    if (told)
        sight_->learn(asked, *told, when);
    else
        log::debug("what an event stream's caller may see is not known; its events wait",
                   {{"why", boost::json::value(told.error().message)}});
    if (told)
        pump_later(); // else the next heartbeat asks again
}

} // namespace soteria::web
