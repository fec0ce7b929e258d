// A catalogue's snapshots as texts: a line of JSON each, with short names, as there may be many.
#include "fields.hpp"

#include <soteria/base/utf8.hpp>
#include <soteria/restic/catalogue.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace soteria::restic {

namespace json = boost::json;

namespace {

json::array as_array(const std::vector<std::string>& texts) {
    json::array all;
    for (const auto& each : texts)
        all.emplace_back(each);
    return all;
}

std::string as_line(const snapshot& one) {
    json::object line{{"id", one.id}, {"time", format_rfc3339_micro(one.time)}, {"hostname", one.host}};
    if (!one.original.empty())
        line["original"] = one.original;
    if (!one.tags.empty())
        line["tags"] = as_array(one.tags);
    if (!one.paths.empty())
        line["paths"] = as_array(one.paths);
    if (one.size_bytes)
        line["size"] = *one.size_bytes;
    return json::serialize(line) + "\n";
}

// As much of `text` as fits, never cut inside a character: a ConfigMap's value must be UTF-8.
std::size_t fitting(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes)
        return text.size();
    std::size_t end = most_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return end == 0 ? most_bytes : end;
}

failure unreadable(std::string_view line) {
    return {errc::bad_answer, "The catalogue of the repository holds a line that is none of ours: \"" +
                                  as_utf8(line.substr(0, 80)) + "\"; delete its ConfigMaps, and they are made anew."};
}

result<snapshot> from_line(std::string_view line) {
    boost::system::error_code broken;
    const auto value = json::parse(line, broken);
    if (broken || !value.is_object())
        return unreadable(line);
    auto one = decode_snapshot(value.get_object());
    if (!one)
        return unreadable(line);
    one->size_bytes = count_member(value.get_object(), "size");
    return one;
}

} // namespace

std::vector<std::string> encode(const std::vector<snapshot>& snapshots, std::size_t most_bytes) {
    most_bytes = std::max<std::size_t>(most_bytes, 4); // the longest character
    std::vector<std::string> texts;
    for (const auto& each : snapshots) {
        const auto line = as_line(each);
        std::string_view rest = line;
        if (texts.empty() || texts.back().size() + rest.size() > most_bytes)
            texts.emplace_back();
        while (!rest.empty()) {
            const auto size = fitting(rest, most_bytes - texts.back().size());
            texts.back() += rest.substr(0, size);
            rest.remove_prefix(size);
            if (!rest.empty())
                texts.emplace_back();
        }
    }
    return texts;
}

result<std::vector<snapshot>> decode(const std::vector<std::string>& texts) {
    std::vector<snapshot> all;
    std::string line;
    for (const auto& text : texts) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            line += rest.substr(0, end);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (end == std::string_view::npos)
                break;
            auto one = from_line(line);
            if (!one)
                return one.error();
            all.push_back(std::move(*one));
            line.clear();
        }
    }
    if (!line.empty())
        return unreadable(line);
    std::ranges::sort(all, newer);
    return all;
}

} // namespace soteria::restic
