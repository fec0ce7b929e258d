#include "json.hpp"
#include "result_fields.hpp"

#include <soteria/kube/decode.hpp>
#include <soteria/records/records.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace soteria::records {
namespace {

using domain::operation;

void read_requester(const boost::json::object& spec, operation& into) {
    into.by.user = text_of(spec, "requestedBy");
    into.by.source = text_of(spec, "source");
    into.by.request_id = text_of(spec, "requestId");
    // Only our own requests name a source; whoever writes a record by hand comes through the API server.
    if (into.by.source.empty())
        into.by.source = "kubectl";
    if (into.by.user.empty())
        into.by.user = "kubectl";
}

void read_metadata(const kube::object_meta& meta, operation& into) {
    into.ns = meta.ns;
    into.name = meta.name;
    into.uid = meta.uid;
    into.resource_version = meta.resource_version;
    into.created_at = meta.created_at.value_or(instant{});
    into.delete_requested = meta.deleted_at.has_value();
    into.protected_by_finalizer = std::ranges::find(meta.finalizers, finalizer) != meta.finalizers.end();
    if (const auto cancelled = meta.annotations.find(std::string(cancel_annotation));
        cancelled != meta.annotations.end())
        into.cancelled_by = cancelled->second;
    const auto resolved = meta.annotations.find(std::string(resolved_annotation));
    if (resolved == meta.annotations.end())
        return;
    boost::system::error_code broken;
    const auto value = boost::json::parse(resolved->second, broken);
    if (!broken)
        into.resolved = text_map(value.if_object());
}

void read_steps(const boost::json::object& status, operation& into) {
    const auto* steps = find_array(status, "steps");
    if (steps == nullptr)
        return;
    for (const auto& each : *steps) {
        const auto* object = each.if_object();
        if (object == nullptr)
            continue;
        domain::step step;
        step.name = text_of(*object, "name");
        step.state = domain::parse_step_state(text_of(*object, "state")).value_or(domain::step_state::pending);
        step.started_at = instant_of(*object, "startedAt");
        step.finished_at = instant_of(*object, "finishedAt");
        step.message = text_of(*object, "message");
        into.steps.push_back(std::move(step));
    }
}

void read_progress(const boost::json::object& status, operation& into) {
    const auto* object = find_object(status, "progress");
    if (object == nullptr)
        return;
    domain::progress progress;
    progress.percent = static_cast<int>(number_of(*object, "percent").value_or(0));
    progress.bytes_done = number_of(*object, "bytesDone");
    progress.bytes_total = number_of(*object, "bytesTotal");
    progress.eta_seconds = number_of(*object, "etaSeconds");
    into.progress = progress;
}

// Numbers and flags are kept as text, as the facts that they come from are.
std::string result_text(const boost::json::object& result, std::string_view stored) {
    const auto* value = result.if_contains(stored);
    if (value == nullptr || value->is_null() || value->is_structured())
        return {};
    return value->is_string() ? text_of(result, stored) : boost::json::serialize(*value);
}

void read_end(const boost::json::object& status, operation& into) {
    if (const auto* result = find_object(status, "result"))
        for (const auto& field : result_fields)
            if (auto value = result_text(*result, field.stored); !value.empty())
                into.result[std::string(field.shown)] = std::move(value);
    if (const auto* error = find_object(status, "error"))
        into.error = domain::operation_error{text_of(*error, "code"), text_of(*error, "detail")};
    if (const auto* leftovers = find_array(status, "leftovers"))
        for (const auto& each : *leftovers)
            if (const auto* object = each.if_object())
                into.leftovers.push_back({text_of(*object, "kind"), text_of(*object, "namespace"),
                                          text_of(*object, "name"), text_of(*object, "why")});
}

void read_status(const boost::json::object& object, operation& into) {
    const auto* status = find_object(object, "status");
    if (status == nullptr)
        return;
    into.phase = domain::parse_operation_phase(text_of(*status, "phase")).value_or(domain::operation_phase::queued);
    into.heading = text_of(*status, "direction") == "Undoing" ? domain::direction::undoing : domain::direction::forward;
    into.reason = text_of(*status, "reason");
    into.message = text_of(*status, "message");
    into.facts = text_map(find_object(*status, "facts"));
    into.started_at = instant_of(*status, "startedAt");
    into.finished_at = instant_of(*status, "finishedAt");
    into.last_progress_at = instant_of(*status, "lastProgressAt");
    into.stalled_since = instant_of(*status, "stalledSince");
    read_steps(*status, into);
    read_progress(*status, into);
    read_end(*status, into);
}

// Where no policy forbids it, who makes a record with kubectl may name anybody in it. Once it has begun, its status
// tells whether an HTTP request was admitted with it; else nobody knows who it was.
void believe_requester(operation& into) {
    const bool has_begun = !into.steps.empty();
    if (has_begun && into.fact("accepted") != "true")
        into.by = {"kubectl", "kubectl", ""};
}

// Metadata, requester and status: the same for both kinds.
result<record> decode_common(const boost::json::object& object, const boost::json::object*& spec) {
    auto meta = kube::decode_meta(object);
    if (!meta)
        return meta.error();
    record decoded;
    decoded.meta = std::move(*meta);
    read_metadata(decoded.meta, decoded.operation);
    spec = find_object(object, "spec");
    if (spec == nullptr || text_of(*spec, "pvc").empty())
        return failure(errc::invalid, "the record " + decoded.meta.ns + "/" + decoded.meta.name + " has no spec.pvc");
    decoded.operation.request.driver = text_of(*spec, "driver");
    if (const auto seconds = number_of(*spec, "deadlineSeconds"))
        decoded.operation.request.deadline = std::chrono::seconds(*seconds);
    read_requester(*spec, decoded.operation);
    read_status(object, decoded.operation);
    believe_requester(decoded.operation);
    if (decoded.operation.request.driver.empty())
        decoded.operation.request.driver = decoded.operation.fact("driver"); // chosen when it began
    return decoded;
}

} // namespace

