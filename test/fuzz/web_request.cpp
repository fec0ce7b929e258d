// What a stranger sends: the head, the target, the headers that are read, the body.
#include "source/web/compress.hpp"
#include "source/web/head.hpp"
#include "source/web/media_type.hpp"
#include "source/web/posted.hpp"
#include "source/web/preconditions.hpp"

#include <soteria/base/utf8.hpp>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace soteria::web;
using soteria::is_utf8;
namespace http = boost::beast::http;

void insist(bool holds) {
    if (!holds)
        std::abort();
}

// Byte by byte as at once: where a head ends must not depend on how it came.
head_scanner scan(std::string_view received, head_scanner::outcome& found) {
    head_scanner slow;
    auto by_bytes = head_scanner::outcome::incomplete;
    for (std::size_t length = 1; length <= received.size() && by_bytes == head_scanner::outcome::incomplete; ++length)
        by_bytes = slow.look(received.substr(0, length));
    head_scanner whole;
    found = whole.look(received);
    insist(by_bytes == found);
    insist(found != head_scanner::outcome::complete || slow.size() == whole.size());
    insist(found != head_scanner::outcome::bad || std::string_view(slow.why().detail) == whole.why().detail);
    return whole;
}

void read_request(std::string_view head, std::string_view body) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    const auto used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
    if (error || check_framing(parser.get()).status != 0)
        return;
    insist(used == head.size() && parser.is_header_done());
    request asked;
    read_target({parser.get().target().data(), parser.get().target().size()}, asked);
    insist(is_utf8(asked.path) && is_utf8(asked.twice));
    for (const auto& field : parser.get())
        asked.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    (void)expected_plans(asked);
    (void)unreadable_body(asked);
    (void)accepts_gzip(asked.header("Accept-Encoding"));
    const configured_drivers both{"longhorn", {"longhorn", "restic"}};
    if (const auto posted = read_backup(body, both))
        insist(!posted->request.source.ns.empty());
    if (const auto posted = read_restore(body, soteria::domain::operation_kind::restore, both))
        insist(!posted->request.target.name.empty());
    if (const auto posted = read_restore(body, soteria::domain::operation_kind::restore_test, both))
        insist(!posted->request.source.ns.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view received(reinterpret_cast<const char*>(data), size);
    auto found = head_scanner::outcome::incomplete;
    const auto scanner = scan(received, found);
    if (found == head_scanner::outcome::complete)
        read_request(received.substr(scanner.skipped(), scanner.size() - scanner.skipped()),
                     received.substr(scanner.size()));
    return 0;
}
