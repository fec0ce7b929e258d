#include <soteria/restic/catalogue.hpp>

#include <algorithm>

namespace soteria::restic {
namespace {

constexpr std::size_t full_id_length = 64;
constexpr std::size_t least_prefix = 8;    // the contract's; restic's own short ids have as many
constexpr std::size_t most_candidates = 5; // named in a refusal

using matches = std::vector<const snapshot*>;

matches with_prefix(const catalogue& in, std::string_view prefix, std::string snapshot::*which) {
    matches found;
    for (const auto& each : in.snapshots)
        if ((each.*which).starts_with(prefix))
            found.push_back(&each);
    return found;
}

failure ambiguous(std::string_view prefix, const matches& candidates) {
    std::string names;
    for (std::size_t each = 0; each < candidates.size() && each < most_candidates; ++each)
        names += (each == 0 ? "" : ", ") + candidates[each]->id.substr(0, full_id_length);
    if (candidates.size() > most_candidates)
        names += " and " + std::to_string(candidates.size() - most_candidates) + " more";
    return {errc::unprocessable,
            "\"" + std::string(prefix) + "\" begins the id of " + std::to_string(candidates.size()) +
                " snapshots: " + names + "; give more of it",
            "ambiguous_snapshot"};
}

failure unknown(std::string_view id) {
    return {errc::not_found, "the repository has no snapshot \"" + std::string(id.substr(0, full_id_length)) + "\"",
            "no_backup"};
}

} // namespace

std::map<domain::pvc_ref, std::vector<const snapshot*>> by_pvc(const catalogue& of) {
    std::map<domain::pvc_ref, std::vector<const snapshot*>> groups;
    for (const auto& each : of.snapshots)
        if (const auto pvc = each.pvc())
            groups[*pvc].push_back(&each);
    for (auto& [pvc, snapshots] : groups)
        std::ranges::stable_sort(snapshots, [](const auto* left, const auto* right) { return newer(*left, *right); });
    return groups;
}

const snapshot* latest_of(const std::vector<const snapshot*>& newest_first, std::string_view uid) {
    for (const auto* each : newest_first)
        if (!each->incomplete() && (uid.empty() || each->tag_value(uid_tag) == uid))
            return each;
    return nullptr;
}

result<const snapshot*> find(const catalogue& in, std::string_view id_or_prefix) {
    if (id_or_prefix.size() < least_prefix ||
        id_or_prefix.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return unknown(id_or_prefix);
    // What a snapshot is called now comes before what another was called once.
    for (const auto which : {&snapshot::id, &snapshot::original}) {
        const auto found = with_prefix(in, id_or_prefix, which);
        if (found.size() > 1)
            return ambiguous(id_or_prefix, found);
        if (found.size() == 1)
            return found.front();
    }
    return unknown(id_or_prefix);
}

} // namespace soteria::restic
