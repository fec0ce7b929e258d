// Text that must never be printed.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace soteria {

// Has no operator<<, no formatter and no conversion: whoever needs the text says reveal() aloud.
class secret_string {
public:
    secret_string() = default;

    explicit secret_string(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] std::string_view reveal() const { return text_; }

    [[nodiscard]] bool empty() const { return text_.empty(); }

    bool operator==(const secret_string&) const = default;

private:
    std::string text_;
};

} // namespace soteria
