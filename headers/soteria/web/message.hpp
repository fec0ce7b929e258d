// One HTTP request and its answer, as the routes see them: no sockets.
#pragma once

#include <soteria/async/deadline.hpp>

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soteria::web {

using text_pairs = std::vector<std::pair<std::string, std::string>>;

struct request {
    std::string method;
    std::string path;                  // as sent, without the query: for logs and problem details
    std::vector<std::string> segments; // the path's parts, decoded
    text_pairs query;                  // decoded, in order
    text_pairs headers;                // as received, repeated ones included
    std::string body;
    bool body_too_large = false; // then `body` is empty
    std::string bad_target;      // why the target could not be read; empty: it could
    std::string twice;           // a query parameter that is given more than once
    boost::asio::ip::address peer;
    std::string request_id;
    async::deadline until; // every wait on behalf of this request ends by then

    // The first value, compared without case; empty if absent.
    [[nodiscard]] std::string_view header(std::string_view name) const;
    // All values in their order.
    [[nodiscard]] std::vector<std::string_view> header_values(std::string_view name) const;
    // nullopt: absent. "?verbose" is present and empty.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

// "/v1/backups?namespace=ai&pvc=x", also with "http://host" before it, into path, segments and query. A bad one sets
// bad_target.
void read_target(std::string_view target, request& into);

// A body that is made while it is sent, so that it never exists as a whole: each call appends the next piece (about
// 64 KiB, made within a millisecond) to an empty text; false: that was the last one. Other requests get their turn
// between two pieces. Must not throw.
using body_pieces = std::function<bool(std::string& to)>;

// A body that many answers have in common: each holds on to it, none copies it.
struct shared_body {
    std::string plain;
    std::string packed; // with gzip; made for the first answer that wants it so
};

class connection;

// Gets the connection once the answer's head is sent; what follows on it is its receiver's business, in chunks where
// the head said so.
using take_over = std::function<void(std::unique_ptr<connection>, bool chunked)>;

struct response {
    int status = 200;
    std::string content_type; // empty: there is no body
    std::string body;
    body_pieces pieces;                  // if set, in place of `body`
    std::shared_ptr<shared_body> shared; // if set, in place of `body`
    bool packed = false;                 // what is sent of `shared`
    take_over receiver;                  // if set, in place of a body: the session ends with the head
    text_pairs headers;

    // Of `body` or `shared`; lives as long as they do.
    [[nodiscard]] std::string_view text() const {
        if (!shared)
            return body;
        return packed ? shared->packed : shared->plain;
    }

    std::string problem_code; // of an error, for those who log and count it

    response() = default;

    response(int status_, std::string content_type_, std::string body_)
        : status(status_), content_type(std::move(content_type_)), body(std::move(body_)) {}

    response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

} // namespace soteria::web
