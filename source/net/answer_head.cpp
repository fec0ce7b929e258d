#include "answer_head.hpp"

#include <boost/algorithm/string/trim.hpp>

#include <charconv>
#include <string>

namespace soteria::net {

namespace {

constexpr std::size_t largest_head = 256UL * 1024;

std::string trimmed(std::string_view text) {
    return boost::algorithm::trim_copy(std::string(text));
}

// "HTTP/1.1 200 OK"; libcurl has checked its form.
int status_of(std::string_view line) {
    const auto blank = line.find(' ');
    int status = 0;
    if (blank != std::string_view::npos)
        std::from_chars(line.data() + blank + 1, line.data() + line.size(), status);
    return status;
}

} // namespace

bool answer_head::add_line(std::string_view line) {
    bytes_ += line.size();
    if (bytes_ > largest_head)
        return false;
    if (line.starts_with("HTTP/")) {
        status_ = status_of(line);
        headers_.clear();
        complete_ = false;
    } else if (complete_) {
        return true;
    } else if (line == "\r\n" || line == "\n") {
        complete_ = status_ >= 200;
    } else if (line.front() == ' ' || line.front() == '\t') {
        if (!headers_.empty())
            headers_.back().second += " " + trimmed(line);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        headers_.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return true;
}

} // namespace soteria::net
