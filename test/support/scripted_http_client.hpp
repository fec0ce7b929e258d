// An http_client that answers from a script, without sockets, and keeps what it was asked.
//
//     scripted_http_client http;
//     http.on("GET", "*/api/v1/nodes*").answer(200, R"({"items":[]})").always();
//     http.on("POST", "*").fail(errc::outcome_unknown, "the answer was lost");
//     http.next().answer(404, "gone");                                    // whatever the request is
//     auto& watch = http.on("GET", "*watch=true*").answer(200, lines).split_every(7).then_silent();
//     ...
//     watch.push("more bytes");   // to the stream that is open
//     watch.finish();             // or watch.break_off(failure)
//     BOOST_TEST(http.requests().at(0).url == "...");
//     BOOST_TEST(http.unscripted() == 0);
//
// A request takes the first entry, in the order of the script, that matches and is not used up (an entry serves once
// unless times() or always()). No entry: errc::internal, and it is counted in unscripted().
// Cancellation: `cancelled`, at once. Deadlines are real ones; a withheld answer ends as http_client.hpp says for a
// request that was sent. Entries stay where they are, so references to them last as long as the client.
#pragma once

#include <soteria/net/http_client.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::test {

// '*' stands for any number of characters; everything else for itself.
inline bool matches_pattern(std::string_view pattern, std::string_view text) {
    if (pattern.empty())
        return text.empty();
    if (pattern.front() != '*')
        return !text.empty() && pattern.front() == text.front() && matches_pattern(pattern.substr(1), text.substr(1));
    for (std::size_t skipped = 0; skipped <= text.size(); ++skipped)
        if (matches_pattern(pattern.substr(1), text.substr(skipped)))
            return true;
    return false;
}

// Wakes the one coroutine that waits for a change of scripted state.
class scripted_wake {
public:
    void notify() {
        if (timer_ != nullptr)
            timer_->cancel();
    }

    // True: notified. False: `until` passed or the wait was cancelled.
    boost::asio::awaitable<bool> wait(async::deadline until) {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until.when());
        timer_ = &timer;
        auto pause = timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        auto outcome = co_await std::move(pause);
        timer_ = nullptr;
        const auto state = co_await boost::asio::this_coro::cancellation_state;
        co_return std::get<0>(outcome) && state.cancelled() == boost::asio::cancellation_type::none;
    }

private:
    boost::asio::steady_timer* timer_ = nullptr;
};

// What an open stream will still say.
struct scripted_stream_state {
    std::deque<std::string> chunks;
    bool finished = false;
    std::optional<failure> broken; // after the chunks
    scripted_wake wake;
};

class scripted_stream : public net::http_stream {
public:
    scripted_stream(int status, net::header_list headers, std::shared_ptr<scripted_stream_state> state,
                    std::shared_ptr<std::size_t> open)
        : status_(status), headers_(std::move(headers)), state_(std::move(state)), open_(std::move(open)) {
        ++*open_;
    }

    ~scripted_stream() override { --*open_; }

    scripted_stream(const scripted_stream&) = delete;
    scripted_stream& operator=(const scripted_stream&) = delete;

    [[nodiscard]] int status() const override { return status_; }

    [[nodiscard]] const net::header_list& headers() const override { return headers_; }

    boost::asio::awaitable<result<std::string>> next(async::deadline until) override {
        while (true) {
            if (!state_->chunks.empty()) {
                auto chunk = std::move(state_->chunks.front());
                state_->chunks.pop_front();
                co_return chunk;
            }
            if (state_->broken)
                co_return *state_->broken;
            if (state_->finished)
                co_return std::string();
            const bool notified = co_await state_->wake.wait(until);
            if (notified)
                continue;
            const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != boost::asio::cancellation_type::none)
                co_return failure(errc::cancelled, "the scripted stream's reader was cancelled");
            if (until.passed())
                co_return failure(errc::timed_out, "the scripted stream said nothing in time");
        }
    }

private:
    int status_;
    net::header_list headers_;
    std::shared_ptr<scripted_stream_state> state_;
    std::shared_ptr<std::size_t> open_;
};

// One entry of the script.
class scripted_answer {
public:
    scripted_answer& answer(int status, std::string body = {}, net::header_list headers = {}) {
        response_.status = status;
        response_.body = std::move(body);
        response_.headers = std::move(headers);
        return *this;
    }

    scripted_answer& fail(failure why) {
        failure_ = std::move(why);
        return *this;
    }

    scripted_answer& fail(errc code, std::string message) { return fail(failure(code, std::move(message))); }

    // Computed from the request, at each use.
    scripted_answer& respond(std::function<result<net::http_response>(const net::http_request&)> compute) {
        compute_ = std::move(compute);
        return *this;
    }

    scripted_answer& times(std::size_t uses) {
        uses_left_ = uses;
        return *this;
    }

    scripted_answer& always() { return times(static_cast<std::size_t>(-1)); }

    // The answer is given only after release(); until then callers wait.
    scripted_answer& withhold() {
        withheld_ = true;
        return *this;
    }

    void release() {
        withheld_ = false;
        for (auto* wake : waiting_)
            wake->notify();
    }

    // For streams: the chunks in which the body arrives (send() sees it whole in any case).
    scripted_answer& split_at(std::vector<std::size_t> offsets) {
        offsets_ = std::move(offsets);
        return *this;
    }

