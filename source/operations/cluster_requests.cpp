#include "random_text.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/log.hpp>
#include <soteria/domain/names.hpp>
#include <soteria/operations/cluster_requests.hpp>
#include <soteria/operations/conflicts.hpp>
#include <soteria/operations/driver_choice.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using domain::operation;
using domain::operation_kind;

failure not_an_id(const std::string& id) {
    return {errc::not_found, "there is no operation \"" + id.substr(0, 300) + "\"", "operation_not_found"};
}

operation new_operation(operation_kind kind, domain::operation_request request, domain::requester by,
                        const domain::plan& plan, instant now) {
    operation made;
    made.kind = kind;
    made.ns = kind == operation_kind::backup ? request.source.ns : request.target.ns;
    made.request = std::move(request);
    made.request.driver = plan.driver;
    // A restore test may leave it to the snapshot whose it is.
    if (const auto pvc = plan.resolved.find(std::string(backup::facts::source_pvc)); pvc != plan.resolved.end())
        made.request.source.name = pvc->second;
    made.by = std::move(by);
    made.created_at = now;
    return made;
}

result<void> check_expected(const domain::plan& plan, const start_terms& terms) {
    const auto hash = plan.hash();
    if (!terms.expected_plans || std::ranges::find(*terms.expected_plans, hash) != terms.expected_plans->end())
        return {};
    return failure(errc::precondition,
                   "the plan is not the expected one any more (it is \"" + hash +
                       "\" now); look at it with \"dry_run\": true and confirm it anew",
                   "plan_changed");
}

} // namespace

slots::holder_lookup holder_lookup_in(record_store& records) {
    return [&records](std::string id) -> awaitable<result<holder_state>> {
        auto key = domain::parse_operation_id(id);
        if (!key)
            co_return holder_state::no_record;
        const auto record = co_await records.find(std::move(*key), async::deadline::after(std::chrono::seconds(5)));
        if (!record && record.error().code == errc::not_found)
            co_return holder_state::no_record;
        if (!record)
            co_return record.error();
        co_return (*record)->operation.active() ? holder_state::active : holder_state::finished;
    };
}

cluster_requests::cluster_requests(record_store& records, slots& slots, request_keys& keys, queue& line,
                                   driver_lookup find_driver, const clock& time)
    : records_(records), slots_(slots), keys_(keys), line_(line), find_driver_(std::move(find_driver)), time_(time) {}

const operation* cluster_requests::running_at(operation_kind kind, const domain::pvc_ref& subject) const {
    for (const auto& [key, record] : records_.cache_of(kind).all())
        if (record->operation.active() && slot_kind(record->operation) == kind &&
            slot_subject(record->operation) == subject)
            return &record->operation;
    return nullptr;
}

result<void> cluster_requests::check_free(operation_kind kind, const domain::operation_request& request) const {
    operation wanted;
    wanted.kind = kind;
    wanted.request = request;
    const auto& subject = slot_subject(wanted);
    if (subject.name.empty())
        return {}; // which PVC it is is not known yet
    const auto* other = running_at(slot_kind(wanted), subject);
    if (other == nullptr)
        return {};
    return operation_running(other->id(), "on " + subject.text());
}

bool cluster_requests::name_is_taken(operation_kind kind, const std::string& name) const {
    const auto& all = records_.cache_of(kind).all();
    return std::ranges::any_of(all, [&](const auto& each) { return each.first.name == name; });
}

// A record is called like what its plan names after the time (Longhorn's snapshot, restic's Job); where that name is
// taken, both get another one.
void cluster_requests::give_name(operation& made, domain::plan& plan, const backup::driver& driver) const {
    made.name = plan.named_by_time;
    const bool taken = !made.name.empty() && name_is_taken(made.kind, made.name);
    if (made.name.empty() || taken)
        made.name = driver.record_name(made.kind, made.request, made.created_at, random_text());
    if (taken)
        plan.rename(made.name);
    made.resolved = plan.resolved;
}

// The name that an earlier request with this key has reserved.
void cluster_requests::take_name(operation& made, domain::plan& plan, const records::request_key& claim) {
    const auto reserved = domain::parse_operation_id(claim.operation);
    made.name = reserved ? reserved->name : std::string();
    plan.rename(made.name);
    made.resolved = plan.resolved;
}

awaitable<result<operation>> cluster_requests::make_record(operation made, keyed* key, async::deadline until) {
    const std::string request_key = key == nullptr ? std::string() : key->asked.name;
    const auto created = co_await records_.create(made, request_key, until);
    if (created)
        co_return (*created)->operation;
    const failure refusal = created.error();
    const bool lost = refusal.code == errc::outcome_unknown || refusal.code == errc::timed_out;
    // A name that is taken may be our own record's, made by a try whose answer was lost.
    const bool ours_perhaps = lost || (key != nullptr && refusal.code == errc::conflict);
    if (!ours_perhaps)
        co_return refusal;
    if (key != nullptr)
        key->may_be_made = true;
    const auto seen = co_await records_.read(key_of(made), until);
    const bool ours = seen && records::request_key_of((*seen)->meta) == request_key;
    if (ours)
        co_return (*seen)->operation;
    if (key != nullptr)
        key->may_be_made = lost || !seen;
    co_return refusal;
}

