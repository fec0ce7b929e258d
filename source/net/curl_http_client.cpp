#include "outcome.hpp"
#include "tls_material.hpp"
#include "transfer.hpp"

#include <soteria/net/curl_http_client.hpp>
#include <soteria/net/slots.hpp>
#include <soteria/telemetry/upstream_calls.hpp>

#include <algorithm>
#include <utility>

namespace soteria::net {

namespace {

class curl_http_stream : public http_stream {
public:
    curl_http_stream(std::unique_ptr<transfer> running, slots::place place)
        : place_(std::move(place)), transfer_(std::move(running)) {}

    [[nodiscard]] int status() const override { return transfer_->head().status(); }

    [[nodiscard]] const header_list& headers() const override { return transfer_->head().headers(); }

    boost::asio::awaitable<result<std::string>> next(async::deadline until) override {
        auto waiting = transfer_->wait_for_bytes(until);
        const auto came = co_await std::move(waiting);
        if (came.has_error() && came.error().code == errc::outcome_unknown && !transfer_->ended())
            co_return failure(errc::timed_out, came.error().message);
        if (came.has_error())
            co_return came.error();
        co_return transfer_->take_body();
    }

private:
    slots::place place_;
    std::unique_ptr<transfer> transfer_;
};

name_lookup lookup_for(const http_client_settings& settings, const boost::asio::any_io_executor& executor) {
    return settings.lookup ? settings.lookup : system_name_lookup(executor);
}

std::string outcome_label(const result<int>& status) {
    if (status.has_error())
        return std::string(to_string(status.error().code));
    return std::to_string(*status / 100) + "xx";
}

} // namespace

// Held by every running call too, so that a call never outlives what it works with.
struct curl_http_client::implementation {
    implementation(boost::asio::any_io_executor executor_, http_client_settings settings_)
        : executor(std::move(executor_)), settings(std::move(settings_)),
          driver(std::make_shared<curl_driver>(executor)), names(executor, lookup_for(settings, executor)),
          requests(executor, settings.max_requests), streams(executor, settings.max_streams) {}

    // From the URL to a started transfer.
    boost::asio::awaitable<result<std::unique_ptr<transfer>>> begin(http_request request, async::deadline until,
                                                                    std::size_t body_limit, std::string limit_text);
    boost::asio::awaitable<result<http_response>> answer(http_request request, async::deadline until);
    boost::asio::awaitable<result<std::unique_ptr<http_stream>>> stream(http_request request, async::deadline until);

    void count(const std::string& purpose, std::chrono::steady_clock::time_point began,
               const result<int>& status) const {
        if (settings.calls != nullptr)
            settings.calls->record({settings.upstream, purpose, outcome_label(status)},
                                   std::chrono::steady_clock::now() - began);
    }

    void count_connections(const transfer& used) const {
        if (settings.calls != nullptr)
            settings.calls->connected(settings.upstream, static_cast<double>(used.connections_made()));
    }

    boost::asio::any_io_executor executor;
    http_client_settings settings;
    tls_material tls{settings.tls};
    std::shared_ptr<curl_driver> driver;
    name_cache names;
    slots requests;
    slots streams;
};

boost::asio::awaitable<result<std::unique_ptr<transfer>>>
curl_http_client::implementation::begin(http_request request, async::deadline until, std::size_t body_limit,
                                        std::string limit_text) {
    if (const auto checked = check_request(request); checked.has_error())
        co_return checked.error();
    auto to = parse_target(request.url, settings.tls.server_name);
    if (to.has_error())
        co_return to.error();
    address_list addresses;
    if (!to->host_is_address) {
        auto lookup = names.find(to->host, until);
        auto found = co_await std::move(lookup);
        if (found.has_error())
            co_return found.error().in(describe_request(request.method, request.url));
        addresses = std::move(*found);
    }
    auto handle = std::make_unique<easy_handle>(std::move(request), std::move(*to), addresses, tls.current());
    auto running = std::make_unique<transfer>(executor, driver, std::move(handle), body_limit, std::move(limit_text));
    running->start(settings.connect_timeout); // the deadline is watched over by whoever waits
    co_return running;
}

boost::asio::awaitable<result<http_response>> curl_http_client::implementation::answer(http_request request,
                                                                                       async::deadline until) {
    auto line = requests.take(until);
    const auto place = co_await std::move(line);
    if (place.has_error())
        co_return place.error().in(describe_request(request.method, request.url));
    const std::size_t limit = request.max_body_bytes;
    auto beginning = begin(std::move(request), until, limit,
                           "the answer is larger than the " + std::to_string(limit) + " bytes allowed for it");
    const auto running = co_await std::move(beginning);
    if (running.has_error())
        co_return running.error();
    auto waiting = (*running)->wait_for_end(until);
    const auto came = co_await std::move(waiting);
    count_connections(**running);
    if (came.has_error())
        co_return came.error();
    http_response response;
    response.status = (*running)->head().status();
    response.headers = std::move((*running)->head().headers());
    response.body = (*running)->take_body();
    co_return response;
}

boost::asio::awaitable<result<std::unique_ptr<http_stream>>>
curl_http_client::implementation::stream(http_request request, async::deadline until) {
    auto line = streams.take(until);
    auto place = co_await std::move(line);
    if (place.has_error())
        co_return place.error().in(describe_request(request.method, request.url));
    const std::size_t limit = settings.stream_buffer_bytes;
    auto beginning = begin(std::move(request), until, limit,
                           "the reader of the stream is more than " + std::to_string(limit) + " bytes behind");
    auto running = co_await std::move(beginning);
    if (running.has_error())
        co_return running.error();
    auto waiting = (*running)->wait_for_head(until);
    const auto came = co_await std::move(waiting);
    count_connections(**running);
    if (came.has_error())
        co_return came.error();
    std::unique_ptr<http_stream> stream = std::make_unique<curl_http_stream>(std::move(*running), std::move(*place));
    co_return stream;
}

boost::asio::awaitable<result<http_response>> curl_http_client::send(http_request request, async::deadline until) {
    const auto self = implementation_;
    const auto purpose = request.purpose;
    const auto began = std::chrono::steady_clock::now();
    auto answering = self->answer(std::move(request), until);
    auto answer = co_await std::move(answering);
    self->count(purpose, began, answer ? result<int>(answer->status) : result<int>(answer.error()));
    co_return answer;
}

boost::asio::awaitable<result<std::unique_ptr<http_stream>>> curl_http_client::open_stream(http_request request,
                                                                                           async::deadline until) {
    const auto self = implementation_;
    const auto purpose = request.purpose;
    const auto began = std::chrono::steady_clock::now();
    auto opening = self->stream(std::move(request), until);
    auto opened = co_await std::move(opening);
    self->count(purpose, began, opened ? result<int>((*opened)->status()) : result<int>(opened.error()));
    co_return opened;
}

curl_http_client::curl_http_client(boost::asio::any_io_executor executor, http_client_settings settings)
    : implementation_(std::make_shared<implementation>(std::move(executor), std::move(settings))) {}

curl_http_client::~curl_http_client() {
    stop();
}

void curl_http_client::stop() {
    implementation_->requests.close();
    implementation_->streams.close();
    implementation_->names.close();
    implementation_->driver->stop();
}

std::size_t curl_http_client::running() const {
    return implementation_->requests.taken() + implementation_->streams.taken();
}

} // namespace soteria::net
