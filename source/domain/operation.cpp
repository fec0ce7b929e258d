#include <soteria/domain/operation.hpp>

#include <algorithm>
#include <array>

namespace soteria::domain {
namespace {

template <class Enum>
struct named {
    Enum value;
    std::string_view name;
};

constexpr std::array kinds{
    named<operation_kind>{operation_kind::backup, "backup"},
    named<operation_kind>{operation_kind::restore, "restore"},
    named<operation_kind>{operation_kind::restore_test, "restore_test"},
};
constexpr std::array phases{
    named<operation_phase>{operation_phase::queued, "Queued"},
    named<operation_phase>{operation_phase::running, "Running"},
    named<operation_phase>{operation_phase::rolling_back, "RollingBack"},
    named<operation_phase>{operation_phase::succeeded, "Succeeded"},
    named<operation_phase>{operation_phase::incomplete, "Incomplete"},
    named<operation_phase>{operation_phase::failed, "Failed"},
    named<operation_phase>{operation_phase::cancelled, "Cancelled"},
};
constexpr std::array step_states{
    named<step_state>{step_state::pending, "pending"}, named<step_state>{step_state::running, "running"},
    named<step_state>{step_state::done, "done"},       named<step_state>{step_state::failed, "failed"},
    named<step_state>{step_state::undone, "undone"},   named<step_state>{step_state::undo_failed, "undo_failed"},
};

template <class Enum, std::size_t N>
std::string_view name_in(const std::array<named<Enum>, N>& table, Enum value) {
    const auto found = std::ranges::find(table, value, &named<Enum>::value);
    return found == table.end() ? std::string_view("unknown") : found->name;
}

template <class Enum, std::size_t N>
std::optional<Enum> value_in(const std::array<named<Enum>, N>& table, std::string_view name) {
    const auto found = std::ranges::find(table, name, &named<Enum>::name);
    return found == table.end() ? std::nullopt : std::optional(found->value);
}

} // namespace

std::string_view to_string(operation_kind kind) {
    return name_in(kinds, kind);
}

std::string_view to_string(operation_phase phase) {
    return name_in(phases, phase);
}

std::string_view to_string(step_state state) {
    return name_in(step_states, state);
}

std::optional<operation_kind> parse_operation_kind(std::string_view text) {
    return value_in(kinds, text);
}

std::optional<operation_phase> parse_operation_phase(std::string_view text) {
    return value_in(phases, text);
}

std::optional<step_state> parse_step_state(std::string_view text) {
    return value_in(step_states, text);
}

bool finished(operation_phase phase) {
    return phase == operation_phase::succeeded || phase == operation_phase::incomplete ||
           phase == operation_phase::failed || phase == operation_phase::cancelled;
}

std::string operation::id() const {
    return std::string(kind == operation_kind::backup ? "backup" : "restore") + "." + ns + "." + name;
}

const step* operation::find_step(std::string_view step_name) const {
    const auto found = std::ranges::find(steps, step_name, &step::name);
    return found == steps.end() ? nullptr : &*found;
}

std::string operation::fact(std::string_view key) const {
    const auto found = facts.find(std::string(key));
    return found == facts.end() ? std::string() : found->second;
}

std::optional<operation_key> parse_operation_id(std::string_view id) {
    const auto first = id.find('.');
    if (first == std::string_view::npos)
        return std::nullopt;
    const auto second = id.find('.', first + 1);
    if (second == std::string_view::npos || second == first + 1 || second + 1 == id.size())
        return std::nullopt;
    const auto kind = id.substr(0, first);
    if (kind != "backup" && kind != "restore")
        return std::nullopt;
    return operation_key{kind == "backup" ? operation_kind::backup : operation_kind::restore,
                         std::string(id.substr(first + 1, second - first - 1)), std::string(id.substr(second + 1))};
}

} // namespace soteria::domain
