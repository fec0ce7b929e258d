// Reads typed members of one JSON object and remembers the first that does not fit.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace soteria::longhorn {

class fields {
public:
    // `what` begins the error: "volume", "backup". Both arguments must outlive this.
    fields(const boost::json::object& object, std::string_view what) : object_(object), what_(what) {}

    // Absent and null: empty, false, 0.
    std::string text(std::string_view name);
    std::string bounded_text(std::string_view name);
    bool flag(std::string_view name);
    std::int64_t number(std::string_view name); // also as a string; blank: 0
    int small_number(std::string_view name);
    std::optional<instant> time(std::string_view name);
    std::map<std::string, std::string> texts(std::string_view name, bool bounded_values);
    const boost::json::object* object(std::string_view name);
    const boost::json::array* array(std::string_view name);

    [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }

    // "name", or "id" where that is blank; neither is an error.
    std::string identity();
    // "type" must be this one, if it is there.
    void expect_type(std::string_view type);
    void refuse(std::string_view name, std::string_view why);

    [[nodiscard]] const std::optional<failure>& error() const { return error_; }

private:
    const boost::json::value* find(std::string_view name) const;

    const boost::json::object& object_;
    std::string_view what_;
    std::optional<failure> error_;
};

} // namespace soteria::longhorn
