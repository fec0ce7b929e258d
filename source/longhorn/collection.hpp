// The events of boost::json's parser, sorted: items of "data" become values one at a time, the rest is skipped unread.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/json/basic_parser.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace soteria::longhorn {

// A handler of boost::json::basic_parser. Errors of its own are kept in `error` and stop the parser.
class collection_handler {
public:
    // Boost.JSON's names.
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    using take_item = std::function<result<void>(const boost::json::object&)>;

    collection_handler(std::span<const std::string_view> members, take_item take)
        : members_(members), take_(std::move(take)) {}

    bool saw_data = false;
    std::string type;          // of the whole: "collection", or "error"
    std::string resource_type; // of the items
    std::optional<failure> error;

    using error_code = boost::json::error_code;
    using text = boost::json::string_view;

    bool on_document_begin(error_code&) { return true; }

    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code& ec) { return begin(false, ec); }

    bool on_object_end(std::size_t count, error_code& ec) { return end(false, count, ec); }

    bool on_array_begin(error_code& ec) { return begin(true, ec); }

    bool on_array_end(std::size_t count, error_code& ec) { return end(true, count, ec); }

    bool on_key_part(text part, std::size_t, error_code&);
    bool on_key(text part, std::size_t, error_code&);
    bool on_string_part(text part, std::size_t, error_code&);
    bool on_string(text part, std::size_t, error_code& ec);

    bool on_number_part(text, error_code&) { return true; }

    bool on_int64(std::int64_t number, text, error_code& ec);
    bool on_uint64(std::uint64_t number, text, error_code& ec);
    bool on_double(double number, text, error_code& ec);
    bool on_bool(bool flag, error_code& ec);
    bool on_null(error_code& ec);

    bool on_comment_part(text, error_code&) { return true; }

    bool on_comment(text, error_code&) { return true; }

private:
    [[nodiscard]] bool in_item() const { return in_data_ && depth_ >= 2; }

    [[nodiscard]] bool keeps() const { return in_item() && skip_depth_ == 0; }

    bool begin(bool array, error_code& ec);
    bool end(bool array, std::size_t count, error_code& ec);
    bool scalar_done(error_code& ec);
    bool item_done(error_code& ec);
    bool fail(std::string message, error_code& ec);

    std::span<const std::string_view> members_;
    take_item take_;
    int depth_ = 0;      // open containers: 1 in the collection, 2 in "data", 3 in an item
    int skip_depth_ = 0; // an unread member of an item is being skipped, which lies at this depth; 0: none
    bool in_data_ = false;
    std::size_t kept_members_ = 0; // of the item
    std::string key_;              // being read, while nothing is skipped
    std::string outer_key_;        // of the collection's member being read
    std::string outer_text_;
    std::array<unsigned char, 16UL * 1024> buffer_{};
    boost::json::monotonic_resource memory_{buffer_.data(), buffer_.size()};
    boost::json::value_stack stack_;
    bool stack_ready_ = false;
};

} // namespace soteria::longhorn