awaitable<result<operation>> cluster_requests::admit(operation made, keyed* key, async::deadline until) {
    const auto subject = slot_subject(made);
    const auto taken = co_await slots_.take(slot_kind(made), subject, made.id(), random_text(), until);
    if (!taken)
        co_return taken.error();
    auto created = co_await make_record(made, key, until);
    const bool keep_slot = key != nullptr && key->may_be_made;
    if (created || keep_slot)
        co_return created;
    const auto given_back = co_await slots_.give_back(slot_kind(made), subject, made.id(), until);
    if (!given_back)
        log::warning("a slot could not be given back; it is free again in a minute",
                     {{"operation", boost::json::value(made.id())},
                      {"error", boost::json::value(given_back.error().message)},
                      {"request_id", boost::json::value(made.by.request_id)}});
    co_return created;
}

awaitable<result<accepted>> cluster_requests::start(operation_kind kind, domain::operation_request request,
                                                    domain::requester by, start_terms terms, async::deadline until) {
    if (terms.key && !terms.dry_run) {
        idempotency asked = *terms.key;
        auto once = start_once(kind, std::move(request), std::move(by), std::move(terms), std::move(asked), until);
        co_return co_await std::move(once);
    }
    auto starting = start_now(kind, std::move(request), std::move(by), std::move(terms), nullptr, until);
    co_return co_await std::move(starting);
}

awaitable<result<accepted>> cluster_requests::start_now(operation_kind kind, domain::operation_request request,
                                                        domain::requester by, start_terms terms, keyed* key,
                                                        async::deadline until) {
    if (const auto free = check_free(kind, request); !free)
        co_return free.error();
    const bool reserved = key != nullptr && key->claim;
    if (reserved)
        request.driver = key->claim->driver;
    auto choosing = choose_driver(find_driver_, kind, request, until);
    const auto chosen = co_await std::move(choosing);
    if (!chosen)
        co_return chosen.error();
    auto& driver = **chosen;
    const bool is_backup = kind == operation_kind::backup;
    auto planning = is_backup ? driver.plan_backup(request, until) : driver.plan_restore(request, until);
    auto plan = co_await std::move(planning);
    if (!plan)
        co_return plan.error();
    if (const auto same = check_expected(*plan, terms); !same)
        co_return same.error();
    auto made = new_operation(kind, std::move(request), std::move(by), *plan, time_.now());
    if (const auto free = check_free(kind, made.request); !free)
        co_return free.error();
    if (reserved)
        take_name(made, *plan, *key->claim);
    else
        give_name(made, *plan, driver);
    accepted answer;
    answer.plan = std::move(*plan);
    if (terms.dry_run)
        co_return answer;
    if (key != nullptr) {
        const auto ours = co_await reserve(made, *key, until);
        if (!ours)
            co_return ours.error();
        until = until.at_most(keys_.patience() / 2); // nobody takes us for gone while we are at it
    }
    auto admitted = co_await admit(std::move(made), key, until);
    if (!admitted)
        co_return admitted.error();
    log::info("operation accepted", {{"operation", boost::json::value(admitted->id())},
                                     {"requested_by", boost::json::value(admitted->by.user)},
                                     {"request_id", boost::json::value(admitted->by.request_id)}});
    answer.operation = std::move(*admitted);
    co_return answer;
}

awaitable<result<operation>> cluster_requests::find(std::string id, async::deadline until) {
    auto key = domain::parse_operation_id(id);
    if (!key || !domain::is_dns_label(key->ns) || !domain::is_dns_subdomain(key->name))
        co_return not_an_id(id);
    const auto record = co_await records_.find(std::move(*key), until);
    if (!record)
        co_return record.error();
    std::vector<operation> shown(1, (*record)->operation);
    line_.tell(shown);
    co_return std::move(shown.front());
}

awaitable<result<operation>> cluster_requests::cancel(std::string id, domain::requester by, async::deadline until) {
    auto key = domain::parse_operation_id(id);
    if (!key || !domain::is_dns_label(key->ns) || !domain::is_dns_subdomain(key->name))
        co_return not_an_id(id);
    const auto record = co_await records_.find(*key, until);
    if (!record)
        co_return record.error();
    const operation& found = (*record)->operation;
    if (!found.active())
        co_return failure(errc::conflict,
                          "the operation " + found.id() + " is finished already (" +
                              std::string(domain::to_string(found.phase)) + ")",
                          "already_finished");
    if (!found.cancelled_by.empty() || found.heading == domain::direction::undoing)
        co_return found;
    const auto marked = co_await records_.mark_cancelled(std::move(*key), by.user, until);
    if (!marked)
        co_return marked.error();
    if (!(*marked)->operation.active())
        co_return failure(errc::conflict, "the operation " + id + " has just finished", "already_finished");
    log::info("cancel asked for", {{"operation", boost::json::value(id)},
                                   {"requested_by", boost::json::value(by.user)},
                                   {"request_id", boost::json::value(by.request_id)}});
    co_return (*marked)->operation;
}

awaitable<result<domain::backup_list>> cluster_requests::backups(domain::pvc_ref pvc, async::deadline until) {
    return joined_backups(find_driver_, std::move(pvc), until);
}

} // namespace soteria::operations
