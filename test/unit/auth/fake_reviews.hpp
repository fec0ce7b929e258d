// RBAC with the grants that a test sets, and a note of what was asked.
#pragma once

#include <soteria/auth/access_review.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace soteria::auth::test {

class fake_reviews final : public access_review {
public:
    boost::asio::awaitable<result<verdict>> may(subject who, permission what, async::deadline) override {
        asked.push_back(who.user + ": " + to_text(what));
        if (broken)
            co_return *broken;
        permission everywhere = what;
        everywhere.ns.clear();
        co_return grants.contains(what) || grants.contains(everywhere) ? verdict::allowed : verdict::denied;
    }

    [[nodiscard]] std::size_t times(const std::string& question) const {
        return static_cast<std::size_t>(std::ranges::count(asked, question));
    }

    std::set<permission> grants;
    std::vector<std::string> asked;
    std::optional<failure> broken;
};

} // namespace soteria::auth::test
