// What the caller of one stream may see where Kubernetes' RBAC decides. No I/O.
#pragma once

#include <soteria/auth/permission.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace soteria::web {

// What is allowed counts for twice `rights` from when it was asked for, and is asked for again in the second half of
// that; a denial for `rights`, as most are not needed again. Single-threaded.
class event_sight {
public:
    using time_point = std::chrono::steady_clock::time_point;

    event_sight(auth::identity who, std::chrono::milliseconds rights) : who_(std::move(who)), rights_(rights) {}

    [[nodiscard]] const auth::identity& who() const { return who_; }

    // nullopt: not known (any more).
    [[nodiscard]] std::optional<bool> may_see(const auth::permission& what, time_point now) const;
    // Takes the answers in; what of `asked` is not in `granted` is denied.
    void learn(const std::vector<auth::permission>& asked, const std::vector<auth::permission>& granted,
               time_point when);
    // Drops what does not count any more.
    void forget(time_point now);
    // To be asked for again before it does not count any more.
    [[nodiscard]] std::vector<auth::permission> due(time_point now) const;

private:
    struct answer {
        bool allowed = false;
        time_point asked;
    };

    [[nodiscard]] bool counts(const answer& told, time_point now) const;

    auth::identity who_;
    std::chrono::milliseconds rights_;
    std::map<auth::permission, answer> known_;
};

} // namespace soteria::web
