// Which claim is meant: an identity, never a bare string.
#pragma once

#include <compare>
#include <string>

namespace soteria::domain {

struct pvc_ref {
    std::string ns;
    std::string name;
    auto operator<=>(const pvc_ref&) const = default;

    // "ai/llm-cache"
    [[nodiscard]] std::string text() const { return ns + "/" + name; }
};

} // namespace soteria::domain
