// The head of a request before anything interprets it: found in what was received, and held to RFC 9112 where leniency
// lets two readers of the same bytes see different requests (request smuggling).
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <cstddef>
#include <string_view>

namespace soteria::web {

// Why a request is not read any further, as its answer says. Status 0: there is no reason.
struct refusal {
    int status = 0;
    const char* code = "";
    const char* detail = "";
};

// More than a browser behind three proxies sends. Beyond: 431.
inline constexpr std::size_t most_headers = 100;

// Fed with all that was received so far, which only grows; looks at each byte once.
class head_scanner {
public:
    enum class outcome { incomplete, complete, bad };

    // Empty lines before a request line are passed over (two at most). Bad: a bare CR or LF, a control character, a
    // folded header, a header without a colon or with something other than a token as its name, too many headers.
    outcome look(std::string_view received);

    // complete: how long the head is, with its empty line.
    [[nodiscard]] std::size_t size() const { return line_begin_; }

    // complete: how much of it are the empty lines before the request line.
    [[nodiscard]] std::size_t skipped() const { return skipped_; }

    [[nodiscard]] bool has_request_line() const { return lines_ > 0; }

    // bad: why
    [[nodiscard]] const refusal& why() const { return why_; }

private:
    outcome take_line(std::string_view line);
    outcome refuse(int status, const char* code, const char* detail);

    std::size_t seen_ = 0;
    std::size_t line_begin_ = 0;
    std::size_t skipped_ = 0;
    std::size_t lines_ = 0;
    refusal why_;
};

// What Host, Content-Length, Transfer-Encoding and Expect must be like; status 0: as they should.
refusal check_framing(const boost::beast::http::request_header<>& head);

} // namespace soteria::web
