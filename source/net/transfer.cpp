#include "transfer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace soteria::net {

transfer::transfer(const boost::asio::any_io_executor& executor, std::shared_ptr<curl_driver> driver,
                   std::unique_ptr<easy_handle> handle, std::size_t body_limit, std::string limit_text)
    : driver_(std::move(driver)), handle_(std::move(handle)), body_limit_(body_limit),
      limit_text_(std::move(limit_text)), wake_(executor) {
    curl_easy_setopt(handle_->get(), CURLOPT_HEADERFUNCTION, &transfer::on_header);
    curl_easy_setopt(handle_->get(), CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle_->get(), CURLOPT_WRITEFUNCTION, &transfer::on_body);
    curl_easy_setopt(handle_->get(), CURLOPT_WRITEDATA, this);
}

transfer::~transfer() {
    driver_->abandon(handle_->get());
}

void transfer::start(std::chrono::milliseconds connect_timeout) {
    handle_->limit_connecting(connect_timeout);
    const CURLcode started = driver_->start(handle_->get(), [this](CURLcode code) { finish(code); });
    if (started != CURLE_OK)
        finish(started);
}

long transfer::connections_made() const {
    long made = 0;
    curl_easy_getinfo(handle_->get(), CURLINFO_NUM_CONNECTS, &made);
    return made;
}

transfer_end transfer::end(CURLcode code) const {
    const auto& request = handle_->request();
    return {code, handle_->sent(), !changes_something(request.method), describe_request(request.method, request.url),
            handle_->error_text()};
}

void transfer::finish(CURLcode code) {
    ended_ = true;
    if (code != CURLE_OK) {
        auto how = end(code);
        if (!refused_.empty())
            how.detail = refused_;
        failed_ = failed_transfer(how);
    } else if (!head_.complete()) {
        failed_ = failed_transfer(end(CURLE_PARTIAL_FILE)); // libcurl takes an early end of the head for an answer
    }
    wake_.cancel();
}

// Called by libcurl: neither user code nor an exception may pass here. Returning less than was offered ends the
// transfer with CURLE_WRITE_ERROR.
std::size_t transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    auto& here = *static_cast<transfer*>(self);
    try {
        if (here.head_.add_line(std::string_view(bytes, size * count))) {
            if (here.head_.complete())
                here.wake_.cancel();
            return size * count;
        }
        here.refused_ = "the head of the answer is larger than 256 KiB";
    } catch (...) { // no memory
    }
    return 0;
}

std::size_t transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    auto& here = *static_cast<transfer*>(self);
    try {
        if (size * count <= here.body_limit_ - here.body_.size()) {
            here.body_.append(bytes, size * count);
            here.wake_.cancel();
            return size * count;
        }
        here.refused_ = here.limit_text_;
    } catch (...) { // no memory
    }
    return CURL_WRITEFUNC_ERROR;
}

boost::asio::awaitable<result<void>> transfer::wait_for_head(async::deadline until) {
    return wait(until, &transfer::has_head);
}

boost::asio::awaitable<result<void>> transfer::wait_for_bytes(async::deadline until) {
    return wait(until, &transfer::has_bytes);
}

boost::asio::awaitable<result<void>> transfer::wait_for_end(async::deadline until) {
    return wait(until, &transfer::never);
}

boost::asio::awaitable<result<void>> transfer::wait(async::deadline until, bool (transfer::*ready)() const) {
    while (!(this->*ready)() && !ended_) {
        wake_.expires_at(until.when());
        auto pause = wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        co_await std::move(pause);
        if ((this->*ready)() || ended_)
            break;
        const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != boost::asio::cancellation_type::none)
            co_return failure(errc::cancelled, end(CURLE_OK).what + ": cancelled");
        if (until.passed())
            co_return late_transfer(end(CURLE_OK));
    }
    if (!(this->*ready)() && failed_)
        co_return *failed_;
    co_return result<void>();
}

} // namespace soteria::net
