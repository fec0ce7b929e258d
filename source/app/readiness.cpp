#include "readiness.hpp"

#include <memory>

namespace soteria::app {

web::readiness_check remembered(std::string name, bool required, const clock& time,
                                std::function<std::string()> trouble) {
    web::readiness start;
    start.name = std::move(name);
    start.required = required;
    const auto state = std::make_shared<web::readiness>(std::move(start));
    return [state, &time, trouble = std::move(trouble)] {
        state->message = trouble();
        const bool ok = state->message.empty();
        if (!state->since || ok != state->ok)
            state->since = time.now();
        state->ok = ok;
        return *state;
    };
}

std::string longhorn_trouble(const longhorn::picture& picture) {
    if (picture.status.last_error)
        return "Longhorn does not give every answer (" + std::string(to_string(picture.status.last_error->code)) + ")";
    if (!picture.status.last_complete)
        return "Longhorn has not answered yet";
    return {};
}

std::string backup_target_trouble(const longhorn::picture& picture) {
    if (!picture.status.last_complete)
        return "Longhorn has not answered yet";
    for (const auto& target : *picture.targets.value)
        if (target.available)
            return {};
    return "Longhorn has no backup target that is available";
}

// The code alone: the sentence may name the endpoint or a Secret.
std::string repository_trouble(const restic::catalogue& catalogue) {
    if (catalogue.failing)
        return "restic's repository cannot be listed (" + catalogue.failing->code + ")";
    if (!catalogue.listed_at)
        return "restic's repository has not been listed yet";
    return {};
}

} // namespace soteria::app
