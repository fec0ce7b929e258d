#include <soteria/auth/cluster_access_review.hpp>
#include <soteria/auth/purposes.hpp>
#include <soteria/base/digest.hpp>
#include <soteria/base/log.hpp>

#include <boost/json/array.hpp>

namespace soteria::auth {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr kube::resource subject_access_reviews{"authorization.k8s.io", "v1", "subjectaccessreviews",
                                                "SubjectAccessReview", false};

// No name holds a control character, so the parts cannot run into each other.
std::string digest_of(const subject& who) {
    std::string whole = who.user;
    for (const auto& group : who.groups)
        whole += "\n" + group;
    return sha256_hex(whole);
}

json::object review_of(const subject& who, const permission& what) {
    json::object attributes{{"group", "soteria.dev"}, {"resource", what.resource}, {"verb", what.verb}};
    if (!what.ns.empty())
        attributes["namespace"] = what.ns;
    json::array groups;
    for (const auto& group : who.groups)
        groups.emplace_back(group);
    json::object spec{{"user", who.user}, {"groups", std::move(groups)}};
    spec["resourceAttributes"] = std::move(attributes);
    json::object review{{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SubjectAccessReview"}};
    review["spec"] = std::move(spec);
    return review;
}

std::optional<verdict> verdict_in(const json::object& review) {
    const auto* status = review.if_contains("status");
    const auto* allowed =
        status != nullptr && status->is_object() ? status->get_object().if_contains("allowed") : nullptr;
    if (allowed == nullptr || !allowed->is_bool())
        return std::nullopt;
    return allowed->get_bool() ? verdict::allowed : verdict::denied;
}

failure cannot_tell(const subject& who, const permission& what, const failure& why) {
    if (why.code == errc::cancelled)
        return why;
    failure made(errc::unavailable,
                 "whether " + who.user + " may " + to_text(what) +
                     " cannot be told now, as Kubernetes does not say; "
                     "try again in a moment",
                 "authorization_unavailable");
    made.retry_after = why.retry_after;
    return made;
}

} // namespace

cluster_access_review::cluster_access_review(boost::asio::any_io_executor executor, kube::client& kubernetes,
                                             review_limits limits, time_source now)
    : executor_(std::move(executor)), kubernetes_(kubernetes), limits_(limits), now_(std::move(now)) {}

std::optional<verdict> cluster_access_review::kept(const question& asked) {
    const auto found = answers_.find(asked);
    if (found == answers_.end())
        return std::nullopt;
    if (now_() < found->second.until)
        return found->second.told;
    forget(found);
    return std::nullopt;
}

void cluster_access_review::forget(std::map<question, answer>::iterator which) {
    order_.erase(which->second.place);
    answers_.erase(which);
}

void cluster_access_review::keep(const question& asked, verdict told) {
    if (const auto old = answers_.find(asked); old != answers_.end())
        forget(old);
    while (answers_.size() >= limits_.kept)
        forget(answers_.find(order_.front()));
    answer made;
    made.told = told;
    made.until = now_() + (told == verdict::allowed ? limits_.keep_allowed : limits_.keep_denied);
    made.place = order_.insert(order_.end(), asked);
    answers_.emplace(asked, made);
}

awaitable<result<verdict>> cluster_access_review::may(subject who, permission what, async::deadline until) {
    const question asked{digest_of(who), what};
    while (true) {
        if (const auto known = kept(asked))
            co_return *known;
        const auto found = pending_.find(asked);
        if (found == pending_.end())
            break;
        const auto other = found->second;
        const bool ended = co_await other->ended.wait(until);
        const auto told = other->outcome;
        if (told)
            co_return *told;
        if (!ended)
            co_return cannot_tell(who, what, failure(errc::timed_out, "nobody answered in time"));
    }
    auto asking = ask_for_all(asked, std::move(who), until);
    co_return co_await std::move(asking);
}

// Whatever ends it, a cancel included: those who wait are told, and the next one asks anew.
awaitable<result<verdict>> cluster_access_review::ask_for_all(question asked, subject who, async::deadline until) {
    struct announcement {
        cluster_access_review& home;
        const question& about;
        std::shared_ptr<pending> mine;

        ~announcement() {
            home.pending_.erase(about);
            mine->ended.notify_all();
        }
    };

    const auto mine = std::make_shared<pending>(executor_);
    pending_.emplace(asked, mine);
    const announcement at_the_end{*this, asked, mine};
    auto asking = ask(std::move(who), asked.what, until);
    auto outcome = co_await std::move(asking);
    if (outcome)
        keep(asked, *outcome);
    if (outcome || outcome.error().code != errc::cancelled)
        mine->outcome = outcome;
    co_return outcome;
}

awaitable<result<verdict>> cluster_access_review::ask(subject who, permission what, async::deadline until) {
    kube::call_options options(until.at_most(limits_.answer), std::string(purposes::review));
    options.changes_nothing = true;
    auto review = review_of(who, what);
    auto calling = kubernetes_.create(subject_access_reviews, std::move(review), std::move(options));
    const auto answered = co_await std::move(calling);
    const auto told = answered ? verdict_in(*answered) : std::nullopt;
    if (told)
        co_return *told;
    const auto why = answered ? failure(errc::bad_answer, "the review has no verdict") : answered.error();
    if (why.code != errc::cancelled)
        log::warning("Kubernetes does not say who may do what",
                     {{"question", json::value(to_text(what))}, {"why", json::value(why.message)}});
    co_return cannot_tell(who, what, why);
}

} // namespace soteria::auth
