#include "fields.hpp"

#include <soteria/longhorn/decode.hpp>

#include <charconv>
#include <limits>

namespace soteria::longhorn {

namespace json = boost::json;

namespace {

bool continues_a_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

} // namespace

std::string bounded(std::string_view text, std::size_t limit) {
    constexpr std::string_view gap = " ... ";
    if (text.size() <= limit)
        return std::string(text);
    const std::size_t room = limit < gap.size() ? 0 : limit - gap.size();
    std::size_t head = room / 2;
    while (head > 0 && continues_a_character(text[head]))
        --head;
    std::size_t tail = text.size() - (room - room / 2);
    while (tail < text.size() && continues_a_character(text[tail]))
        ++tail;
    return std::string(text.substr(0, head)).append(gap).append(text.substr(tail));
}

const json::value* fields::find(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

void fields::refuse(std::string_view name, std::string_view why) {
    if (error_)
        return;
    std::string whose;
    if (const auto* own = find("name"); own != nullptr && own->is_string())
        whose = " " + bounded(own->get_string(), 100);
    error_ = failure(errc::bad_answer, "Longhorn's answer makes no sense: field " + std::string(name) + " of " +
                                           std::string(what_) + whose + " " + std::string(why) + ".");
}

std::string fields::text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr)
        return {};
    if (value->is_string())
        return std::string(value->get_string());
    refuse(name, "is not a text");
    return {};
}

std::string fields::bounded_text(std::string_view name) {
    return bounded(text(name));
}

bool fields::flag(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr)
        return false;
    if (value->is_bool())
        return value->get_bool();
    refuse(name, "is neither true nor false");
    return false;
}

std::int64_t fields::number(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr)
        return 0;
    if (value->is_int64())
        return value->get_int64();
    if (!value->is_string()) {
        refuse(name, "is not a whole number");
        return 0;
    }
    const std::string_view digits = value->get_string();
    if (digits.empty())
        return 0;
    std::int64_t read = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, read);
    if (error == std::errc() && stopped == end)
        return read;
    refuse(name, "is not a whole number");
    return 0;
}

int fields::small_number(std::string_view name) {
    const auto wide = number(name);
    if (wide >= std::numeric_limits<int>::min() && wide <= std::numeric_limits<int>::max())
        return static_cast<int>(wide);
    refuse(name, "is out of range");
    return 0;
}

std::optional<instant> fields::time(std::string_view name) {
    const auto given = text(name);
    // Go's zero time is in the year 1, which an instant (nanoseconds in 64 bits) cannot hold.
    int year = 0;
    (void)std::from_chars(given.data(), given.data() + given.size(), year);
    if (year < 1970 || year > 2261)
        return std::nullopt;
    return parse_rfc3339(given);
}

std::map<std::string, std::string> fields::texts(std::string_view name, bool bounded_values) {
    std::map<std::string, std::string> all;
    const auto* members = object(name);
    if (members == nullptr)
        return all;
    for (const auto& member : *members) {
        if (!member.value().is_string()) {
            refuse(name, "has a value that is not a text");
            break;
        }
        const std::string_view value = member.value().get_string();
        all.emplace(member.key(), bounded_values ? bounded(value) : std::string(value));
    }
    return all;
}

const json::object* fields::object(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr)
        return nullptr;
    if (!value->is_object())
        refuse(name, "is not an object");
    return value->if_object();
}

const json::array* fields::array(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr)
        return nullptr;
    if (!value->is_array())
        refuse(name, "is not a list");
    return value->if_array();
}

std::string fields::identity() {
    auto name = text("name");
    if (name.empty())
        name = text("id");
    if (name.empty())
        refuse("name", "is missing");
    return name;
}

void fields::expect_type(std::string_view type) {
    const auto given = text("type");
    if (!given.empty() && given != type)
        refuse("type", "is \"" + bounded(given, 60) + "\" where \"" + std::string(type) + "\" was asked for");
}

} // namespace soteria::longhorn
