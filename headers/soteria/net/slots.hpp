// A fixed number of places and a fair line in front of them.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

namespace soteria::net {

// Single-threaded. Places may outlive it.
class slots {
    struct state;

public:
    // A place taken; given back to the first in line when destroyed.
    class place {
    public:
        place() = default;
        explicit place(std::shared_ptr<state> home);
        ~place();
        place(place&& other) noexcept = default;
        place& operator=(place&& other) noexcept;
        place(const place&) = delete;
        place& operator=(const place&) = delete;

    private:
        std::shared_ptr<state> home_;
    };

    slots(boost::asio::any_io_executor executor, std::size_t count);
    ~slots();
    slots(const slots&) = delete;
    slots& operator=(const slots&) = delete;

    // First come, first served. timed_out; cancelled (also by close()). Does not throw.
    boost::asio::awaitable<result<place>> take(async::deadline until);

    // Ends all waits with `cancelled`, and refuses further ones.
    void close();

    [[nodiscard]] std::size_t taken() const;

private:
    std::shared_ptr<state> state_;
};

} // namespace soteria::net
