// labelSelector and fieldSelector.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulator::api {

using labels = std::vector<std::pair<std::string, std::string>>;

// Equality (=, ==, !=), sets (in, notin) and existence (key, !key), joined by commas.
class label_selector {
public:
    label_selector() = default;
    explicit label_selector(std::string_view text); // throws refused (400)
    [[nodiscard]] bool matches(const labels& of) const;

    [[nodiscard]] bool empty() const { return requirements_.empty(); }

private:
    struct requirement {
        std::string key;
        bool wanted = true;              // false: != , notin, !key
        bool exists_only = false;        // key, !key
        std::vector<std::string> values; // one of these
    };

    std::vector<requirement> requirements_;
};

// metadata.name and metadata.namespace, with =, == and !=.
class field_selector {
public:
    field_selector() = default;
    explicit field_selector(std::string_view text); // throws refused (400)
    [[nodiscard]] bool matches(std::string_view ns, std::string_view name) const;

    [[nodiscard]] bool empty() const { return requirements_.empty(); }

private:
    struct requirement {
        bool of_namespace = false;
        bool wanted = true;
        std::string value;
    };

    std::vector<requirement> requirements_;
};

} // namespace simulator::api
