#include <soteria/kube/reflector_plan.hpp>
#include <soteria/kube/status.hpp>

#include <algorithm>

namespace soteria::kube {

namespace {

reflector_action list_or_watch(reflector_state& state) {
    if (!state.listed)
        return list_action{};
    const auto extra = static_cast<int>(state.random_number() * static_cast<double>(shortest_watch.count()));
    return watch_action{state.resource_version, shortest_watch + std::chrono::seconds(extra)};
}

reflector_action wait(reflector_state& state, const std::optional<failure>& why) {
    auto pause = state.pause.next();
    if (why && why->retry_after)
        pause = std::max(pause, std::chrono::duration_cast<std::chrono::milliseconds>(*why->retry_after));
    return wait_action{pause};
}

// Once at once; again and again only with growing pauses.
reflector_action list_after_expiry(reflector_state& state, const std::optional<failure>& why) {
    state.listed = false;
    if (std::exchange(state.expired_lately, true))
        return wait(state, why);
    return list_action{};
}

struct decide {
    reflector_state& state;

    reflector_action operator()(const nothing_yet&) const { return list_or_watch(state); }

    reflector_action operator()(const waited&) const { return list_or_watch(state); }

    reflector_action operator()(const page_listed& page) const {
        if (!page.continue_token.empty())
            return list_action{page.continue_token};
        state.resource_version = page.resource_version;
        state.listed = true;
        return list_or_watch(state);
    }

    reflector_action operator()(const list_failed& failed) const {
        if (is_expired(failed.why))
            return list_after_expiry(state, failed.why);
        return wait(state, failed.why);
    }

    reflector_action operator()(const watch_ended& ended) const {
        const bool long_lived = ended.lived >= healthy_watch;
        const bool healthy = long_lived || ended.progressed;
        if (healthy)
            state.pause.reset();
        if (long_lived)
            state.expired_lately = false;
        if (ended.why && is_expired(*ended.why))
            return list_after_expiry(state, ended.why);
        if (ended.why && ended.why->code == errc::bad_answer)
            state.listed = false;
        if (healthy && !ended.why)
            return list_or_watch(state);
        return wait(state, ended.why);
    }
};

} // namespace

reflector_action next(reflector_state& state, const reflector_outcome& outcome) {
    return std::visit(decide{state}, outcome);
}

} // namespace soteria::kube
