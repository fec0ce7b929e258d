// Cuts what comes in pieces into lines and, where restic lists snapshots (one line, as long as the list), into the
// objects of that list. Pure; holds at most one line or one object.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace soteria::restic {

class line_cutter {
public:
    // A longer line is left out, and so is a longer object of a list.
    static constexpr std::size_t most_bytes = 1u << 20;

    struct receiver {
        std::function<void(std::string_view)> line;
        std::function<void(std::size_t)> too_long; // its size
        std::function<void(std::string_view)> element;
        std::function<void()> list_end;
    };

    explicit line_cutter(receiver to) : to_(std::move(to)) {}

    void feed(std::string_view piece);
    // The last line may lack its end. False: a list has begun and has not ended.
    bool finish();

private:
    enum class mode {
        line,
        list,       // between two elements
        element,    // inside of one
        after_list, // the rest of its line
    };

    void take(char each);
    void take_of_line(char each);
    void take_of_list(char each);
    void take_of_element(char each);
    void end_line();
    void keep(char each);

    receiver to_;
    mode mode_ = mode::line;
    std::string kept_;
    std::size_t size_ = 0; // of the line or element, also where it is too long to be kept
    int depth_ = 0;
    bool in_text_ = false;
    bool escaped_ = false;
};

} // namespace soteria::restic
