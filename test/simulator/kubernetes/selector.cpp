#include "test/simulator/kubernetes/selector.hpp"

#include "test/simulator/kubernetes/status.hpp"

#include <algorithm>

namespace simulator::api {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// At the commas that stand outside of parentheses.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t start = 0;
    int depth = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || (text[i] == ',' && depth == 0)) {
            const auto part = trimmed(text.substr(start, i - start));
            if (!part.empty()) {
                parts.push_back(part);
            }
            start = i + 1;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')') {
            --depth;
        }
    }
    return parts;
}

struct comparison {
    std::string_view key;
    std::string_view value;
    bool equal = true;
};

// key=value, key==value, key!=value; an empty key if there is no such sign.
comparison compared(std::string_view text) {
    const auto sign = text.find('=');
    if (sign == std::string_view::npos) {
        return {};
    }
    comparison parts;
    parts.equal = sign == 0 || text[sign - 1] != '!';
    parts.key = trimmed(text.substr(0, parts.equal ? sign : sign - 1));
    const auto after = sign + 1 < text.size() && text[sign + 1] == '=' && parts.equal ? sign + 2 : sign + 1;
    parts.value = trimmed(text.substr(after));
    return parts;
}

} // namespace

label_selector::label_selector(std::string_view text) {
    for (const auto part : split(text)) {
        requirement wanted;
        const auto open = part.find('(');
        const auto parts = compared(part);
        if (open != std::string_view::npos && part.back() == ')') {
            const auto head = trimmed(part.substr(0, open));
            const auto blank = head.find(' ');
            const auto sign = blank == std::string_view::npos ? std::string_view() : trimmed(head.substr(blank));
            if (sign != "in" && sign != "notin") {
                throw bad_request("unable to parse requirement: found '" + std::string(sign) +
                                  "', expected: in, notin, =, ==, !=, gt, lt");
            }
            wanted.key = head.substr(0, blank);
            wanted.wanted = sign == "in";
            for (const auto value : split(part.substr(open + 1, part.size() - open - 2))) {
                wanted.values.emplace_back(value);
            }
        } else if (!parts.key.empty()) {
            if (parts.value.find('=') != std::string_view::npos) {
                throw bad_request("unable to parse requirement: found '=', expected: identifier");
            }
            wanted.key = parts.key;
            wanted.wanted = parts.equal;
            wanted.values.emplace_back(parts.value);
        } else if (part.find('=') != std::string_view::npos) {
            throw bad_request("found '=', expected: !, identifier, or 'end of string'");
        } else {
            wanted.exists_only = true;
            wanted.wanted = part.front() != '!';
            wanted.key = trimmed(wanted.wanted ? part : part.substr(1));
        }
        requirements_.push_back(std::move(wanted));
    }
}

bool label_selector::matches(const labels& of) const {
    return std::all_of(requirements_.begin(), requirements_.end(), [&of](const requirement& wanted) {
        const auto found =
            std::find_if(of.begin(), of.end(), [&wanted](const auto& label) { return label.first == wanted.key; });
        bool holds = found != of.end();
        if (holds && !wanted.exists_only) {
            holds = std::find(wanted.values.begin(), wanted.values.end(), found->second) != wanted.values.end();
        }
        return holds == wanted.wanted;
    });
}

field_selector::field_selector(std::string_view text, const std::set<std::string_view>& also) {
    for (const auto part : split(text)) {
        const auto parts = compared(part);
        if (parts.key.empty()) {
            throw bad_request("invalid selector: '" + std::string(text) + "'; can't understand '" + std::string(part) +
                              "'");
        }
        if (parts.key != "metadata.name" && parts.key != "metadata.namespace" && !also.contains(parts.key)) {
            throw bad_request("\"" + std::string(parts.key) +
                              "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
        }
        requirement wanted;
        wanted.field = parts.key;
        wanted.wanted = parts.equal;
        wanted.value = parts.value;
        requirements_.push_back(std::move(wanted));
    }
}

bool field_selector::matches(const reader& value_of) const {
    return std::all_of(requirements_.begin(), requirements_.end(), [&value_of](const requirement& wanted) {
        return (value_of(wanted.field) == wanted.value) == wanted.wanted;
    });
}

} // namespace simulator::api
