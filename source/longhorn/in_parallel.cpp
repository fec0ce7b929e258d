#include "in_parallel.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

namespace {

struct work {
    std::shared_ptr<const job_list> jobs;
    std::size_t next = 0;
};

asio::awaitable<void> one_worker(std::shared_ptr<work> shared) {
    while (shared->next < shared->jobs->size()) {
        const auto& make = (*shared->jobs)[shared->next++];
        auto job = make();
        co_await std::move(job);
    }
}

asio::awaitable<void> workers(std::shared_ptr<work> shared, std::size_t count) {
    using namespace asio::experimental::awaitable_operators;
    auto mine = one_worker(shared);
    if (count <= 1) {
        co_await std::move(mine);
        co_return;
    }
    auto others = workers(shared, count - 1);
    auto both = std::move(mine) && std::move(others);
    co_await std::move(both);
}

} // namespace

asio::awaitable<void> in_parallel(std::shared_ptr<const job_list> jobs, std::size_t at_once) {
    const auto shared = std::make_shared<work>();
    shared->jobs = std::move(jobs);
    const auto count = std::min(std::max<std::size_t>(at_once, 1), shared->jobs->size());
    if (count == 0)
        co_return;
    auto all = workers(shared, count);
    co_await std::move(all);
}

} // namespace soteria::longhorn
