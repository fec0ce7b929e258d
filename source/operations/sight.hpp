// What can be seen of one operation while it waits, and what that means for its limits. Pure.
#pragma once

#include <soteria/operations/decide.hpp>

#include <optional>

namespace soteria::operations {

class sight {
public:
    // What came of a look. After a long time unseen it is watched anew; a short one excuses nothing, or an upstream
    // that fails now and then would keep what is stuck from ever being given up.
    void looked(const backup::step_report& report, const limits& limit, instant now) {
        if (report.unseen) {
            unseen_since_ = unseen_since_.value_or(now);
            return;
        }
        if (unseen_since_ && now - *unseen_since_ >= limit.stall / 2)
            watched_since_ = now;
        unseen_since_.reset();
    }

    // The operation's own limits.
    [[nodiscard]] limits of(limits limit) const {
        limit.watched_since = std::max(limit.watched_since, watched_since_);
        limit.unseen = unseen_since_.has_value();
        return limit;
    }

private:
    std::optional<instant> unseen_since_;
    instant watched_since_{};
};

} // namespace soteria::operations
