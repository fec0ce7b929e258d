#include "duplicates.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <set>
#include <vector>

namespace soteria::web {
namespace {

namespace json = boost::json;

// What basic_parser calls; only objects and their keys matter.
struct key_watcher {
    using error_code = json::error_code;
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    std::vector<std::set<std::string>> open_objects;
    std::string key;
    std::optional<std::string> duplicate;

    bool on_object_begin(error_code&) {
        open_objects.emplace_back();
        return true;
    }

    bool on_object_end(std::size_t, error_code&) {
        open_objects.pop_back();
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        key.append(part.data(), part.size());
        return true;
    }

    bool on_key(json::string_view part, std::size_t, error_code&) {
        key.append(part.data(), part.size());
        if (!open_objects.back().insert(key).second && !duplicate)
            duplicate = key;
        key.clear();
        return true;
    }

    bool on_document_begin(error_code&) { return true; }

    bool on_document_end(error_code&) { return true; }

    bool on_array_begin(error_code&) { return true; }

    bool on_array_end(std::size_t, error_code&) { return true; }

    bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }

    bool on_string(json::string_view, std::size_t, error_code&) { return true; }

    bool on_number_part(json::string_view, error_code&) { return true; }

    bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }

    bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }

    bool on_double(double, json::string_view, error_code&) { return true; }

    bool on_bool(bool, error_code&) { return true; }

    bool on_null(error_code&) { return true; }

    bool on_comment_part(json::string_view, error_code&) { return true; }

    bool on_comment(json::string_view, error_code&) { return true; }
};

} // namespace

std::optional<std::string> duplicate_key(std::string_view text) {
    json::basic_parser<key_watcher> parser{json::parse_options()};
    json::error_code error;
    parser.write_some(false, text.data(), text.size(), error);
    return parser.handler().duplicate;
}

} // namespace soteria::web
