#include <soteria/base/digest.hpp>
#include <soteria/domain/plan.hpp>

namespace soteria::domain {

std::string plan::hash() const {
    const auto lasting = [this](const std::string& name) { return name == named_by_time ? std::string() : name; };
    std::string text = driver;
    for (const auto& each : steps)
        for (const auto& part : {each.step, each.action, each.object.kind, each.object.ns, lasting(each.object.name),
                                 each.detail, each.undo})
            text.append("\n").append(part);
    for (const auto& [key, value] : resolved)
        text.append("\n").append(key).append("=").append(lasting(value));
    return sha256_base32(text, 26);
}

void plan::rename(const std::string& name) {
    if (named_by_time.empty())
        return;
    for (auto& each : steps)
        if (each.object.name == named_by_time)
            each.object.name = name;
    for (auto& [key, value] : resolved)
        if (value == named_by_time)
            value = name;
    named_by_time = name;
}

} // namespace soteria::domain
