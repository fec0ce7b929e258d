#include <soteria/operations/conflicts.hpp>

namespace soteria::operations {
namespace {

constexpr std::string_view before_id = "the operation ";
constexpr const char* reason = "operation_running";

} // namespace

failure operation_running(const std::string& id, std::string_view where) {
    return {errc::conflict,
            std::string(before_id) + id + " is at work " + std::string(where) + " already; wait for it or cancel it",
            reason};
}

std::string running_operation(const failure& refusal) {
    const auto at = refusal.message.find(before_id);
    if (refusal.reason != reason || at == std::string::npos)
        return {};
    const auto begin = at + before_id.size();
    return refusal.message.substr(begin, refusal.message.find(' ', begin) - begin); // no id holds a blank
}

} // namespace soteria::operations
