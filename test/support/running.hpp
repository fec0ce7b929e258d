// Running coroutines in tests without sleeping.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace soteria::test {

// Far longer than anything here takes; only a hanging test meets it.
inline constexpr std::chrono::seconds patience{20};

// Runs the context until `done` says so.
inline void run_until(boost::asio::io_context& context, const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    context.restart();
    while (!done()) {
        BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < limit, "it did not happen in time");
        if (context.run_one_for(patience) == 0)
            context.restart();
    }
}

// The coroutine's value.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr problem;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, T result) {
        problem = std::move(error);
        value = std::move(result);
    });
    run_until(context, [&] { return value.has_value(); });
    if (problem)
        std::rethrow_exception(problem);
    if (!value)
        throw std::logic_error("run_until came back without the value it waited for");
    return *std::move(value);
}

// Something that runs until it is cancelled; the destructor cancels it and waits.
class background {
public:
    background(boost::asio::io_context& context, boost::asio::awaitable<void> work) : context_(context) {
        boost::asio::co_spawn(context, std::move(work),
                              boost::asio::bind_cancellation_slot(
                                  cancellation_.slot(), [this](const std::exception_ptr&) { ended_ = true; }));
    }

    ~background() { stop(); }

    background(const background&) = delete;
    background& operator=(const background&) = delete;

    void stop() {
        bool emitted = false;
        // In the loop: outside of it, Asio posts an emission that does not own what it refers to.
        boost::asio::post(context_, [this, &emitted] {
            if (!ended_)
                cancellation_.emit(boost::asio::cancellation_type::terminal);
            emitted = true;
        });
        run_until(context_, [&] { return ended_ && emitted; });
    }

    [[nodiscard]] bool ended() const { return ended_; }

private:
    boost::asio::io_context& context_;
    boost::asio::cancellation_signal cancellation_;
    bool ended_ = false;
};

} // namespace soteria::test
