#include "answers.hpp"

#include <boost/json/serialize.hpp>

namespace soteria::web {
namespace {

std::string_view opaque(std::string_view tag) {
    const auto first = tag.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    tag = tag.substr(first, tag.find_last_not_of(" \t") - first + 1);
    return tag.starts_with("W/") ? tag.substr(2) : tag;
}

} // namespace

response json_answer(int status, const boost::json::object& document) {
    response made(status, "application/json", boost::json::serialize(document) + "\n");
    made.with("Cache-Control", "no-store");
    return made;
}

response failure_answer(const failure& error, const request& about) {
    return to_response(to_problem(error), about);
}

bool client_has(const request& asked, std::string_view etag) {
    auto offered = asked.header("If-None-Match");
    while (!offered.empty()) {
        const auto comma = offered.find(',');
        const auto tag = opaque(offered.substr(0, comma));
        if (tag == "*" || tag == opaque(etag))
            return true;
        offered = comma == std::string_view::npos ? std::string_view() : offered.substr(comma + 1);
    }
    return false;
}

} // namespace soteria::web
