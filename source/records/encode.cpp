#include "result_fields.hpp"

#include <soteria/records/records.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace soteria::records {
namespace {

using domain::operation;
namespace json = boost::json;

json::array texts(const std::vector<std::string>& values) {
    json::array array;
    for (const auto& each : values)
        array.emplace_back(each);
    return array;
}

void put(json::object& into, std::string_view name, const std::string& value) {
    if (!value.empty())
        into[name] = value;
}

json::object encode_spec(const operation& from) {
    json::object spec{{"pvc", from.request.source.name}};
    put(spec, "driver", from.request.driver);
    if (from.kind == domain::operation_kind::backup) {
        if (!from.request.tags.empty())
            spec["tags"] = texts(from.request.tags);
    } else {
        if (from.request.source.ns != from.ns)
            spec["sourceNamespace"] = from.request.source.ns;
        put(spec, "targetPvc", from.request.target.name);
        if (from.kind == domain::operation_kind::restore_test)
            spec["test"] = true;
        put(spec, "snapshot", from.request.snapshot);
        put(spec, "backupUrl", from.request.backup_url);
        put(spec, "storageClass", from.request.storage_class);
        put(spec, "capacity", from.request.capacity);
        if (!from.request.access_modes.empty())
            spec["accessModes"] = texts(from.request.access_modes);
        if (!from.request.verify)
            spec["verify"] = false;
        if (from.request.allow_foreign)
            spec["allowForeign"] = true;
    }
    if (from.request.deadline)
        spec["deadlineSeconds"] = from.request.deadline->count();
    put(spec, "requestedBy", from.by.user);
    put(spec, "source", from.by.source);
    put(spec, "requestId", from.by.request_id);
    return spec;
}

// As the schema has it; what is no number stays text, and the API server says so.
json::value result_value(const result_field& field, const std::string& text) {
    if (field.is == result_field::type::flag)
        return text == "true";
    boost::system::error_code broken;
    auto value = field.is == result_field::type::number ? json::parse(text, broken) : json::value(text);
    return broken ? json::value(text) : value;
}

json::value time_or_null(const std::optional<instant>& when) {
    return when ? json::value(format_rfc3339(*when)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value number_or_null(const std::optional<std::int64_t>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

json::array encode_steps(const operation& from) {
    json::array steps;
    for (const auto& each : from.steps) {
        json::object step{{"name", each.name}, {"state", domain::to_string(each.state)}};
        if (each.started_at)
            step["startedAt"] = format_rfc3339(*each.started_at);
        if (each.finished_at)
            step["finishedAt"] = format_rfc3339(*each.finished_at);
        put(step, "message", each.message);
        steps.emplace_back(std::move(step));
    }
    return steps;
}

json::array encode_leftovers(const operation& from) {
    json::array leftovers;
    for (const auto& each : from.leftovers) {
        json::object item{{"kind", each.kind}, {"name", each.name}, {"why", each.why}};
        put(item, "namespace", each.ns);
        leftovers.emplace_back(std::move(item));
    }
    return leftovers;
}

json::object text_object(const std::map<std::string, std::string>& map) {
    json::object object;
    for (const auto& [key, value] : map)
        object[key] = value;
    return object;
}

json::object condition(std::string_view type, std::string_view status, const operation& from, instant since) {
    return json::object{{"type", type},
                        {"status", status},
                        {"reason", from.reason.empty() ? std::string(domain::to_string(from.phase)) : from.reason},
                        {"message", from.message},
                        {"lastTransitionTime", format_rfc3339(since)}};
}

// "Complete", for `kubectl wait --for=condition=Complete`, and "Stalled" while it is (kstatus: what is abnormal is
// there only while it is true).
json::array encode_conditions(const operation& from) {
    const bool over = domain::finished(from.phase);
    const bool good = from.phase == domain::operation_phase::succeeded;
    const auto when = over ? from.finished_at : from.started_at;
    json::array conditions;
    conditions.emplace_back(condition("Complete",
                                      !over  ? "Unknown"
                                      : good ? "True"
                                             : "False",
                                      from, when.value_or(from.created_at)));
    if (from.stalled_since)
        conditions.emplace_back(condition("Stalled", "True", from, *from.stalled_since));
    return conditions;
}

} // namespace

json::object encode_new(const operation& from) {
    json::object metadata{{"name", from.name}, {"namespace", from.ns}};
    if (!from.resolved.empty())
        metadata["annotations"] = json::object{{resolved_annotation, json::serialize(text_object(from.resolved))}};
    const auto& kind = resource_of(from.kind);
    return json::object{{"apiVersion", kind.api_version()},
                        {"kind", kind.kind},
                        {"metadata", std::move(metadata)},
                        {"spec", encode_spec(from)}};
}

json::object encode_status(const operation& from) {
    json::object status{{"phase", domain::to_string(from.phase)},
                        {"direction", from.heading == domain::direction::undoing ? "Undoing" : "Forward"},
                        {"stalled", from.stalled_since.has_value()},
                        {"stalledSince", time_or_null(from.stalled_since)},
                        {"reason", text_or_null(from.reason)},
                        {"message", text_or_null(from.message)},
                        {"steps", encode_steps(from)},
                        {"facts", text_object(from.facts)},
                        {"leftovers", encode_leftovers(from)},
                        {"conditions", encode_conditions(from)},
                        {"startedAt", time_or_null(from.started_at)},
                        {"finishedAt", time_or_null(from.finished_at)},
                        {"lastProgressAt", time_or_null(from.last_progress_at)},
                        {"observedGeneration", 1}}; // the spec cannot be changed
    if (from.progress)
        status["progress"] = json::object{{"percent", from.progress->percent},
                                          {"bytesDone", number_or_null(from.progress->bytes_done)},
                                          {"bytesTotal", number_or_null(from.progress->bytes_total)},
                                          {"etaSeconds", number_or_null(from.progress->eta_seconds)}};
    if (!from.result.empty()) {
        json::object outcome;
        for (const auto& field : result_fields)
            if (const auto value = from.result.find(std::string(field.shown)); value != from.result.end())
                outcome[field.stored] = result_value(field, value->second);
        status["result"] = std::move(outcome);
    }
    if (from.error)
        status["error"] = json::object{{"code", from.error->code}, {"detail", from.error->detail}};
    return status;
}

} // namespace soteria::records
