// Text into values, one function a shape. Each returns what is wrong, as the end of a sentence whose subject is the
// variable, or nothing.
#pragma once

#include <soteria/config/settings.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::config {

using problem = std::optional<std::string>;

// Without the blanks at both ends.
std::string_view trimmed(std::string_view text);
// Comma-separated; blanks trimmed, empty items left out.
std::vector<std::string> comma_list(std::string_view text);

problem parse_bool(bool& into, std::string_view text);
problem parse_whole(std::int64_t& into, std::string_view text, std::int64_t least, std::int64_t most);
problem parse_hours(std::chrono::duration<double>& into, std::string_view text);
// A quantity ("10Gi") or plain bytes, more than none.
problem parse_bytes(std::int64_t& into, std::string_view text);
problem parse_word(std::string& into, std::string_view text, std::initializer_list<std::string_view> allowed);
// An http or https URL without user, query and fragment; slashes at its end are cut off.
problem parse_url(std::string& into, std::string_view text);
problem parse_listen(std::string& into, std::string_view text);
problem parse_networks(std::vector<network>& into, std::string_view text);
problem parse_tokens(std::vector<secret_string>& into, std::string_view text);
problem parse_selector(std::map<std::string, std::string>& into, std::string_view text);
// An object's name as Kubernetes takes it (a DNS subdomain).
problem parse_object_name(std::string& into, std::string_view text);
// A comma-separated list of them.
problem parse_object_names(std::vector<std::string>& into, std::string_view text);
// A quantity above zero, kept as it is written; `example` goes into the sentence.
problem parse_amount(std::string& into, std::string_view text, std::string_view example);
// Words separated by blanks.
problem parse_words(std::vector<std::string>& into, std::string_view text);

template <class Duration>
problem parse_duration(Duration& into, std::string_view text, std::int64_t least, std::int64_t most,
                       Duration one_unit) {
    std::int64_t count = 0;
    auto wrong = parse_whole(count, text, least, most);
    if (!wrong)
        into = one_unit * count;
    return wrong;
}

} // namespace soteria::config