const kube::resource& resource_of(domain::operation_kind kind) {
    return kind == domain::operation_kind::backup ? backups : restores;
}

result<record> decode_backup(const boost::json::object& object) {
    const boost::json::object* spec = nullptr;
    auto decoded = decode_common(object, spec);
    if (!decoded)
        return decoded;
    auto& into = decoded->operation;
    into.kind = domain::operation_kind::backup;
    into.request.source = {into.ns, text_of(*spec, "pvc")};
    into.request.tags = texts_of(*spec, "tags");
    return decoded;
}

result<record> decode_restore(const boost::json::object& object) {
    const boost::json::object* spec = nullptr;
    auto decoded = decode_common(object, spec);
    if (!decoded)
        return decoded;
    auto& into = decoded->operation;
    const bool test = flag_of(*spec, "test", false);
    into.kind = test ? domain::operation_kind::restore_test : domain::operation_kind::restore;
    const std::string source_namespace = text_of(*spec, "sourceNamespace");
    into.request.source = {source_namespace.empty() ? into.ns : source_namespace, text_of(*spec, "pvc")};
    into.request.target = {into.ns, text_of(*spec, "targetPvc")};
    if (into.request.target.name.empty() && !test)
        return failure(errc::invalid, "the Restore " + into.ns + "/" + into.name + " has no spec.targetPvc");
    into.request.snapshot = text_of(*spec, "snapshot");
    into.request.backup_url = text_of(*spec, "backupUrl");
    into.request.storage_class = text_of(*spec, "storageClass");
    into.request.capacity = text_of(*spec, "capacity");
    into.request.access_modes = texts_of(*spec, "accessModes");
    into.request.verify = flag_of(*spec, "verify", true);
    into.request.allow_foreign = flag_of(*spec, "allowForeign", false);
    return decoded;
}

} // namespace soteria::records
