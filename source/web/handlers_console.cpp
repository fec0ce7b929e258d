// The console's files, and the description of the API.
#include "routes.hpp"

#include <soteria/web/assets.hpp>

#include <algorithm>

namespace soteria::web {
namespace {

// Nothing but our own scripts, styles and answers; nobody may frame the console or make it post elsewhere.
constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

response serve(std::string_view name, const request& asked) {
    const auto files = assets();
    const auto found = std::ranges::find(files, name, &asset::name);
    if (found == files.end())
        return to_response(problem(404, "no_such_route", "there is nothing at " + asked.path), asked);
    response answer;
    if (client_has(asked, found->etag))
        answer.status = 304;
    else
        answer = response(200, std::string(found->content_type), std::string(found->content));
    // Always asked for, seldom sent: a console and its service never differ in version.
    answer.with("ETag", std::string(found->etag)).with("Cache-Control", "no-cache");
    answer.with("Content-Security-Policy", content_security_policy).with("Referrer-Policy", "no-referrer");
    return answer;
}

} // namespace

boost::asio::awaitable<response> router::routes::console(call& each) {
    co_return serve("index.html", each.asked);
}

boost::asio::awaitable<response> router::routes::console_file(call& each) {
    co_return serve(each.argument, each.asked);
}

boost::asio::awaitable<response> router::routes::openapi(call& each) {
    if (!openapi_)
        openapi_ = openapi_text(!needs_.auth.required);
    const auto& text = *openapi_;
    response answer;
    if (client_has(each.asked, text.etag))
        answer.status = 304;
    else
        answer = response(200, "application/json", text.body);
    answer.with("ETag", text.etag).with("Cache-Control", "private, no-cache");
    co_return answer;
}

} // namespace soteria::web
