#include "json_body.hpp"

#include <soteria/async/let_others_run.hpp>

#include <boost/json/stream_parser.hpp>

namespace soteria::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// Half a millisecond or so of parsing.
constexpr std::size_t slice = 128UL * 1024;

failure not_json(std::string_view why) {
    return {errc::bad_answer, "The API server's answer is not the JSON object it should be: " + std::string(why) + "."};
}

} // namespace

asio::awaitable<result<json::object>> parse_object(std::string body) {
    json::stream_parser parser;
    boost::system::error_code problem;
    for (std::size_t at = 0; at < body.size() && !problem; at += slice) {
        if (at != 0)
            co_await async::let_others_run();
        parser.write(body.data() + at, std::min(slice, body.size() - at), problem);
    }
    if (!problem)
        parser.finish(problem);
    if (problem)
        co_return not_json(problem.message());
    auto value = parser.release();
    if (!value.is_object())
        co_return not_json("it is something else");
    co_return std::move(value.get_object());
}

} // namespace soteria::kube
