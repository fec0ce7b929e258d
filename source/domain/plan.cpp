#include <soteria/base/digest.hpp>
#include <soteria/domain/plan.hpp>

namespace soteria::domain {
namespace {

// Also where it is a part of another name ("soteria-<job>-restic").
std::string replaced(std::string text, const std::string& name, const std::string& by) {
    const auto at = name.empty() ? std::string::npos : text.find(name);
    return at == std::string::npos ? text : text.replace(at, name.size(), by);
}

} // namespace

std::string plan::hash() const {
    const auto lasting = [this](const std::string& text) { return replaced(text, named_by_time, ""); };
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
        each.object.name = replaced(each.object.name, named_by_time, name);
    for (auto& [key, value] : resolved)
        value = replaced(value, named_by_time, name);
    named_by_time = name;
}

} // namespace soteria::domain
