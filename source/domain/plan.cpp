#include <soteria/base/digest.hpp>
#include <soteria/domain/plan.hpp>

namespace soteria::domain {

std::string plan::hash() const {
    std::string text = driver;
    for (const auto& each : steps)
        for (const auto* part : {&each.step, &each.action, &each.object.kind, &each.object.ns, &each.object.name,
                                 &each.detail, &each.undo})
            text.append("\n").append(*part);
    for (const auto& [key, value] : resolved)
        text.append("\n").append(key).append("=").append(value);
    return sha256_base32(text, 26);
}

} // namespace soteria::domain
