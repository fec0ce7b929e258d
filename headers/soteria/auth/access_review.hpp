// Kubernetes' RBAC as an interface, and the questions that routes put to it.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/auth/permission.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <vector>

namespace soteria::auth {

// Not a bool: a result<bool> that is copied from one that may be changed becomes "true, there is a value".
enum class verdict { denied, allowed };

class access_review {
public:
    virtual ~access_review() = default;
    // Whether RBAC lets them. unavailable (authorization_unavailable): nobody could tell in time, so it is not allowed
    // now; cancelled.
    virtual boost::asio::awaitable<result<verdict>> may(subject who, permission what, async::deadline until) = 0;
};

// The first of `needed` that the caller does not have; nullopt: they have all of them. Failures as above.
boost::asio::awaitable<result<std::optional<permission>>>
first_missing(access_review& reviews, identity who, std::vector<permission> needed, async::deadline until);

// Those of `asked` that the caller has, in order. Who may do it in all namespaces is asked about once, not for each
// namespace. A few questions are under way at a time. Failures as above: a part is never taken for the whole.
boost::asio::awaitable<result<std::vector<permission>>> granted(access_review& reviews, identity who,
                                                                std::vector<permission> asked, async::deadline until);

} // namespace soteria::auth
