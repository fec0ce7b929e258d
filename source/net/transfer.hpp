// One request on its way and what has come back so far.
#pragma once

#include "answer_head.hpp"
#include "easy_handle.hpp"
#include "outcome.hpp"

#include <soteria/net/curl_driver.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace soteria::net {

// Waited for by one coroutine at a time. Destroying it ends the transfer.
class transfer {
public:
    // What happens to a body that has grown to `body_limit` bytes: the transfer fails with bad_answer. For a stream
    // only the bytes not yet taken count.
    transfer(const boost::asio::any_io_executor& executor, std::shared_ptr<curl_driver> driver,
             std::unique_ptr<easy_handle> handle, std::size_t body_limit, std::string limit_text);
    ~transfer();
    transfer(const transfer&) = delete;
    transfer& operator=(const transfer&) = delete;

    void start(std::chrono::milliseconds connect_timeout);

    // The three waits return once their condition holds, or with the failure that keeps it from ever holding, or
    // timed_out / outcome_unknown at `until`, or cancelled. None throws.
    boost::asio::awaitable<result<void>> wait_for_head(async::deadline until);
    boost::asio::awaitable<result<void>> wait_for_bytes(async::deadline until); // or the proper end
    boost::asio::awaitable<result<void>> wait_for_end(async::deadline until);

    [[nodiscard]] bool ended() const { return ended_; }

    // How many it had to open so far; 0: it uses one that was there.
    [[nodiscard]] long connections_made() const;

    [[nodiscard]] answer_head& head() { return head_; }

    [[nodiscard]] std::string take_body() { return std::exchange(body_, {}); }

private:
    boost::asio::awaitable<result<void>> wait(async::deadline until, bool (transfer::*ready)() const);

    [[nodiscard]] bool has_head() const { return head_.complete(); }

    [[nodiscard]] bool has_bytes() const { return !body_.empty(); }

    [[nodiscard]] bool never() const { return false; }

    [[nodiscard]] transfer_end end(CURLcode code) const;
    void finish(CURLcode code);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;

    std::shared_ptr<curl_driver> driver_;
    std::unique_ptr<easy_handle> handle_;
    std::size_t body_limit_;
    std::string limit_text_;
    boost::asio::steady_timer wake_;
    answer_head head_;
    std::string body_;
    std::string refused_; // why our own callbacks ended the transfer
    bool ended_ = false;
    std::optional<failure> failed_;
};

} // namespace soteria::net
