// load-generator PLAN: many clients, each with a connection of its own, for a while. Every answer is checked against
// what its kind of request must be answered. Prints the figures as JSON; exit code 1: some answer was not as it should
// be.
#include "figures.hpp"
#include "plan.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>

namespace load {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using steady = std::chrono::steady_clock;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds patience{60}; // for one answer: beyond every deadline of the service
constexpr std::size_t most_locations = 100;

double milliseconds_since(steady::time_point begun) {
    return std::chrono::duration<double, std::milli>(steady::now() - begun).count();
}

// Which kind is next, for all clients together.
class dispenser {
public:
    explicit dispenser(const plan& all) : kinds_(all.kinds), numbers_(kinds_.size()), due_(kinds_.size()) {
        std::vector<double> weights;
        weights.reserve(kinds_.size());
        for (const auto& each : kinds_)
            weights.push_back(each.every.count() == 0 ? each.weight : 0);
        choose_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
        due_.assign(kinds_.size(), steady::now());
    }

    std::size_t next() {
        const auto now = steady::now();
        for (std::size_t index = 0; index < kinds_.size(); ++index)
            if (kinds_[index].every.count() != 0 && due_[index] <= now) {
                due_[index] += kinds_[index].every;
                return index;
            }
        return choose_(random);
    }

    std::size_t number(std::size_t kind) { return numbers_[kind]++; }

    std::mt19937 random{20260412}; // the same mixture every time
    std::deque<std::string> locations;

private:
    const std::vector<kind>& kinds_;
    std::vector<std::size_t> numbers_;
    std::vector<steady::time_point> due_;
    std::discrete_distribution<std::size_t> choose_;
};

class client {
public:
    client(const asio::any_io_executor& executor, const plan& all, dispenser& next, std::vector<figures>& into)
        : all_(all), next_(next), into_(into), stream_(executor), pause_(executor), etags_(all.kinds.size()) {}

    asio::awaitable<void> run(steady::time_point end) {
        std::uniform_real_distribution<double> part(0, 2);
        while (true) {
            pause_.expires_after(std::chrono::duration_cast<steady::duration>(all_.pause * part(next_.random)));
            auto pausing = pause_.async_wait(no_throw);
            co_await std::move(pausing);
            if (steady::now() >= end)
                break;
            co_await ask(next_.next());
        }
    }

private:
    using answer = http::response<http::string_body>;

    asio::awaitable<void> ask(std::size_t index) {
        const auto& asked = all_.kinds[index];
        const auto number = next_.number(index);
        const auto target = filled(asked.target, number);
        const auto body = filled(asked.body, number);
        if (!target || !body)
            co_return;
        const auto begun = steady::now();
        auto sending = send(asked, *target, *body, etags_[index]);
        const auto got = co_await std::move(sending);
        const double took = milliseconds_since(begun);
        if (!got) {
            into_[index].add(0, took, asked.method + " " + *target + ": " + broken_);
            stream_.close();
            co_return;
        }
        auto wrong = check(asked, *got, etags_[index]);
        if (!wrong.empty())
            wrong = asked.method + " " + *target + ": " + wrong + "; " + got->body().substr(0, 300);
        into_[index].add(static_cast<int>(got->result_int()), took, wrong);
        remember(asked, *got, etags_[index]);
        if (!got->keep_alive())
            stream_.close();
    }