    scripted_answer& split_every(std::size_t bytes) {
        every_ = bytes;
        return *this;
    }

    // After the body the stream breaks; without this and then_silent() it ends properly.
    scripted_answer& then_breaks(failure why) {
        broken_ = std::move(why);
        return *this;
    }

    scripted_answer& then_silent() {
        silent_ = true;
        return *this;
    }

    // To the stream most recently opened by this entry (there must be one).
    void push(std::string chunk) {
        stream_->chunks.push_back(std::move(chunk));
        stream_->wake.notify();
    }

    void finish() {
        stream_->finished = true;
        stream_->wake.notify();
    }

    void break_off(failure why) {
        stream_->broken = std::move(why);
        stream_->wake.notify();
    }

    [[nodiscard]] std::size_t uses() const { return uses_; }

private:
    friend class scripted_http_client;

    [[nodiscard]] std::shared_ptr<scripted_stream_state> make_stream(const std::string& body) {
        auto stream = std::make_shared<scripted_stream_state>();
        auto cuts = offsets_;
        for (std::size_t cut = every_; every_ != 0 && cut < body.size(); cut += every_)
            cuts.push_back(cut);
        std::size_t from = 0;
        for (const auto cut : cuts) {
            stream->chunks.push_back(body.substr(from, cut - from));
            from = cut;
        }
        if (from < body.size())
            stream->chunks.push_back(body.substr(from));
        std::erase(stream->chunks, std::string()); // an empty chunk would mean the end
        stream->broken = broken_;
        stream->finished = !silent_;
        stream_ = stream;
        return stream;
    }

    std::string method_;
    std::string pattern_;
    std::size_t uses_left_ = 1;
    std::size_t uses_ = 0;
    net::http_response response_{.status = 200, .headers = {}, .body = {}};
    std::optional<failure> failure_;
    std::function<result<net::http_response>(const net::http_request&)> compute_;
    bool withheld_ = false;
    std::vector<scripted_wake*> waiting_;
    std::vector<std::size_t> offsets_;
    std::size_t every_ = 0;
    bool silent_ = false;
    std::optional<failure> broken_;
    std::shared_ptr<scripted_stream_state> stream_;
};

class scripted_http_client : public net::http_client {
public:
    // `method` "*": any. `pattern` is matched against the whole URL, see matches_pattern().
    scripted_answer& on(std::string method, std::string pattern) {
        auto& entry = script_.emplace_back();
        entry.method_ = std::move(method);
        entry.pattern_ = std::move(pattern);
        return entry;
    }

    scripted_answer& next() { return on("*", "*"); }

    [[nodiscard]] const std::vector<net::http_request>& requests() const { return requests_; }

    [[nodiscard]] std::size_t unscripted() const { return unscripted_; }

    [[nodiscard]] std::size_t open_streams() const { return *open_streams_; }

    boost::asio::awaitable<result<net::http_response>> send(net::http_request request, async::deadline until) override {
        auto taken = take(request);
        if (!taken)
            co_return taken.error();
        auto answer = given(**taken, std::move(request), until);
        co_return co_await std::move(answer);
    }

    boost::asio::awaitable<result<std::unique_ptr<net::http_stream>>> open_stream(net::http_request request,
                                                                                  async::deadline until) override {
        auto taken = take(request);
        if (!taken)
            co_return taken.error();
        auto answer = given(**taken, std::move(request), until);
        auto head = co_await std::move(answer);
        if (!head)
            co_return head.error();
        auto state = (*taken)->make_stream(head->body);
        std::unique_ptr<net::http_stream> stream =
            std::make_unique<scripted_stream>(head->status, std::move(head->headers), std::move(state), open_streams_);
        co_return stream;
    }

private:
    result<scripted_answer*> take(const net::http_request& request) {
        requests_.push_back(request);
        for (auto& entry : script_) {
            const bool right = entry.method_ == "*" || entry.method_ == request.method;
            if (!right || entry.uses_left_ == 0 || !matches_pattern(entry.pattern_, request.url))
                continue;
            if (entry.uses_left_ != static_cast<std::size_t>(-1))
                --entry.uses_left_;
            ++entry.uses_;
            return &entry;
        }
        ++unscripted_;
        return failure(errc::internal, "no answer is scripted for " + request.method + " " + request.url);
    }

    boost::asio::awaitable<result<net::http_response>> given(scripted_answer& entry, net::http_request request,
                                                             async::deadline until) {
        scripted_wake wake;
        while (entry.withheld_) {
            entry.waiting_.push_back(&wake);
            (void)co_await wake.wait(until);
            std::erase(entry.waiting_, &wake);
            const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != boost::asio::cancellation_type::none)
                co_return failure(errc::cancelled, "the scripted call was cancelled");
            if (entry.withheld_ && until.passed()) {
                const bool harmless = request.method == "GET" || request.method == "HEAD";
                co_return failure(harmless ? errc::timed_out : errc::outcome_unknown, "the answer was withheld");
            }
        }
        if (entry.failure_)
            co_return *entry.failure_;
        if (entry.compute_)
            co_return entry.compute_(request);
        co_return entry.response_;
    }

    std::deque<scripted_answer> script_;
    std::vector<net::http_request> requests_;
    std::size_t unscripted_ = 0;
    std::shared_ptr<std::size_t> open_streams_ = std::make_shared<std::size_t>(0);
};

} // namespace soteria::test
