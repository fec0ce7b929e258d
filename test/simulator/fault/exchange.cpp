// What becomes of one request.
#include "test/simulator/fault/state.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>

namespace simulator::fault {

namespace {

namespace asio = boost::asio;

constexpr std::size_t log_limit = 200'000;

response closed(bool reset) {
    response answer;
    answer.raw.emplace().reset = reset;
    return answer;
}

response raw_bytes(std::string bytes) {
    response answer;
    answer.raw.emplace().bytes = std::move(bytes);
    return answer;
}

// The answer up to the middle of its body.
response half_of(const response& whole) {
    std::string bytes = "HTTP/1.1 " + std::to_string(whole.status) + " Half\r\nContent-Type: " + whole.content_type +
                        "\r\nContent-Length: " + std::to_string(whole.body.size()) + "\r\n\r\n";
    return raw_bytes(bytes.append(whole.body, 0, whole.body.size() / 2));
}

bool is_stream(const request& asked) {
    const auto is_true = [&asked](const char* name) {
        const auto found = asked.query.find(name);
        return found != asked.query.end() && (found->second == "true" || found->second == "1");
    };
    return asked.method == "GET" && (is_true("watch") || is_true("follow"));
}

std::shared_ptr<log_entry> remember(state& shared, const request& asked, const std::optional<rule>& broken) {
    auto entry = std::make_shared<log_entry>();
    entry->id = ++shared.last_id;
    entry->method = asked.method;
    entry->target = asked.target;
    if (const auto agent = asked.headers.find("user-agent"); agent != asked.headers.end()) {
        entry->user_agent = agent->second;
    }
    if (const auto type = asked.headers.find("content-type"); type != asked.headers.end()) {
        entry->content_type = type->second;
    }
    entry->body = asked.body.substr(0, shared.log_bodies);
    if (broken) {
        entry->what = broken->what;
    }
    shared.log.push_back(entry);
    if (shared.log.size() > log_limit) {
        shared.log.pop_front();
    }
    return entry;
}

// Actions that forward nothing.
std::optional<response> made_up(const rule& broken, log_entry& entry) {
    entry.outcome = "refused";
    response answer;
    switch (broken.what) {
    case action::refuse:
        return closed(false);
    case action::reset:
        return closed(true);
    case action::garbage:
        return raw_bytes(broken.body.empty() ? "\x01\x02 this is no HTTP\r\n\r\n" : broken.body);
    case action::status:
        entry.status = broken.status;
        answer.status = broken.status;
        answer.body = broken.body;
        for (const auto& [name, value] : broken.headers) {
            if (boost::beast::iequals(name, "Content-Type")) {
                answer.content_type = value;
            } else {
                answer.headers.emplace_back(name, value);
            }
        }
        return answer;
    default:
        entry.outcome.clear();
        return std::nullopt;
    }
}

// Passes the stream on piece by piece, until it ends or is cut.
asio::awaitable<void> pass_on(std::shared_ptr<channel> from, std::optional<std::size_t> cut_after,
                              stream_writer& writer) {
    std::size_t passed = 0;
    while (true) {
        auto bytes = co_await from->next();
        if (bytes.empty()) {
            co_return;
        }
        const bool cut = cut_after && (*cut_after == 0 || passed + bytes.size() > *cut_after);
        if (cut) {
            bytes.resize(*cut_after == 0 ? (bytes.size() + 1) / 2 : *cut_after - passed);
        }
        passed += bytes.size();
        const bool open = co_await writer.write(std::move(bytes));
        if (cut) {
            writer.cut();
        }
        if (cut || !open) {
            co_return;
        }
    }
}

response stream_answer(const std::shared_ptr<state>& shared, const std::shared_ptr<channel>& from, response head,
                       std::optional<std::size_t> cut_after, const std::shared_ptr<log_entry>& entry) {
    entry->outcome = "streaming";
    head.stream = [shared, from, cut_after, entry](stream_writer& writer) -> asio::awaitable<void> {
        asio::steady_timer cut(shared->context, asio::steady_timer::time_point::max());
        shared->streams[entry->id] = &cut;
        const std::shared_ptr<void> ended(nullptr, [shared, entry](void*) {
            shared->streams.erase(entry->id);
            entry->outcome = "answered";
        });
        using namespace asio::experimental::awaitable_operators;
        const auto how =
            co_await (pass_on(from, cut_after, writer) || cut.async_wait(asio::as_tuple(asio::use_awaitable)));
        if (how.index() == 1) {
            co_await writer.write(R"({"type":"MODIFIED","object":{"ki)");
            writer.cut();
        }
    };
    return head;
}

// The upstream's answer, whole or as a stream.
asio::awaitable<response> forward(std::shared_ptr<state> shared, const request& asked,
                                  std::optional<std::size_t> cut_after, std::shared_ptr<log_entry> entry) {
    const bool write = asked.method != "GET" && asked.method != "HEAD";
    auto opened = co_await shared->server.open(write);
    if (is_stream(asked)) {
        std::shared_ptr<channel> from = std::move(opened);
        auto head = co_await from->begin(asked);
        entry->status = head.status;
        co_return stream_answer(shared, from, std::move(head), cut_after, entry);
    }
    auto answer = co_await opened->exchange(asked);
    shared->server.give_back(std::move(opened));
    entry->status = answer.status;
    entry->outcome = "answered";
    co_return answer;
}

asio::awaitable<void> pause(std::shared_ptr<state> shared, std::chrono::milliseconds how_long) {
    asio::steady_timer timer(shared->context, how_long);
    co_await timer.async_wait(asio::use_awaitable);
}

// Nobody waits for it any more.
asio::awaitable<void> forward_later(std::shared_ptr<state> shared, request asked, std::chrono::milliseconds how_long,
                                    std::shared_ptr<log_entry> entry) {
    co_await pause(shared, how_long);
    auto opened = co_await shared->server.open(true);
    const auto answer = co_await opened->exchange(asked);
    entry->status = answer.status;
    entry->outcome = "arrived late";
}

asio::awaitable<void> before(std::shared_ptr<state> shared, const rule& broken, const request& asked,
                             std::shared_ptr<log_entry> entry) {
    if (broken.what == action::silence || broken.what == action::arrive_late) {
        entry->outcome = "silent";
        asio::steady_timer never(shared->context, asio::steady_timer::time_point::max());
        try {
            co_await never.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) { // the client has gone
            const bool later = broken.what == action::arrive_late && !is_stream(asked);
            if (later) {
                asio::co_spawn(shared->context, forward_later(shared, asked, broken.wait, entry), asio::detached);
            }
            throw;
        }
    } else if (broken.what == action::delay) {
        co_await pause(shared, broken.wait);
    } else if (broken.what == action::hold_before) {
        co_await shared->hold(entry);
    }
}

} // namespace

asio::awaitable<response> answer(std::shared_ptr<state> shared, request asked) {
    std::optional<rule> broken;
    if (auto chosen = shared->rules.apply_to(asked)) {
        broken = std::move(chosen->second);
    }
    const auto entry = remember(*shared, asked, broken);
    std::optional<std::size_t> cut_after;
    if (broken) {
        if (auto instead = made_up(*broken, *entry)) {
            co_return std::move(*instead);
        }
        co_await before(shared, *broken, asked, entry);
        const bool cut = broken->what == action::cut_stream || broken->what == action::half_answer;
        if (cut && is_stream(asked)) {
            cut_after = broken->after_bytes;
        }
    }
    response given;
    try {
        given = co_await forward(shared, asked, cut_after, entry);
    } catch (const boost::system::system_error& problem) {
        entry->outcome = problem.code() == asio::error::operation_aborted ? "client gone" : "unreachable";
        co_return closed(true);
    }
    if (broken && broken->what == action::answer_lost) {
        entry->outcome = "lost";
        co_return closed(false);
    }
    if (broken && broken->what == action::half_answer && !given.stream) {
        co_return half_of(given);
    }
    if (broken && broken->what == action::late) {
        co_await pause(shared, broken->wait);
    }
    if (broken && broken->what == action::hold_after) {
        co_await shared->hold(entry);
        entry->outcome = "answered";
    }
    co_return given;
}

} // namespace simulator::fault