    asio::awaitable<std::optional<answer>> send(const kind& asked, std::string target, std::string body,
                                                std::string etag) {
        constexpr unsigned http_1_1 = 11;
        boost::system::error_code error;
        std::size_t count = 0;
        stream_.expires_after(patience);
        if (!stream_.socket().is_open()) {
            const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), all_.port);
            auto connecting = stream_.async_connect(where, no_throw);
            std::tie(error) = co_await std::move(connecting);
            if (error)
                co_return failed("no connection: " + error.message());
            stream_.socket().set_option(asio::ip::tcp::no_delay(true));
        }
        http::request<http::string_body> request(http::string_to_verb(asked.method), target, http_1_1);
        request.set(http::field::host, "soteria");
        for (const auto& [name, value] : asked.headers)
            request.set(name, value);
        if (asked.conditional && !etag.empty())
            request.set(http::field::if_none_match, etag);
        request.body() = std::move(body);
        if (asked.method != "GET")
            request.prepare_payload();
        auto writing = http::async_write(stream_, request, no_throw);
        std::tie(error, count) = co_await std::move(writing);
        if (error)
            co_return failed("could not be sent: " + error.message());
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        auto reading = http::async_read(stream_, buffer_, parser, no_throw);
        std::tie(error, count) = co_await std::move(reading);
        if (error)
            co_return failed("no whole answer: " + error.message());
        co_return std::optional<answer>(parser.release());
    }

    std::optional<answer> failed(std::string why) {
        broken_ = std::move(why);
        return std::nullopt;
    }

    static std::string check(const kind& asked, const answer& got, const std::string& etag) {
        const auto status = static_cast<int>(got.result_int());
        if (!asked.expect.contains(status))
            return "status " + std::to_string(status);
        if (!asked.contains.empty() && got.body().find(asked.contains) == std::string::npos)
            return "the answer does not hold " + asked.contains;
        if (!asked.encoding.empty() && got[http::field::content_encoding] != asked.encoding)
            return "not encoded as " + asked.encoding;
        if (asked.conditional && (status == 304) != (!etag.empty() && got[http::field::etag] == etag))
            return "status " + std::to_string(status) + " for what the client " +
                   (status == 304 ? "does not have" : "has already");
        return {};
    }

    void remember(const kind& asked, const answer& got, std::string& etag) {
        if (asked.conditional)
            etag = std::string(got[http::field::etag]);
        if (const auto location = got[http::field::location]; !location.empty()) {
            next_.locations.emplace_back(location);
            if (next_.locations.size() > most_locations)
                next_.locations.pop_front();
        }
        constexpr std::string_view member = "\"continue\":\"";
        if (const auto at = got.body().rfind(member); at != std::string::npos) {
            const auto from = at + member.size();
            continue_ = got.body().substr(from, got.body().find('"', from) - from);
        }
    }

    // nullopt: what it needs is not there yet.
    std::optional<std::string> filled(std::string text, std::size_t number) {
        for (auto open = text.find("{n"); open != std::string::npos; open = text.find("{n", open)) {
            const auto close = text.find('}', open);
            const auto modulo = text[open + 2] == '%' ? std::stoul(text.substr(open + 3)) : number + 1;
            text.replace(open, close - open + 1, std::to_string(number % modulo));
        }
        if (const auto at = text.find("{location}"); at != std::string::npos) {
            if (next_.locations.empty())
                return std::nullopt;
            text.replace(at, 10, next_.locations[next_.random() % next_.locations.size()]);
        }
        if (const auto at = text.find("{continue}"); at != std::string::npos) {
            if (continue_.empty())
                return std::nullopt;
            text.replace(at, 10, continue_);
        }
        return text;
    }

    const plan& all_;
    dispenser& next_;
    std::vector<figures>& into_;
    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    asio::steady_timer pause_;
    std::vector<std::string> etags_; // by kind
    std::string continue_;
    std::string broken_;
};

int run(const plan& all) {
    asio::io_context context(1);
    dispenser next(all);
    std::vector<figures> by_kind(all.kinds.size());
    std::deque<client> clients;
    const auto begun = steady::now();
    for (std::size_t number = 0; number < all.clients; ++number) {
        auto& one = clients.emplace_back(context.get_executor(), all, next, by_kind);
        asio::co_spawn(context, one.run(begun + all.duration), [](const std::exception_ptr& bug) {
            if (bug)
                std::rethrow_exception(bug);
        });
    }
    context.run();
    const double seconds = milliseconds_since(begun) / 1000;
    figures together;
    boost::json::object kinds;
    for (std::size_t index = 0; index < by_kind.size(); ++index) {
        together.add(by_kind[index]);
        kinds[all.kinds[index].name] = by_kind[index].summary();
    }
    boost::json::object document;
    document["seconds"] = seconds;
    document["all"] = together.summary();
    document["kinds"] = std::move(kinds);
    document["own_cpu_seconds"] = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    std::cout << boost::json::serialize(document) << std::endl;
    return together.failures() == 0 ? 0 : 1;
}

} // namespace
} // namespace load

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: load-generator PLAN.json\n";
        return 2;
    }
    try {
        std::ifstream file(arguments[1]);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        return load::run(load::read_plan(boost::json::parse(text).as_object()));
    } catch (const std::exception& error) {
        std::cerr << "load-generator: " << error.what() << '\n';
        return 2;
    }
}
