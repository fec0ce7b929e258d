#include "preconditions.hpp"

#include <string_view>

namespace soteria::web {
namespace {

using tags = std::optional<std::vector<std::string>>;

failure malformed() {
    return {errc::invalid,
            "\"If-Match\" must be * or a list of entity tags; put the plan_hash in double quotes: If-Match: \"...\"",
            "invalid_if_match"};
}

std::string_view after_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool is_tag_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

// One entity tag off the front of `text`: false if there is none. A weak one is taken and not kept.
bool take_tag(std::string_view& text, std::vector<std::string>& strong) {
    const bool weak = text.starts_with("W/");
    if (weak)
        text.remove_prefix(2);
    if (!text.starts_with('"'))
        return false;
    text.remove_prefix(1);
    std::size_t length = 0;
    while (length < text.size() && is_tag_character(text[length]))
        ++length;
    if (length == text.size() || text[length] != '"')
        return false;
    if (!weak)
        strong.emplace_back(text.substr(0, length));
    text.remove_prefix(length + 1);
    return true;
}

result<tags> read_list(std::string_view text) {
    std::vector<std::string> strong;
    bool some = false;
    while (!(text = after_blanks(text)).empty()) {
        if (text.front() == ',') { // empty elements are allowed
            text.remove_prefix(1);
            continue;
        }
        if (!take_tag(text, strong))
            return malformed();
        some = true;
        text = after_blanks(text);
        if (!text.empty() && text.front() != ',')
            return malformed();
    }
    if (!some)
        return malformed();
    return tags(std::move(strong));
}

} // namespace

result<tags> expected_plans(const request& asked) {
    // Several lines are one list.
    std::optional<std::string> all;
    for (const auto& value : asked.header_values("If-Match"))
        all = all ? *all + "," + std::string(value) : std::string(value);
    if (!all)
        return tags();
    const auto text = after_blanks(*all);
    if (!text.empty() && text.front() == '*')
        return after_blanks(text.substr(1)).empty() ? result<tags>(tags()) : result<tags>(malformed());
    return read_list(text);
}

} // namespace soteria::web
