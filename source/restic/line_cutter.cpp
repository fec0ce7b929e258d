#include "line_cutter.hpp"

namespace soteria::restic {
namespace {

bool is_blank(char each) {
    return each == ' ' || each == '\t' || each == '\r';
}

} // namespace

void line_cutter::feed(std::string_view piece) {
    for (const char each : piece)
        take(each);
}

bool line_cutter::finish() {
    if (mode_ == mode::list || mode_ == mode::element)
        return false;
    if (size_ > 0)
        end_line();
    return true;
}

void line_cutter::take(char each) {
    switch (mode_) {
    case mode::line:
        return take_of_line(each);
    case mode::list:
        return take_of_list(each);
    case mode::element:
        return take_of_element(each);
    case mode::after_list:
        if (each == '\n')
            mode_ = mode::line;
        return;
    }
}

void line_cutter::keep(char each) {
    ++size_;
    if (kept_.size() < most_bytes)
        kept_ += each;
}

// "[{" or "[]" begins a list. "[0:00] 100.00%  2 / 2 files deleted" does not: that is restic counting in words.
void line_cutter::take_of_line(char each) {
    if (each == '\n')
        return end_line();
    if (kept_ == "[" && size_ == 1 && (each == '{' || each == ']')) {
        kept_.clear();
        size_ = 0;
        mode_ = mode::list;
        return take_of_list(each);
    }
    if (size_ == 0 && is_blank(each))
        return;
    keep(each);
}

void line_cutter::end_line() {
    if (size_ > most_bytes)
        to_.too_long(size_);
    else if (size_ > 0)
        to_.line(kept_);
    kept_.clear();
    size_ = 0;
}

void line_cutter::take_of_list(char each) {
    if (each == ']') {
        mode_ = mode::after_list;
        to_.list_end();
    } else if (each == '{') {
        mode_ = mode::element;
        depth_ = 0;
        in_text_ = escaped_ = false;
        take_of_element(each);
    }
}

void line_cutter::take_of_element(char each) {
    keep(each);
    if (in_text_) {
        in_text_ = escaped_ || each != '"';
        escaped_ = !escaped_ && each == '\\';
        return;
    }
    if (each == '"')
        in_text_ = true;
    else if (each == '{' || each == '[')
        ++depth_;
    else if (each == '}' || each == ']')
        --depth_;
    if (depth_ > 0)
        return;
    if (size_ > most_bytes)
        to_.too_long(size_);
    else
        to_.element(kept_);
    kept_.clear();
    size_ = 0;
    mode_ = mode::list;
}

} // namespace soteria::restic
