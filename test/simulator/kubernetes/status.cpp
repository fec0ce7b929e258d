#include "test/simulator/kubernetes/status.hpp"

#include <algorithm>

namespace simulator::api {

namespace {

json::object details_of(std::string_view name, std::string_view group, std::string_view kind_name) {
    json::object details;
    if (!name.empty()) {
        details["name"] = name;
    }
    if (!group.empty()) {
        details["group"] = group;
    }
    details["kind"] = kind_name;
    return details;
}

json::array causes_of(const std::vector<cause>& causes) {
    json::array listed;
    for (const auto& one : causes) {
        json::object entry;
        entry["reason"] = one.reason;
        entry["message"] = one.message;
        entry["field"] = one.field;
        listed.push_back(std::move(entry));
    }
    return listed;
}

std::string quoted(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

std::string sentence(const std::vector<cause>& causes) {
    // What is told twice is in the sentence once.
    std::vector<std::string> told;
    for (const auto& one : causes) {
        auto text = one.field + ": " + one.message;
        if (std::find(told.begin(), told.end(), text) == told.end()) {
            told.push_back(std::move(text));
        }
    }
    std::string text;
    for (const auto& one : told) {
        text += (text.empty() ? "" : ", ") + one;
    }
    return told.size() > 1 ? "[" + text + "]" : text;
}

} // namespace

refused::refused(int code, std::string_view reason, std::string_view message, json::value details)
    : code_(code), message_(message) {
    status_["kind"] = "Status";
    status_["apiVersion"] = "v1";
    status_["metadata"].emplace_object();
    status_["status"] = "Failure";
    status_["message"] = message_;
    if (!reason.empty()) {
        status_["reason"] = reason;
    }
    if (!details.is_null()) {
        status_["details"] = std::move(details);
    }
    status_["code"] = code;
}

void refused::set_continue(std::string_view token) {
    status_["metadata"].as_object()["continue"] = token;
}

refused not_found(const kind& of, std::string_view name) {
    return {404, "NotFound", of.resource() + " " + quoted(name) + " not found", details_of(name, of.group, of.plural)};
}

refused already_exists(const kind& of, std::string_view name) {
    return {409, "AlreadyExists", of.resource() + " " + quoted(name) + " already exists",
            details_of(name, of.group, of.plural)};
}

refused bad_request(std::string_view message) {
    return {400, "BadRequest", message};
}

refused unsupported_media_type(std::string_view message) {
    return {415, "UnsupportedMediaType", message};
}

refused method_not_allowed() {
    return {405, "MethodNotAllowed", "the server does not allow this method on the requested resource", json::object()};
}

refused no_such_resource() {
    return {404, "NotFound", "the server could not find the requested resource", json::object()};
}

refused modified(const kind& of, std::string_view name) {
    return conflict(of.resource(), of, of.plural, name,
                    "the object has been modified; please apply your changes to the latest version and try again");
}

refused conflict(std::string_view object, const kind& of, std::string_view details_kind, std::string_view name,
                 std::string_view why) {
    std::string message = "Operation cannot be fulfilled on ";
    message.append(object).append(" ").append(quoted(name)).append(": ").append(why);
    return {409, "Conflict", message, details_of(name, of.group, details_kind)};
}

refused invalid(const kind& of, std::string_view name, const std::vector<cause>& causes) {
    auto details = details_of(name, of.group, of.name);
    details["causes"] = causes_of(causes);
    return {422, "Invalid", of.qualified_name() + " " + quoted(name) + " is invalid: " + sentence(causes),
            std::move(details)};
}

refused invalid_options(std::string_view options, cause why) {
    auto details = details_of("", "meta.k8s.io", options);
    std::vector<cause> causes;
    causes.push_back(std::move(why));
    details["causes"] = causes_of(causes);
    return {422, "Invalid", std::string(options) + ".meta.k8s.io \"\" is invalid: " + sentence(causes),
            std::move(details)};
}

refused invalid_patch(std::string_view patch, std::string_view why) {
    const auto shown = json::serialize(json::string(patch));
    const std::vector<cause> causes(
        1, cause{"FieldValueInvalid", "Invalid value: " + shown + ": " + std::string(why), "patch"});
    json::object details;
    details["causes"] = causes_of(causes);
    return {422, "Invalid", " \"\" is invalid: " + sentence(causes), std::move(details)};
}

refused must_be_specified(const kind& of, std::string_view name) {
    const std::vector<cause> causes(
        1, cause{"FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"});
    auto details = details_of(name, of.group, of.plural);
    details["causes"] = causes_of(causes);
    return {422, "Invalid", of.resource() + " " + quoted(name) + " is invalid: " + sentence(causes),
            std::move(details)};
}

refused namespace_terminating(const kind& of, std::string_view name, std::string_view ns) {
    const std::string where(ns);
    auto details = details_of(name, of.group, of.plural);
    const std::vector<cause> causes(
        1, cause{"NamespaceTerminating", "namespace " + where + " is being terminated", "metadata.namespace"});
    details["causes"] = causes_of(causes);
    return {403, "Forbidden",
            of.resource() + " " + quoted(name) + " is forbidden: unable to create new content in namespace " + where +
                " because it is being terminated",
            std::move(details)};
}

refused continue_expired(std::string_view continue_token) {
    refused expired(410, "Expired",
                    "The provided continue parameter is too old to display a consistent list result. You can start a "
                    "new list without the continue parameter, or use the continue token in this response to retrieve "
                    "the remainder of the results. Continuing with the provided token results in an inconsistent list "
                    "- objects that were created, modified, or deleted between the time the first chunk was returned "
                    "and now may show up in the list.");
    if (!continue_token.empty()) {
        expired.set_continue(continue_token);
    }
    return expired;
}

refused too_old(std::uint64_t asked, std::uint64_t oldest) {
    return {410, "Expired", "too old resource version: " + std::to_string(asked) + " (" + std::to_string(oldest) + ")"};
}

refused too_large(std::uint64_t asked, std::uint64_t current) {
    json::object details;
    json::object why;
    why["reason"] = "ResourceVersionTooLarge";
    why["message"] = "Too large resource version";
    details["causes"].emplace_array().push_back(std::move(why));
    details["retryAfterSeconds"] = 1;
    return {504, "Timeout",
            "Timeout: Too large resource version: " + std::to_string(asked) + ", current: " + std::to_string(current),
            std::move(details)};
}

} // namespace simulator::api
