// Backups and restores on record.
#include "body.hpp"
#include "idempotency_key.hpp"
#include "media_type.hpp"
#include "routes.hpp"

#include <soteria/domain/names.hpp>

#include <charconv>

namespace soteria::web {
namespace {

constexpr std::size_t most_listed = 500;

failure bad_parameter(std::string message) {
    return {errc::invalid, std::move(message), "bad_parameter"};
}

result<operations::operation_filter> read_filter(const request& asked) {
    operations::operation_filter filter;
    if (const auto ns = asked.parameter("namespace")) {
        filter.ns = *ns;
        if (const auto good = domain::check_namespace("namespace", filter.ns); !good)
            return good.error();
    }
    if (const auto pvc = asked.parameter("pvc")) {
        filter.pvc = *pvc;
        if (const auto good = domain::check_pvc_name("pvc", filter.pvc); !good)
            return good.error();
    }
    filter.continue_token = asked.parameter("continue").value_or("");
    if (const auto kind = asked.parameter("kind")) {
        filter.kind = domain::parse_operation_kind(*kind);
        if (!filter.kind)
            return bad_parameter("\"kind\" is one of backup, restore, restore_test");
    }
    if (const auto phase = asked.parameter("phase")) {
        filter.phase = domain::parse_operation_phase(*phase);
        if (!filter.phase)
            return bad_parameter(
                "\"phase\" is one of Queued, Running, RollingBack, Succeeded, Incomplete, Failed, Cancelled");
    }
    if (const auto limit = asked.parameter("limit")) {
        const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), filter.limit);
        if (error != std::errc() || end != limit->data() + limit->size() || filter.limit < 1 ||
            filter.limit > most_listed)
            return bad_parameter("\"limit\" is a number from 1 to 500");
    }
    return filter;
}

// A cancel takes nothing: no body, or an object without members. A field that means something elsewhere (dry_run) must
// not be passed over in silence.
std::optional<response> refuse_fields(const request& asked) {
    if (asked.body.empty() && !asked.body_too_large)
        return std::nullopt;
    if (const auto refused = unreadable_body(asked))
        return to_response(*refused, asked);
    const auto fields = read_json_object(asked.body, {});
    return fields ? std::nullopt : std::optional(failure_answer(fields.error(), asked));
}

} // namespace

boost::asio::awaitable<response> router::routes::operations(call& each) {
    auto filter = read_filter(each.asked);
    if (!filter)
        co_return failure_answer(filter.error(), each.asked);
    std::vector<auth::permission> asked;
    for (const auto& [kind, ns] : needs_.requests.places())
        asked.push_back(auth::to_list(kind, ns));
    const auto mine = co_await permitted(each, std::move(asked));
    if (!mine)
        co_return failure_answer(mine.error(), each.asked);
    if (!mine->everything)
        filter->visible = [&mine](const domain::operation& one) { return mine->has(auth::to_list(one.kind, one.ns)); };
    const auto page = needs_.requests.list(*filter);
    if (!page)
        co_return failure_answer(page.error(), each.asked);
    co_return json_answer(200, render(*page, needs_.driver));
}

boost::asio::awaitable<response> router::routes::operation(call& each) {
    if (const auto key = domain::parse_operation_id(each.argument); key && domain::is_dns_label(key->ns)) {
        auto refusing = forbid(each, {auth::to_read(*key)});
        auto refused = co_await std::move(refusing);
        if (refused)
            co_return std::move(*refused);
    }
    const auto found = co_await needs_.requests.find(each.argument, each.asked.until);
    if (!found)
        co_return failure_answer(found.error(), each.asked);
    co_return json_answer(200, render(*found, needs_.driver));
}

boost::asio::awaitable<response> router::routes::cancel_operation(call& each) {
    if (const auto key = domain::parse_operation_id(each.argument); key && domain::is_dns_label(key->ns)) {
        each.wanted.kind = key->kind == domain::operation_kind::backup ? "Backup" : "Restore";
        each.wanted.operation = each.argument;
        auto refusing = forbid(each, {auth::to_cancel(*key)});
        auto refused = co_await std::move(refusing);
        if (refused)
            co_return std::move(*refused);
    }
    if (const auto refused = refuse_fields(each.asked))
        co_return *refused;
    // A cancel that is asked for twice is one anyway.
    if (const auto key = idempotency_key(each.asked); !key)
        co_return failure_answer(key.error(), each.asked);
    domain::requester by;
    by.user = each.who.user;
    by.source = to_string(each.who.from);
    by.request_id = each.asked.request_id;
    auto cancelling = needs_.requests.cancel(each.argument, std::move(by), each.asked.until);
    const auto cancelled = co_await std::move(cancelling);
    if (!cancelled)
        co_return failure_answer(cancelled.error(), each.asked);
    each.wanted.source = cancelled->request.source;
    each.wanted.target = cancelled->request.target;
    auto answer = json_answer(202, render(*cancelled, needs_.driver));
    answer.with("Location", "/v1/operations/" + cancelled->id());
    co_return answer;
}

} // namespace soteria::web
