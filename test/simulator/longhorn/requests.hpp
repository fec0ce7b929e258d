// Request bodies as Go's JSON decoder reads them: unknown keys are ignored, wrong types are refused, with its texts.
#pragma once

#include "world.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace simulator::lh {

// Throws refusal.
boost::json::object decode_body(const std::string& body, std::string_view go_type);

class go_fields {
public:
    go_fields(const boost::json::object& from, std::string_view go_type) : from_(from), type_(go_type) {}

    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] std::int64_t integer(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] labels map(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view key) const;

private:
    [[noreturn]] void wrong(std::string_view key, const boost::json::value& value, std::string_view wanted) const;

    const boost::json::object& from_;
    std::string type_;
};

volume_request read_volume_request(const std::string& body);
backup_request read_backup_request(const std::string& body);

} // namespace simulator::lh
