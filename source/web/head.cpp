#include "head.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t most_skipped = 4; // two empty lines

bool is_token_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

refusal bad_request(const char* detail) {
    return {400, "bad_request", detail};
}

} // namespace

head_scanner::outcome head_scanner::look(std::string_view received) {
    while (true) {
        const auto end = received.find('\n', seen_);
        auto line = received.substr(line_begin_, end == std::string_view::npos ? end : end - line_begin_);
        // One at the very end may be half of a line's end.
        const auto carriage_return = line.find('\r');
        if (carriage_return != std::string_view::npos && carriage_return + 1 < line.size())
            return refuse(400, "bad_request", "a carriage return stands alone");
        if (end == std::string_view::npos) {
            seen_ = received.size();
            return outcome::incomplete;
        }
        if (carriage_return == std::string_view::npos)
            return refuse(400, "bad_request", "a line ends without a carriage return");
        line.remove_suffix(1);
        seen_ = line_begin_ = end + 1;
        if (const auto taken = take_line(line); taken != outcome::incomplete)
            return taken;
    }
}

head_scanner::outcome head_scanner::take_line(std::string_view line) {
    if (line.empty() && lines_ == 0) {
        skipped_ = line_begin_;
        return skipped_ > most_skipped ? refuse(400, "bad_request", "the request begins with empty lines")
                                       : outcome::incomplete;
    }
    if (line.empty())
        return outcome::complete;
    if (std::ranges::any_of(line, is_control))
        return refuse(400, "bad_request", "the head holds a control character");
    if (lines_++ == 0)
        return outcome::incomplete;
    if (line.front() == ' ' || line.front() == '\t')
        return refuse(400, "bad_request", "a header is folded over two lines");
    const auto name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || name.empty() || !std::ranges::all_of(name, is_token_character))
        return refuse(400, "bad_request", "a header has no name that is one");
    if (lines_ > most_headers + 1)
        return refuse(431, "headers_too_large", "the request has more than 100 headers");
    return outcome::incomplete;
}

head_scanner::outcome head_scanner::refuse(int status, const char* code, const char* detail) {
    why_ = {status, code, detail};
    return outcome::bad;
}

refusal check_framing(const http::request_header<>& head) {
    const bool current = head.version() == 11;
    const auto hosts = head.count(http::field::host);
    if (hosts > 1 || (current && hosts == 0))
        return bad_request("a request needs exactly one Host header");
    const auto lengths = head.count(http::field::content_length);
    const auto codings = head.count(http::field::transfer_encoding);
    if (lengths > 1 || codings > 1 || (lengths == 1 && codings == 1))
        return bad_request("the length of the body is told twice");
    const auto length = head[http::field::content_length];
    if (!std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; }) || (lengths == 1 && length.empty()))
        return bad_request("Content-Length is not a number");
    if (codings == 1 && !current)
        return bad_request("HTTP/1.0 has no transfer codings");
    if (codings == 1 && !boost::beast::iequals(head[http::field::transfer_encoding], "chunked"))
        return {501, "not_implemented", "of the transfer codings this service knows chunked only"};
    if (current && head.count(http::field::expect) > 0 &&
        !boost::beast::iequals(head[http::field::expect], "100-continue"))
        return {417, "expectation_failed", "of the expectations this service knows 100-continue only"};
    return {};
}

} // namespace soteria::web
