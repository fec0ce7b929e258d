#include "problem_page.hpp"

#include <soteria/web/assets.hpp>

#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <cctype>

namespace soteria::web {
namespace {

// Nothing is loaded: the page is whole also for somebody who may read none of our files.
constexpr const char* content_security_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
        case '&':
            safe += "&amp;";
            break;
        case '<':
            safe += "&lt;";
            break;
        case '>':
            safe += "&gt;";
            break;
        case '"':
            safe += "&quot;";
            break;
        default:
            safe += c;
        }
    }
    return safe;
}

std::string_view title(const problem& what) {
    if (what.status == 401)
        return "You are not signed in";
    if (what.status == 403)
        return "You may not use this service";
    return status_title(what.status);
}

std::string sentence(std::string text) {
    if (!text.empty())
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text;
}

} // namespace

bool wants_page(const request& asked) {
    const bool reads = asked.method == "GET" || asked.method == "HEAD";
    return reads && asked.header("Accept").find("text/html") != std::string_view::npos;
}

response to_page(const problem& what, const request& about) {
    const auto files = assets();
    const auto found = std::ranges::find(files, std::string_view("refused.html"), &asset::name);
    if (found == files.end())
        return to_response(what, about);
    std::string page(found->content);
    boost::replace_all(page, "{{title}}", title(what));
    boost::replace_all(page, "{{status}}", std::to_string(what.status));
    boost::replace_all(page, "{{code}}", escaped(what.code));
    boost::replace_all(page, "{{request_id}}", escaped(about.request_id));
    boost::replace_all(page, "{{detail}}", escaped(sentence(what.detail))); // last: it may quote anything
    response answer(what.status, std::string(found->content_type), std::move(page));
    answer.headers = what.headers;
    answer.with("Cache-Control", "no-store").with("Content-Security-Policy", content_security_policy);
    return answer.with("Referrer-Policy", "no-referrer");
}

} // namespace soteria::web
