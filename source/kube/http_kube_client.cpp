#include "json_body.hpp"
#include "json_fields.hpp"

#include <soteria/kube/decode.hpp>
#include <soteria/kube/http_kube_client.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/net/retry.hpp>

#include <boost/json/serialize.hpp>

namespace soteria::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// Shorter than a reflector's pauses: somebody waits for the answer.
constexpr async::backoff_policy between_tries{std::chrono::milliseconds(250), 2.0, std::chrono::milliseconds(5000),
                                              1.0};
// A read that takes longer meets a dead connection; another try may not.
constexpr std::chrono::seconds one_read{30};
// A Status is some hundred bytes; a proxy's error page a few thousand.
constexpr std::size_t longest_refusal = 64UL * 1024;

call_description describe(std::string verb, const resource& kind, std::string ns, std::string name, bool changes) {
    return {std::move(verb), std::string(kind.kind), std::move(ns), std::move(name), changes};
}

// Nothing was done, or doing it twice is the same as once.
bool may_repeat(const failure& why, const call_description& call) {
    if (why.code == errc::retry || why.code == errc::unavailable)
        return true;
    return !call.changes && why.transient();
}

// A sentence from the transport becomes one about the call; what was sent and cannot be understood may have been done.
failure about(const call_description& call, failure why) {
    if (why.code == errc::bad_answer && call.changes)
        why.code = errc::outcome_unknown;
    // A POST that only asks has no outcome.
    if (why.code == errc::outcome_unknown && !call.changes)
        why.code = errc::unavailable;
    return why.in(call.text() + " failed");
}

std::string field_of(const json::object& object, std::string_view parent, std::string_view name) {
    std::optional<failure> ignored;
    return json_fields(&object, "", ignored).object(parent).text(name);
}

json::object delete_options(const delete_preconditions& preconditions, bool dry_run) {
    json::object body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
    json::object conditions;
    if (!preconditions.uid.empty())
        conditions["uid"] = preconditions.uid;
    if (!preconditions.resource_version.empty())
        conditions["resourceVersion"] = preconditions.resource_version;
    if (!conditions.empty())
        body["preconditions"] = std::move(conditions);
    if (!preconditions.propagation.empty())
        body["propagationPolicy"] = preconditions.propagation;
    if (dry_run)
        body["dryRun"] = json::array{"All"};
    return body;
}

void add_write_options(std::string& path, const call_options& options) {
    add_query(path, "fieldManager", "soteria");
    add_query(path, "fieldValidation", "Strict");
    if (options.dry_run)
        add_query(path, "dryRun", "All");
}

void set_body(net::http_request& request, const json::object& body, std::string_view content_type) {
    request.body = json::serialize(body);
    request.headers.emplace_back("Content-Type", content_type);
}

asio::awaitable<net::http_response> read_refusal(std::unique_ptr<net::http_stream> stream, async::deadline until) {
    net::http_response response;
    response.status = stream->status();
    response.headers = stream->headers();
    while (response.body.size() < longest_refusal) {
        const auto bytes = co_await stream->next(until);
        if (!bytes || bytes->empty())
            break;
        response.body += *bytes;
    }
    co_return response;
}

} // namespace

http_kube_client::http_kube_client(net::http_client& http, const cluster_access& access, async::random_source random)
    : http_(http), server_(access.server), tokens_(access), random_(std::move(random)) {}

net::http_request http_kube_client::request(std::string method, const std::string& path_and_query,
                                            const call_options& options) const {
    net::http_request made(std::move(method), server_ + path_and_query);
    made.headers.emplace_back("Accept", "application/json");
    made.purpose = options.purpose;
    return made;
}

void http_kube_client::authorize(net::http_request& request) {
    std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization"; });
    const auto& token = tokens_.current();
    if (!token.empty())
        request.headers.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
}

asio::awaitable<result<net::http_response>> http_kube_client::try_once(call_description call, net::http_request request,
                                                                       async::deadline until) {
    authorize(request);
    auto answer = co_await http_.send(request, until);
    if (answer && answer->status == 401 && tokens_.refresh()) {
        authorize(request);
        answer = co_await http_.send(request, until);
    }
    if (!answer)
        co_return about(call, answer.error());
    if (answer->status >= 300)
        co_return failure_from_response(call, *answer);
    co_return answer;
}

asio::awaitable<result<net::http_response>> http_kube_client::exchange(call_description call, net::http_request request,
                                                                       call_options options) {
    const auto attempt = [&] {
        // A change must not be given up early: its outcome would be unknown.
        return try_once(call, request, call.changes ? options.until : options.until.at_most(one_read));
    };
    const auto again = [&](const failure& why) { return options.retry && may_repeat(why, call); };
    auto trying = net::retry(options.until, async::backoff(between_tries, random_), again, attempt);
    co_return co_await std::move(trying);
}

