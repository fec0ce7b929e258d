// access_review by the API server: SubjectAccessReview.
#pragma once

#include <soteria/async/signal.hpp>
#include <soteria/auth/access_review.hpp>
#include <soteria/kube/client.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace soteria::auth {

struct review_limits {
    std::chrono::seconds keep_allowed{30};
    // A new grant works soon, and a loop of refused calls still asks seldom.
    std::chrono::seconds keep_denied{5};
    // One question to the API server; the caller's deadline may end it sooner.
    std::chrono::seconds answer{5};
    // A hundred callers of a hundred namespaces, some 300 bytes each. Beyond, the oldest goes.
    std::size_t kept = 10'000;
};

// Needs "create subjectaccessreviews". Answers are kept for a short while, so a change of RBAC counts here after that;
// who asks what is being asked already waits for that answer. Single-threaded; `kubernetes` outlives it.
class cluster_access_review final : public access_review {
public:
    using time_source = std::function<std::chrono::steady_clock::time_point()>;

    cluster_access_review(boost::asio::any_io_executor executor, kube::client& kubernetes,
                          review_limits limits = review_limits(), time_source now = std::chrono::steady_clock::now);

    boost::asio::awaitable<result<verdict>> may(subject who, permission what, async::deadline until) override;

private:
    struct question {
        std::string who; // the subject's digest: groups may be many
        permission what;
        auto operator<=>(const question&) const = default;
    };

    struct answer {
        verdict told = verdict::denied;
        std::chrono::steady_clock::time_point until;
        std::list<question>::iterator place; // in order_
    };

    // Somebody asks it now.
    struct pending {
        explicit pending(const boost::asio::any_io_executor& executor) : ended(executor) {}

        async::signal ended;
        std::optional<result<verdict>> outcome; // none: whoever asked was cancelled
    };

    boost::asio::awaitable<result<verdict>> ask(subject who, permission what, async::deadline until);
    boost::asio::awaitable<result<verdict>> ask_for_all(question asked, subject who, async::deadline until);
    void forget(std::map<question, answer>::iterator which);
    void keep(const question& asked, verdict told);
    [[nodiscard]] std::optional<verdict> kept(const question& asked);

    boost::asio::any_io_executor executor_;
    kube::client& kubernetes_;
    review_limits limits_;
    time_source now_;
    std::map<question, answer> answers_;
    std::list<question> order_; // of the answers, oldest first
    std::map<question, std::shared_ptr<pending>> pending_;
};

} // namespace soteria::auth
