// Strict JSON bodies: exactly the accepted fields, each of its type, none twice.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/web/message.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::web {

// The object in a request's body, without the members that are null. Failures carry the status through
// their code: invalid (malformed_json, duplicate_field, unknown_field), and `too_large`, `media_type` below.
result<boost::json::object> read_json_object(std::string_view body, std::span<const std::string_view> accepted_fields);

// SHA-256 of what such an object says, whatever the order of its members and the blanks between them. "dry_run" is left
// out: where it matters, it is false.
std::string body_digest(const boost::json::object& body);

// Values of one type; the first wrong one is remembered and everything after it is skipped.
class field_reader {
public:
    explicit field_reader(boost::json::object object) : object_(std::move(object)) {}

    std::optional<std::string> text(std::string_view field);
    std::optional<bool> flag(std::string_view field);
    std::optional<std::vector<std::string>> texts(std::string_view field);
    // As text(), and missing is an error.
    std::string required_text(std::string_view field);
    [[nodiscard]] bool has(std::string_view field) const;
    // success, or the first thing that was wrong
    [[nodiscard]] result<void> outcome() const;
    void fail(failure error);

private:
    const boost::json::value* find(std::string_view field) const;
    void wrong_type(std::string_view field, std::string_view wanted);

    boost::json::object object_;
    std::optional<failure> failure_;
};

} // namespace soteria::web
