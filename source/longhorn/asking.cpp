#include "asking.hpp"

#include <soteria/async/let_others_run.hpp>
#include <soteria/longhorn/decode.hpp>
#include <soteria/net/retry.hpp>

#include <utility>

namespace soteria::longhorn {

namespace asio = boost::asio;

namespace {

// A list is decoded in parts of this size, with a turn for others in between: well below a millisecond each.
constexpr std::size_t slice = 128UL * 1024;

// A lie or a garbled answer may be an accident; a third one is not.
constexpr int most_bad_answers = 3;

// About three seconds: a manager's Pod that is replaced is bridged, and whoever asked hears soon that Longhorn is away.
constexpr int most_refusals = 5;

constexpr async::backoff_policy read_pauses{
    .first = std::chrono::milliseconds(200), .factor = 2.0, .ceiling = std::chrono::milliseconds(5000), .jitter = 1.0};

// Whether a failed read is tried again.
class patience {
public:
    bool operator()(const failure& why) {
        if (!why.transient() || why.reason == unknown_route)
            return false;
        if (why.code == errc::unavailable)
            return ++refusals_ < most_refusals;
        return why.code != errc::bad_answer || ++bad_answers_ < most_bad_answers;
    }

private:
    int bad_answers_ = 0;
    int refusals_ = 0;
};

template <class T>
asio::awaitable<result<std::vector<T>>> decode_in_slices(std::string body) {
    list_decoder<T> decoder;
    for (std::size_t at = 0; at < body.size(); at += slice) {
        if (at != 0)
            co_await async::let_others_run();
        const auto fed = decoder.feed(std::string_view(body).substr(at, slice));
        if (!fed)
            co_return fed.error();
    }
    co_return decoder.finish();
}

failure said_of(const question& asked, const failure& why) {
    return why.in("Longhorn, " + asked.doing);
}

} // namespace

asio::awaitable<result<std::string>> asker::once(question asked) {
    auto sending = http_.send(asked.request, asked.options.until);
    auto answer = co_await std::move(sending);
    if (!answer) {
        auto why = said_of(asked, answer.error());
        if (asked.kind == request_kind::reads && why.code == errc::outcome_unknown)
            why.code = errc::unavailable;
        co_return why;
    }
    if (answer->status >= 200 && answer->status < 300)
        co_return std::move(answer->body);
    auto why = refusal(answer->status, answer->body, asked.kind, asked.doing);
    if (is_unknown_route(answer->status, answer->body))
        why.reason = unknown_route;
    co_return why;
}

template <class T>
asio::awaitable<result<T>> asker::one_once(question asked) {
    auto sending = once(asked);
    auto body = co_await std::move(sending);
    if (!body)
        co_return body.error();
    auto one = decode<T>(*body);
    if (!one)
        co_return said_of(asked, one.error());
    co_return one;
}

template <class T>
asio::awaitable<result<std::vector<T>>> asker::list_once(question asked) {
    auto sending = once(asked);
    auto body = co_await std::move(sending);
    if (!body)
        co_return body.error();
    auto decoding = decode_in_slices<T>(std::move(*body));
    auto all = co_await std::move(decoding);
    if (!all)
        co_return said_of(asked, all.error());
    co_return all;
}

template <class T>
asio::awaitable<result<T>> asker::read_one(question asked) {
    auto attempt = [this, &asked] { return one_once<T>(asked); };
    async::backoff pauses(read_pauses, random_);
    auto trying = net::retry(asked.options.until, std::move(pauses), patience(), attempt);
    co_return co_await std::move(trying);
}

template <class T>
asio::awaitable<result<std::vector<T>>> asker::read_list(question asked) {
    auto attempt = [this, &asked] { return list_once<T>(asked); };
    async::backoff pauses(read_pauses, random_);
    auto trying = net::retry(asked.options.until, std::move(pauses), patience(), attempt);
    co_return co_await std::move(trying);
}

template <class T>
asio::awaitable<result<T>> asker::change(question asked) {
    auto changing = one_once<T>(std::move(asked));
    co_return co_await std::move(changing);
}

asio::awaitable<result<void>> asker::change_blindly(question asked) {
    auto sending = once(std::move(asked));
    auto body = co_await std::move(sending);
    if (!body)
        co_return body.error();
    co_return result<void>();
}

template asio::awaitable<result<volume>> asker::read_one(question);
template asio::awaitable<result<snapshot>> asker::read_one(question);
template asio::awaitable<result<std::vector<volume>>> asker::read_list(question);
template asio::awaitable<result<std::vector<snapshot>>> asker::read_list(question);
template asio::awaitable<result<std::vector<backup>>> asker::read_list(question);
template asio::awaitable<result<std::vector<backup_volume>>> asker::read_list(question);
template asio::awaitable<result<std::vector<backup_target>>> asker::read_list(question);
template asio::awaitable<result<volume>> asker::change(question);
template asio::awaitable<result<snapshot>> asker::change(question);

} // namespace soteria::longhorn
