#include "test/simulator/http/session.hpp"

#include <algorithm>
#include <cctype>

namespace simulator::detail {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

template <class Message>
void set_fields(Message& message, const response& answer) {
    message.result(static_cast<unsigned>(answer.status));
    if (!answer.content_type.empty()) {
        message.set(http::field::content_type, answer.content_type);
    }
    for (const auto& [name, value] : answer.headers) {
        message.insert(name, value);
    }
}

} // namespace

request to_request(http::request<http::string_body> message) {
    request asked;
    asked.method = std::string(message.method_string());
    asked.target = std::string(message.target());
    auto where = parse_target(asked.target);
    asked.path = std::move(where.path);
    asked.query = std::move(where.query);
    for (const auto& field : message) {
        const auto name = field.name_string();
        asked.headers[lower_case(std::string_view(name.data(), name.size()))] = std::string(field.value());
    }
    asked.body = std::move(message.body());
    return asked;
}

http::response<http::string_body> to_message(response answer, unsigned version, bool keep_alive, bool head) {
    http::response<http::string_body> message;
    message.version(version);
    set_fields(message, answer);
    message.keep_alive(keep_alive);
    const auto size = answer.body.size();
    if (!head) {
        message.body() = std::move(answer.body);
    }
    if (answer.status >= 200 && answer.status != 204 && answer.status != 304) {
        message.content_length(size);
    }
    return message;
}

http::response<http::empty_body> stream_header(const response& answer, bool keep_alive) {
    http::response<http::empty_body> message;
    message.version(11);
    set_fields(message, answer);
    message.keep_alive(keep_alive);
    message.chunked(true);
    return message;
}

asio::awaitable<response> answer_to(const handler& handle, request asked) {
    response failed;
    try {
        co_return co_await handle(std::move(asked));
    } catch (const std::exception& problem) {
        failed.status = 500;
        failed.content_type = "text/plain";
        failed.body = problem.what();
    }
    co_return failed;
}

} // namespace simulator::detail
