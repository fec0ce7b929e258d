// Reading typed fields out of JSON objects: absent (or null) is fine, another type is not.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::kube {

// Reads members of one object and remembers the first that has the wrong type, so that a decoder is a plain list of
// reads with one check at its end. Refers to `object`, which must outlive it.
class json_fields {
public:
    // `path` names the object in messages ("spec"); a null object has no members.
    json_fields(const boost::json::object* object, std::string path, std::optional<failure>& problem)
        : object_(object), path_(std::move(path)), problem_(problem) {}

    // The member object; without members where it is absent.
    [[nodiscard]] json_fields object(std::string_view name) const;

    // The members of an array of objects, in order; none where it is absent.
    [[nodiscard]] std::vector<json_fields> objects(std::string_view name) const;

    [[nodiscard]] const boost::json::object* raw() const { return object_; }

    [[nodiscard]] bool present() const { return object_ != nullptr; }

    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise = {}) const;
    [[nodiscard]] bool flag(std::string_view name) const; // false where it is absent
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
    [[nodiscard]] std::optional<instant> time(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
    [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view name) const;

private:
    // Null: absent.
    [[nodiscard]] const boost::json::value* find(std::string_view name) const;
    void wrong(std::string_view name, std::string_view wanted) const;

    const boost::json::object* object_;
    std::string path_;
    std::optional<failure>& problem_;
};

} // namespace soteria::kube
