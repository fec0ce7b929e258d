// What a reflector does next: list, watch or wait. Policy without I/O, after client-go's reflector.
#pragma once

#include <soteria/async/backoff.hpp>
#include <soteria/base/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace soteria::kube {

// What there is to do.
struct list_action {
    std::string continue_token; // empty: from the start
};

struct watch_action {
    std::string resource_version;
    std::chrono::seconds timeout; // asked of the server, which ends the watch then
};

struct wait_action {
    std::chrono::milliseconds pause;
};

using reflector_action = std::variant<list_action, watch_action, wait_action>;

// What came of it.
struct nothing_yet {};

struct page_listed {
    std::string resource_version;
    std::string continue_token; // empty: that was the last page
};

struct list_failed {
    failure why;
};

struct watch_ended {
    // As long as it said something or was open; a refused one lived 0 s.
    std::chrono::milliseconds lived{0};
    // It brought at least one event or bookmark.
    bool progressed = false;
    // Unset: ended properly, or idle. A failure that is_expired(): by answer or by ERROR event. bad_answer: its bytes
    // were no events, and going on from the same version would meet them again.
    std::optional<failure> why;
};

struct waited {};

using reflector_outcome = std::variant<nothing_yet, page_listed, list_failed, watch_ended, waited>;

struct reflector_state {
    explicit reflector_state(async::random_source random = async::seeded_random())
        : pause({}, random), random_number(std::move(random)) {}

    // The last version seen, of an event, a bookmark or a list; empty: list first.
    std::string resource_version;
    // The first list (or the one after a 410) is complete: what is to be done next is a watch.
    bool listed = false;
    // A 410 is answered with a list at once, unless the last one was, too, and no watch has lived since.
    bool expired_lately = false;
    async::backoff pause;
    async::random_source random_number;
};

// A watch that lived this long, or brought something, has proved the server well: pauses start small again.
inline constexpr std::chrono::seconds healthy_watch{10};
// client-go asks for a watch of 5 to 10 minutes, at random, so that a herd does not come back at once.
inline constexpr std::chrono::seconds shortest_watch{300};

// The next action after `outcome` of the last one. Events are not outcomes: whoever reads a watch keeps
// state.resource_version up to date meanwhile.
reflector_action next(reflector_state& state, const reflector_outcome& outcome);

} // namespace soteria::kube
