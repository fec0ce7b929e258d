// labelSelector and fieldSelector.
#pragma once

#include <functional>
#include <set>
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

// metadata.name and metadata.namespace, and of some kinds further fields, with =, == and !=.
class field_selector {
public:
    // A field's value, by its path as written in a selector.
    using reader = std::function<std::string(const std::string&)>;

    field_selector() = default;
    // `also`: the fields that the kind knows beyond these two. Throws refused (400) for others.
    field_selector(std::string_view text, const std::set<std::string_view>& also);
    [[nodiscard]] bool matches(const reader& value_of) const;

    [[nodiscard]] bool empty() const { return requirements_.empty(); }

private:
    struct requirement {
        std::string field;
        bool wanted = true;
        std::string value;
    };

    std::vector<requirement> requirements_;
};

} // namespace simulator::api
