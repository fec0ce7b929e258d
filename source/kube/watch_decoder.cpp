#include <soteria/kube/decode.hpp>
#include <soteria/kube/watch_decoder.hpp>

#include <boost/json/parse.hpp>

#include <optional>

namespace soteria::kube {

namespace json = boost::json;

namespace {

std::optional<watch_event::kind> kind_of(std::string_view type) {
    if (type == "ADDED")
        return watch_event::kind::added;
    if (type == "MODIFIED")
        return watch_event::kind::modified;
    if (type == "DELETED")
        return watch_event::kind::deleted;
    if (type == "BOOKMARK")
        return watch_event::kind::bookmark;
    if (type == "ERROR")
        return watch_event::kind::error;
    return std::nullopt;
}

std::string version_of(const json::object& object) {
    const auto* metadata = object.if_contains("metadata");
    const auto* fields = metadata != nullptr ? metadata->if_object() : nullptr;
    const auto* version = fields != nullptr ? fields->if_contains("resourceVersion") : nullptr;
    const auto* text = version != nullptr ? version->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

failure not_an_event(std::string_view why) {
    return {errc::bad_answer, "A line of the watch is not an event: " + std::string(why) + "."};
}

result<void> decode_line(std::string_view line, std::vector<watch_event>& events) {
    boost::system::error_code problem;
    auto parsed = json::parse(line, problem);
    if (problem)
        return not_an_event(problem.message());
    auto* envelope = parsed.if_object();
    const auto* type = envelope != nullptr ? envelope->if_contains("type") : nullptr;
    auto* object = envelope != nullptr ? envelope->if_contains("object") : nullptr;
    if (type == nullptr || !type->is_string() || object == nullptr || !object->is_object())
        return not_an_event("it lacks a type or an object");
    const auto kind = kind_of(type->get_string());
    if (!kind)
        return {};
    watch_event event;
    event.type = *kind;
    if (*kind != watch_event::kind::error)
        event.resource_version = version_of(object->get_object());
    if (*kind != watch_event::kind::error && event.resource_version.empty())
        return not_an_event("its object has no resourceVersion");
    if (*kind != watch_event::kind::bookmark) {
        event.object = std::move(object->get_object());
        drop_managed_fields(event.object);
    }
    events.push_back(std::move(event));
    return {};
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

} // namespace

result<void> watch_decoder::feed(std::string_view bytes, std::vector<watch_event>& events) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        if (line_.size() + part.size() > line_limit_)
            return not_an_event("it is longer than " + std::to_string(line_limit_) + " bytes");
        line_ += part;
        if (end == std::string_view::npos)
            return {};
        bytes.remove_prefix(end + 1);
        const std::string line = std::exchange(line_, {});
        if (is_blank(line))
            continue;
        if (auto decoded = decode_line(line, events); !decoded)
            return decoded.error();
    }
    return {};
}

} // namespace soteria::kube
