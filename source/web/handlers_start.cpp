// What starts work.
#include "idempotency_key.hpp"
#include "media_type.hpp"
#include "preconditions.hpp"
#include "routes.hpp"

#include <soteria/records/keys.hpp>

namespace soteria::web {
namespace {

domain::requester requester_of(const call& each) {
    domain::requester by;
    by.user = each.who.user;
    by.source = to_string(each.who.from);
    by.request_id = each.asked.request_id;
    return by;
}

// On which terms it is to be started, as the request's head has them.
result<operations::start_terms> terms_of(const call& each, const posted_request& posted) {
    operations::start_terms terms;
    terms.dry_run = posted.dry_run;
    auto expected = expected_plans(each.asked);
    if (!expected)
        return expected.error();
    terms.expected_plans = std::move(*expected);
    const auto given = idempotency_key(each.asked);
    if (!given)
        return given.error();
    const auto& key = *given;
    if (key && !posted.dry_run) {
        auto name = records::key_name(to_string(each.who.from), each.who.user, each.route, *key);
        terms.key = operations::idempotency{std::move(name), posted.digest};
    }
    return terms;
}

} // namespace

configured_drivers router::routes::drivers() const {
    return {needs_.driver, needs_.drivers};
}

boost::asio::awaitable<response> router::routes::start_backup(call& each) {
    if (const auto refused = unreadable_body(each.asked))
        co_return to_response(*refused, each.asked);
    auto posted = read_backup(each.asked.body, drivers());
    if (!posted)
        co_return failure_answer(posted.error(), each.asked);
    auto starting = start(each, domain::operation_kind::backup, std::move(*posted));
    co_return co_await std::move(starting);
}

boost::asio::awaitable<response> router::routes::start_restore(call& each) {
    if (const auto refused = unreadable_body(each.asked))
        co_return to_response(*refused, each.asked);
    auto posted = read_restore(each.asked.body, domain::operation_kind::restore, drivers());
    if (!posted)
        co_return failure_answer(posted.error(), each.asked);
    auto starting = start(each, domain::operation_kind::restore, std::move(*posted));
    co_return co_await std::move(starting);
}

boost::asio::awaitable<response> router::routes::start_restore_test(call& each) {
    if (const auto refused = unreadable_body(each.asked))
        co_return to_response(*refused, each.asked);
    auto posted = read_restore(each.asked.body, domain::operation_kind::restore_test, drivers());
    if (!posted)
        co_return failure_answer(posted.error(), each.asked);
    auto starting = start(each, domain::operation_kind::restore_test, std::move(*posted));
    co_return co_await std::move(starting);
}

boost::asio::awaitable<response> router::routes::start(call& each, domain::operation_kind kind, posted_request posted) {
    answered_request asked;
    asked.request = posted.request;
    asked.requested_by = each.who.user;
    asked.default_driver = needs_.driver;
    asked.is_test = kind == domain::operation_kind::restore_test;
    each.driver = posted.request.driver;
    each.wanted.kind = kind == domain::operation_kind::backup ? "Backup" : "Restore";
    each.wanted.source = posted.request.source;
    each.wanted.target = posted.request.target;
    each.wanted.dry_run = posted.dry_run;
    auto refusing = forbid(each, auth::to_start(kind, posted.request));
    const auto refused = co_await std::move(refusing);
    if (refused)
        co_return *refused;
    auto by = requester_of(each);
    auto terms = terms_of(each, posted);
    if (!terms)
        co_return failure_answer(terms.error(), each.asked);
    const auto& key = terms->key;
    if (key)
        each.wanted.key = key->name;
    auto starting =
        needs_.requests.start(kind, std::move(posted.request), std::move(by), std::move(*terms), each.asked.until);
    const auto accepted = co_await std::move(starting);
    if (!accepted)
        co_return failure_answer(accepted.error(), each.asked);
    each.driver = accepted->plan.driver;
    const auto document =
        kind == domain::operation_kind::backup ? render_backup(*accepted, asked) : render_restore(*accepted, asked);
    const auto& operation = accepted->operation;
    if (!operation) {
        each.result = "dry_run";
        co_return json_answer(200, document);
    }
    each.wanted.operation = operation->id();
    each.wanted.replayed = accepted->replayed;
    auto answer = json_answer(202, document);
    answer.with("Location", "/v1/operations/" + operation->id());
    if (accepted->replayed) {
        each.result = "replayed";
        answer.with("Idempotency-Replayed", "true");
    }
    co_return answer;
}

} // namespace soteria::web
