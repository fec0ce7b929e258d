// What is in the repository, as it was listed last. An immutable value; how it is kept in the cluster as text.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/pvc.hpp>
#include <soteria/restic/snapshot.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::restic {

// Why the last look did not succeed.
struct trouble {
    std::string code;    // "wrong_password", "repository_unreachable", ... (verdict.hpp)
    std::string message; // a sentence
    instant since{};
    bool operator==(const trouble&) const = default;
};

struct catalogue {
    // When the last complete listing began; nullopt: never yet. What was added or taken away since may be missing.
    std::optional<instant> listed_at;
    // As of listed_at; false: there is no repository there yet (the first backup makes it).
    bool repository_exists = false;
    std::optional<trouble> failing; // nullopt: the last look succeeded
    // Newest first. Everything in the repository, also what Soteria did not make.
    std::vector<snapshot> snapshots;

    bool operator==(const catalogue&) const = default;
};

// The snapshots of one catalogue by PVC; those without one are left out. Newest first.
std::map<domain::pvc_ref, std::vector<const snapshot*>> by_pvc(const catalogue& of);

// The newest complete snapshot of that PVC; `uid` not empty: of that PVC object (made anew under the same name, it has
// none of the older one's). Null: none.
const snapshot* latest_of(const std::vector<const snapshot*>& newest_first, std::string_view uid);

// Finds by the full id (also the one before a change of tags) or by a unique prefix of at least 8 characters.
// not_found (no_backup), unprocessable (ambiguous_snapshot: names the candidates).
result<const snapshot*> find(const catalogue& in, std::string_view id_or_prefix);

// As texts of at most `most_bytes` each (a ConfigMap holds 1 MiB), and back: newest first, whatever the order was. A
// line a snapshot, for people who look; only a line that is longer than a text is spread over several, so decode()
// wants the texts of one encode() in their order, and takes those of several one after the other. bad_answer: not such
// texts.
std::vector<std::string> encode(const std::vector<snapshot>& snapshots, std::size_t most_bytes);
result<std::vector<snapshot>> decode(const std::vector<std::string>& texts);

} // namespace soteria::restic
