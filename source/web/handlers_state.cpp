// What is: health, metrics, the caller, the inventory, backups.
#include "routes.hpp"

#include <soteria/domain/names.hpp>

#include <boost/json/array.hpp>

namespace soteria::web {

namespace json = boost::json;

boost::asio::awaitable<response> router::routes::healthz(call&) {
    json::object body;
    body["status"] = "ok";
    co_return json_answer(200, body);
}

boost::asio::awaitable<response> router::routes::readyz(call& each) {
    json::array failing;
    json::array checks;
    for (const auto& check : needs_.readiness) {
        const auto found = check();
        if (!found.ok && found.required)
            failing.emplace_back(found.name);
        json::object row;
        row["name"] = found.name;
        row["ok"] = found.ok;
        row["required"] = found.required;
        if (!found.message.empty())
            row["message"] = found.message;
        if (found.since)
            row["since"] = format_rfc3339(*found.since);
        checks.emplace_back(std::move(row));
    }
    json::object body;
    const bool ready = failing.empty();
    body["status"] = ready ? "ready" : "not_ready";
    if (!ready)
        body["failing"] = std::move(failing);
    if (each.asked.parameter("verbose"))
        body["checks"] = std::move(checks);
    co_return json_answer(ready ? 200 : 503, body);
}

boost::asio::awaitable<response> router::routes::metrics(call&) {
    response answer(200, "text/plain; version=0.0.4; charset=utf-8", {});
    answer.pieces = needs_.metrics();
    answer.with("Cache-Control", "no-store");
    co_return answer;
}

boost::asio::awaitable<response> router::routes::whoami(call& each) {
    json::object body;
    body["user"] = each.who.user;
    if (!each.who.email.empty())
        body["email"] = each.who.email;
    json::array groups;
    for (const auto& group : each.who.groups)
        groups.emplace_back(group);
    body["groups"] = std::move(groups);
    const auto source = to_string(each.who.from);
    body["source"] = json::string_view(source.data(), source.size());
    body["authenticated"] = each.who.authenticated();
    body["auth_required"] = needs_.auth.required;
    body["allowed"] = true; // who may not call gets a 403 instead
    if (needs_.reviews != nullptr)
        body["authorization"] = "rbac";
    if (const auto ns = each.asked.parameter("namespace")) {
        if (const auto good = domain::check_namespace("namespace", *ns); !good)
            co_return failure_answer(good.error(), each.asked);
        auto permissions = co_await permissions_in(each, *ns);
        if (!permissions)
            co_return failure_answer(permissions.error(), each.asked);
        body["namespace"] = *ns;
        body["permissions"] = std::move(*permissions);
    }
    co_return json_answer(200, body);
}

boost::asio::awaitable<response> router::routes::inventory(call& each) {
    const auto wanted = each.asked.parameter("deleted").value_or("false");
    if (wanted != "true" && wanted != "false")
        co_return failure_answer(failure(errc::invalid, "\"deleted\" is true or false", "bad_parameter"), each.asked);
    const bool with_deleted = wanted == "true";
    const auto report = needs_.inventory();
    const auto seen = co_await seen_by(each, report);
    if (!seen)
        co_return failure_answer(seen.error(), each.asked);
    kept_text part; // of a caller who may not see all
    auto& text = *seen == report ? kept_[with_deleted ? 1 : 0] : part;
    if (text.of != *seen) {
        auto made = render(**seen, with_deleted);
        text.text = std::make_shared<shared_body>(shared_body{std::move(made.body), {}});
        text.etag = std::move(made.etag);
        text.of = *seen;
    }
    response answer;
    if (client_has(each.asked, text.etag)) {
        answer.status = 304;
    } else {
        answer.content_type = "application/json";
        answer.shared = text.text;
    }
    answer.with("ETag", text.etag).with("Cache-Control", "private, no-cache");
    co_return answer;
}

boost::asio::awaitable<response> router::routes::backups(call& each) {
    for (const auto* name : {"namespace", "pvc"})
        if (!each.asked.parameter(name))
            co_return failure_answer(failure(errc::invalid,
                                             "the query parameter \"" + std::string(name) + "\" is missing",
                                             "missing_parameter"),
                                     each.asked);
    domain::pvc_ref pvc;
    pvc.ns = *each.asked.parameter("namespace");
    pvc.name = *each.asked.parameter("pvc");
    if (const auto good = domain::check_namespace("namespace", pvc.ns); !good)
        co_return failure_answer(good.error(), each.asked);
    if (const auto good = domain::check_pvc_name("pvc", pvc.name); !good)
        co_return failure_answer(good.error(), each.asked);
    auto refusing = forbid(each, {auth::to_see_backups(pvc.ns)});
    const auto refused = co_await std::move(refusing);
    if (refused)
        co_return *refused;
    const auto list = co_await needs_.requests.backups(std::move(pvc), each.asked.until);
    if (!list)
        co_return failure_answer(list.error(), each.asked);
    co_return json_answer(200, render(*list));
}

} // namespace soteria::web
