#include "json_fields.hpp"

namespace soteria::kube {

namespace json = boost::json;

const json::value* json_fields::find(std::string_view name) const {
    if (object_ == nullptr)
        return nullptr;
    const auto* found = object_->if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

void json_fields::wrong(std::string_view name, std::string_view wanted) const {
    if (problem_)
        return;
    const std::string where = path_.empty() ? std::string(name) : path_ + "." + std::string(name);
    problem_ = failure(errc::bad_answer, "The field " + where + " is not " + std::string(wanted) + ".");
}

json_fields json_fields::object(std::string_view name) const {
    const std::string path = path_.empty() ? std::string(name) : path_ + "." + std::string(name);
    const auto* found = find(name);
    if (found != nullptr && !found->is_object())
        wrong(name, "an object");
    return {found == nullptr ? nullptr : found->if_object(), path, problem_};
}

std::vector<json_fields> json_fields::objects(std::string_view name) const {
    std::vector<json_fields> all;
    const auto* found = find(name);
    if (found == nullptr)
        return all;
    const auto* array = found->if_array();
    if (array == nullptr) {
        wrong(name, "an array");
        return all;
    }
    for (const auto& each : *array) {
        if (!each.is_object()) {
            wrong(name, "an array of objects");
            break;
        }
        const std::string path = (path_.empty() ? "" : path_ + ".") + std::string(name) + "[]";
        all.emplace_back(&each.get_object(), path, problem_);
    }
    return all;
}

bool json_fields::flag(std::string_view name) const {
    const auto* found = find(name);
    if (found == nullptr)
        return false;
    if (const auto* truth = found->if_bool())
        return *truth;
    wrong(name, "a boolean");
    return false;
}

std::optional<std::string> json_fields::optional_text(std::string_view name) const {
    const auto* found = find(name);
    if (found == nullptr)
        return std::nullopt;
    if (const auto* text = found->if_string())
        return std::string(text->data(), text->size());
    wrong(name, "a string");
    return std::nullopt;
}

std::string json_fields::text(std::string_view name, std::string_view otherwise) const {
    return optional_text(name).value_or(std::string(otherwise));
}

std::optional<std::int64_t> json_fields::number(std::string_view name) const {
    const auto* found = find(name);
    if (found == nullptr)
        return std::nullopt;
    if (const auto* whole = found->if_int64())
        return *whole;
    wrong(name, "a whole number");
    return std::nullopt;
}

std::optional<instant> json_fields::time(std::string_view name) const {
    const auto text = optional_text(name);
    if (!text)
        return std::nullopt;
    const auto parsed = parse_rfc3339(*text);
    if (!parsed)
        wrong(name, "a time (RFC 3339)");
    return parsed;
}

std::vector<std::string> json_fields::texts(std::string_view name) const {
    std::vector<std::string> all;
    const auto* found = find(name);
    if (found == nullptr)
        return all;
    const auto* array = found->if_array();
    if (array == nullptr) {
        wrong(name, "an array");
        return all;
    }
    for (const auto& each : *array) {
        if (const auto* text = each.if_string())
            all.emplace_back(text->data(), text->size());
        else
            wrong(name, "an array of strings");
    }
    return all;
}

std::map<std::string, std::string> json_fields::text_map(std::string_view name) const {
    std::map<std::string, std::string> all;
    const auto* found = find(name);
    if (found == nullptr)
        return all;
    const auto* object = found->if_object();
    if (object == nullptr) {
        wrong(name, "an object");
        return all;
    }
    for (const auto& each : *object) {
        if (const auto* text = each.value().if_string())
            all.emplace(each.key(), std::string(text->data(), text->size()));
        else
            wrong(name, "an object of strings");
    }
    return all;
}

} // namespace soteria::kube
