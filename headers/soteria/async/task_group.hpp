// Whoever starts a coroutine joins it: an owner for spawned coroutines.
#pragma once

#include <soteria/async/deadline.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace soteria::async {

// The group must be stopped and joined (co_await stop()) before it is destroyed, and whatever its coroutines refer to
// must outlive that. Single-threaded.
class task_group {
public:
    explicit task_group(boost::asio::any_io_executor executor);
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // Starts `body` (called from inside the loop: at once, up to its first wait); `name` is for the log. An exception
    // that leaves it is a bug: logged as an error, the group goes on. After stop() has begun nothing is started any
    // more (the body is destroyed unrun) and false is returned.
    bool spawn(std::string_view name, std::function<boost::asio::awaitable<void>()> body);

    [[nodiscard]] std::size_t size() const;

    // Emits terminal cancellation to every member and waits until all have ended.
    // False: some were still running when `until` passed; they stay owned by the group.
    boost::asio::awaitable<bool> stop(deadline until);

    // Waits for the members to end by themselves.
    boost::asio::awaitable<bool> join(deadline until);

private:
    struct member;
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace soteria::async
