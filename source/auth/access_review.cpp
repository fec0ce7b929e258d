#include <soteria/auth/access_review.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <map>

namespace soteria::auth {
namespace {

using boost::asio::awaitable;

// A share of the API client's places: others want to call as well.
constexpr std::size_t questions_at_once = 8;

// One fan-out; its workers end before it does.
struct survey {
    access_review& reviews;
    subject who;
    const std::vector<permission>& asked;
    async::deadline until;
    std::vector<char> open; // still to be asked; by the index of `asked`
    std::vector<char> has;
    std::size_t next = 0;
    std::optional<failure> failed;
};

awaitable<void> work(survey& all) {
    while (all.next < all.asked.size() && !all.failed) {
        const auto mine = all.next++;
        if (all.open[mine] == 0)
            continue;
        auto asking = all.reviews.may(all.who, all.asked[mine], all.until);
        const auto told = co_await std::move(asking);
        if (!told)
            all.failed = told.error();
        else
            all.has[mine] = *told == verdict::allowed ? 1 : 0;
    }
}

awaitable<void> work_side_by_side(survey& all, std::size_t workers) {
    using namespace boost::asio::experimental::awaitable_operators;
    if (workers == 1) {
        co_await work(all);
        co_return;
    }
    auto some = work_side_by_side(all, workers / 2);
    auto others = work_side_by_side(all, workers - workers / 2);
    auto both = std::move(some) && std::move(others);
    co_await std::move(both);
}

// What is allowed in all namespaces needs no further question.
awaitable<result<void>> ask_for_all_namespaces(survey& all) {
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> kinds;
    for (std::size_t i = 0; i < all.asked.size(); ++i)
        kinds[{all.asked[i].verb, all.asked[i].resource}].push_back(i);
    for (const auto& [kind, members] : kinds) {
        if (members.size() < 2)
            continue;
        const permission everywhere(kind.first, kind.second, "");
        const auto told = co_await all.reviews.may(all.who, everywhere, all.until);
        if (!told)
            co_return told.error();
        if (*told != verdict::allowed)
            continue;
        for (const auto member : members) {
            all.open[member] = 0;
            all.has[member] = 1;
        }
    }
    co_return result<void>();
}

} // namespace

awaitable<result<std::optional<permission>>> first_missing(access_review& reviews, identity who,
                                                           std::vector<permission> needed, async::deadline until) {
    std::optional<permission> missing;
    if (!needs_permission(who))
        co_return missing;
    const auto about = subject_of(who);
    for (const auto& each : needed) {
        missing = each;
        if (!about)
            co_return missing;
        const auto told = co_await reviews.may(*about, each, until);
        if (!told)
            co_return told.error();
        if (*told != verdict::allowed)
            co_return missing;
    }
    missing.reset();
    co_return missing;
}

awaitable<result<std::vector<permission>>> granted(access_review& reviews, identity who, std::vector<permission> asked,
                                                   async::deadline until) {
    if (!needs_permission(who))
        co_return asked;
    std::vector<permission> found;
    auto about = subject_of(who);
    if (!about)
        co_return found;
    const std::vector<char> yes(asked.size(), 1);
    const std::vector<char> no(asked.size(), 0);
    survey all{reviews, std::move(*about), asked, until, yes, no, 0, std::nullopt};
    const auto begun = co_await ask_for_all_namespaces(all);
    if (!begun)
        co_return begun.error();
    co_await work_side_by_side(all, std::clamp<std::size_t>(asked.size(), 1, questions_at_once));
    if (all.failed)
        co_return *all.failed;
    for (std::size_t i = 0; i < asked.size(); ++i)
        if (all.has[i] != 0)
            found.push_back(asked[i]);
    co_return found;
}

} // namespace soteria::auth