asio::awaitable<result<json::object>>
http_kube_client::exchange_object(call_description call, net::http_request request, call_options options) {
    auto answer = co_await exchange(call, std::move(request), options);
    if (!answer)
        co_return answer.error();
    auto object = co_await parse_object(std::move(answer->body));
    if (!object)
        co_return about(call, object.error());
    drop_managed_fields(*object);
    co_return object;
}

asio::awaitable<result<json::object>> http_kube_client::get(resource kind, std::string ns, std::string name,
                                                            call_options options) {
    auto call = describe("get", kind, ns, name, false);
    auto asked = request("GET", resource_path(kind, ns, name, options.subresource), options);
    co_return co_await exchange_object(std::move(call), std::move(asked), std::move(options));
}

asio::awaitable<result<list_page>> http_kube_client::list(resource kind, std::string ns, std::size_t limit,
                                                          std::string continue_token, std::string query,
                                                          call_options options) {
    auto path = resource_path(kind, ns);
    if (limit != 0)
        add_query(path, "limit", std::to_string(limit));
    if (!continue_token.empty())
        add_query(path, "continue", continue_token);
    if (!query.empty())
        path += (path.find('?') == std::string::npos ? "?" : "&") + query;
    auto call = describe("list", kind, ns, "", false);
    auto asked = request("GET", path, options);
    auto body = co_await exchange_object(call, std::move(asked), std::move(options));
    if (!body)
        co_return body.error();
    list_page page;
    page.resource_version = field_of(*body, "metadata", "resourceVersion");
    page.continue_token = field_of(*body, "metadata", "continue");
    auto* items = body->if_contains("items");
    if (page.resource_version.empty() || items == nullptr || !(items->is_array() || items->is_null()))
        co_return failure(errc::bad_answer, call.text() + " failed: the answer is not a list.");
    if (items->is_array())
        page.items = std::move(items->get_array());
    for (auto& item : page.items)
        if (item.is_object())
            drop_managed_fields(item.get_object());
    co_return page;
}

asio::awaitable<result<json::object>> http_kube_client::create(resource kind, json::object object,
                                                               call_options options) {
    const auto ns = field_of(object, "metadata", "namespace");
    auto call = describe("create", kind, ns, field_of(object, "metadata", "name"),
                         !options.dry_run && !options.changes_nothing);
    auto path = resource_path(kind, ns);
    if (!options.subresource.empty())
        path = resource_path(kind, ns, call.name, options.subresource);
    add_write_options(path, options);
    auto asked = request("POST", path, options);
    asked.repeatable = options.changes_nothing;
    set_body(asked, object, "application/json");
    co_return co_await exchange_object(std::move(call), std::move(asked), std::move(options));
}

asio::awaitable<result<json::object>> http_kube_client::patch(resource kind, std::string ns, std::string name,
                                                              json::object merge_patch, call_options options) {
    auto path = resource_path(kind, ns, name, options.subresource);
    add_write_options(path, options);
    auto call = describe("patch", kind, ns, name, !options.dry_run);
    auto asked = request("PATCH", path, options);
    asked.repeatable = options.dry_run || !field_of(merge_patch, "metadata", "resourceVersion").empty();
    set_body(asked, merge_patch, "application/merge-patch+json");
    co_return co_await exchange_object(std::move(call), std::move(asked), std::move(options));
}

asio::awaitable<result<void>> http_kube_client::remove(resource kind, std::string ns, std::string name,
                                                       delete_preconditions preconditions, call_options options) {
    auto path = resource_path(kind, ns, name);
    if (options.dry_run)
        add_query(path, "dryRun", "All");
    auto call = describe("delete", kind, ns, name, !options.dry_run);
    auto asked = request("DELETE", path, options);
    asked.repeatable = options.dry_run || !preconditions.uid.empty();
    set_body(asked, delete_options(preconditions, options.dry_run), "application/json");
    auto answer = co_await exchange(std::move(call), std::move(asked), std::move(options));
    if (!answer)
        co_return answer.error();
    co_return result<void>();
}

asio::awaitable<result<std::unique_ptr<net::http_stream>>> http_kube_client::open(std::string path_and_query,
                                                                                  call_options options) {
    const call_description call{"get", path_and_query, "", "", false};
    auto asked = request("GET", path_and_query, options);
    authorize(asked);
    auto stream = co_await http_.open_stream(asked, options.until);
    if (stream && (*stream)->status() == 401 && tokens_.refresh()) {
        authorize(asked);
        stream = co_await http_.open_stream(asked, options.until);
    }
    if (!stream)
        co_return about(call, stream.error());
    if ((*stream)->status() < 300)
        co_return stream;
    const auto refusal = co_await read_refusal(std::move(*stream), options.until);
    co_return failure_from_response(call, refusal);
}

} // namespace soteria::kube
