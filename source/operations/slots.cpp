#include <soteria/domain/names.hpp>
#include <soteria/kube/lease.hpp>
#include <soteria/operations/conflicts.hpp>
#include <soteria/operations/purposes.hpp>
#include <soteria/operations/slots.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;

constexpr const char* by_request_annotation = "soteria.dev/by-request"; // the request's own mark

std::string_view request_of(const kube::lease& lease) {
    const auto mark = lease.meta.annotations.find(by_request_annotation);
    return mark == lease.meta.annotations.end() ? std::string_view() : mark->second;
}

slot slot_of(const kube::lease& lease) {
    return {lease.meta.uid, lease.holder, !request_of(lease).empty()};
}

kube::call_options call(async::deadline until, std::string_view what) {
    return kube::call_options(until, std::string(what));
}

} // namespace

const domain::pvc_ref& slot_subject(const domain::operation& operation) {
    const auto& request = operation.request;
    return slot_kind(operation) == domain::operation_kind::restore ? request.target : request.source;
}

domain::operation_kind slot_kind(const domain::operation& operation) {
    const bool has_target = !operation.request.target.name.empty();
    if (operation.kind == domain::operation_kind::restore_test && has_target)
        return domain::operation_kind::restore;
    return operation.kind;
}

slots::slots(kube::client& kubernetes, std::string ns, const clock& time, holder_lookup lookup,
             std::chrono::milliseconds patience)
    : kubernetes_(kubernetes), ns_(std::move(ns)), time_(time), lookup_(std::move(lookup)), patience_(patience) {}

bool slots::abandoned(const kube::lease& lease, holder_state state) const {
    const auto age = time_.now() - lease.meta.created_at.value_or(time_.now());
    return state == holder_state::finished || (state == holder_state::no_record && age >= patience_);
}

awaitable<result<slot>> slots::take(domain::operation_kind kind, domain::pvc_ref pvc, std::string holder,
                                    std::string request, async::deadline until) {
    constexpr int most_tries = 5; // each time somebody gave it back, or was quicker
    const std::string_view word = domain::to_string(kind);
    const std::string name = domain::slot_name(word, pvc);
    std::map<std::string, std::string> annotations;
    annotations["soteria.dev/slot"] = std::string(word) + " " + pvc.text();
    if (!request.empty())
        annotations[by_request_annotation] = request;
    for (int tries = 0; tries < most_tries; ++tries) {
        const auto created =
            co_await kube::create_lease(kubernetes_, ns_, name, holder, annotations, call(until, purposes::take_slot));
        if (created)
            co_return slot_of(*created);
        const failure refusal = created.error();
        if (refusal.code != errc::conflict && refusal.code != errc::outcome_unknown)
            co_return refusal;
        const auto found = co_await look(name, holder, request, until);
        if (!found)
            co_return found.error();
        if (const std::optional<slot>& ours = *found)
            co_return *ours;
    }
    co_return failure(errc::retry, "the slot " + name + " is taken and given back all the time; try again");
}

awaitable<result<std::optional<slot>>> slots::look(std::string name, std::string holder, std::string request,
                                                   async::deadline until) {
    const auto found = co_await kube::get_lease(kubernetes_, ns_, name, call(until, purposes::look_at_slot));
    if (!found && found.error().code == errc::not_found)
        co_return std::optional<slot>();
    if (!found)
        co_return found.error();
    // Two requests of one second may have been given one id: only the one that took the slot has it.
    if (found->holder == holder && (request.empty() || request_of(*found) == request))
        co_return std::optional<slot>(slot_of(*found));
    const auto state = co_await lookup_(found->holder);
    if (!state)
        co_return state.error();
    if (!abandoned(*found, *state))
        co_return operation_running(found->holder, "there");
    const auto removed =
        co_await kube::delete_lease(kubernetes_, ns_, name, found->meta.uid, call(until, purposes::remove_slot));
    const bool another = !removed && removed.error().code == errc::conflict;
    if (!removed && !another && removed.error().code != errc::not_found)
        co_return removed.error();
    co_return std::optional<slot>();
}

awaitable<result<void>> slots::give_back(domain::operation_kind kind, domain::pvc_ref pvc, std::string holder,
                                         async::deadline until) {
    const std::string name = domain::slot_name(domain::to_string(kind), pvc);
    const auto found = co_await kube::get_lease(kubernetes_, ns_, name, call(until, purposes::look_at_slot));
    if (!found) {
        if (found.error().code == errc::not_found)
            co_return result<void>{};
        co_return found.error();
    }
    if (found->holder != holder)
        co_return result<void>{};
    const auto removed =
        co_await kube::delete_lease(kubernetes_, ns_, name, found->meta.uid, call(until, purposes::give_slot_back));
    if (!removed && removed.error().code != errc::not_found && removed.error().code != errc::conflict)
        co_return removed.error();
    co_return result<void>{};
}

awaitable<result<void>> slots::sweep(async::deadline until) {
    constexpr std::size_t most = 2000; // far beyond what runs at once; the rest is seen the next time
    const auto page = co_await kubernetes_.list(kube::leases, ns_, most, "", "", call(until, purposes::look_at_slot));
    if (!page)
        co_return page.error();
    for (const auto& item : page->items) {
        const auto lease = item.is_object() ? kube::decode_lease(item.get_object())
                                            : result<kube::lease>(failure(errc::bad_answer, "a Lease is no object"));
        const bool old = lease && time_.now() - lease->meta.created_at.value_or(time_.now()) >= patience_;
        if (!old || !lease->meta.name.starts_with("slot-"))
            continue;
        const auto state = co_await lookup_(lease->holder);
        if (!state || !abandoned(*lease, *state))
            continue;
        const auto removed = co_await kube::delete_lease(kubernetes_, ns_, lease->meta.name, lease->meta.uid,
                                                         call(until, purposes::remove_slot));
        if (!removed && removed.error().code != errc::not_found && removed.error().code != errc::conflict)
            co_return removed.error();
    }
    co_return result<void>{};
}

} // namespace soteria::operations
