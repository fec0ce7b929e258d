#include "compare.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace replay {

namespace bj = boost::json;

namespace {

// Of these only a part is in the recordings: there or not there is all that can be compared.
constexpr std::array<std::string_view, 2> cut_down{"replicas", "attachments"};
// Free maps, and actions, of which the recordings keep some.
constexpr std::array<std::string_view, 4> free_maps{"actions", "labels", "messages", "children"};
constexpr std::array<std::string_view, 38> telling{"type",
                                                   "resourceType",
                                                   "id",
                                                   "name",
                                                   "state",
                                                   "robustness",
                                                   "ready",
                                                   "restoreRequired",
                                                   "restoreInitiated",
                                                   "accessMode",
                                                   "dataEngine",
                                                   "available",
                                                   "readyToUse",
                                                   "status",
                                                   "code",
                                                   "snapshotName",
                                                   "volumeName",
                                                   "volume",
                                                   "backupTargetName",
                                                   "backupMode",
                                                   "url",
                                                   "fromBackup",
                                                   "numberOfReplicas",
                                                   "frontend",
                                                   "disableFrontend",
                                                   "pvName",
                                                   "pvStatus",
                                                   "pvcName",
                                                   "namespace",
                                                   "encrypted",
                                                   "value",
                                                   "self",
                                                   "backupTargetURL",
                                                   "credentialSecret",
                                                   "pollInterval",
                                                   "reason",
                                                   "createSnapshot",
                                                   "requestedBackupRestore"};

bool contains(const auto& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
}

class comparison {
public:
    std::vector<std::string> found;

    void values(const std::string& path, std::string_view key, const bj::value& recorded, const bj::value& simulated) {
        if (contains(cut_down, key)) {
            if (recorded.is_array() && recorded.as_array().empty() != simulated.as_array().empty()) {
                found.push_back(path + " is empty either in the recording or here.");
            }
        } else if (kind(recorded) != kind(simulated)) {
            found.push_back(path + " is " + bj::serialize(recorded).substr(0, 200) + " in the recording and " +
                            bj::serialize(simulated).substr(0, 200) + " here.");
        } else if (recorded.is_object()) {
            objects(path, key, recorded.as_object(), simulated.as_object());
        } else if (recorded.is_array()) {
            arrays(path, recorded.as_array(), simulated.as_array());
        } else if (contains(telling, key) && recorded != simulated) {
            found.push_back(path + " is " + bj::serialize(recorded) + " in the recording and " +
                            bj::serialize(simulated) + " here.");
        }
    }

private:
    static bj::kind kind(const bj::value& of) { return of.is_number() ? bj::kind::double_ : of.kind(); }

    void objects(const std::string& path, std::string_view key, const bj::object& recorded,
                 const bj::object& simulated) {
        const bool reduced = contains(free_maps, key);
        for (const auto& [name, value] : recorded) {
            const auto* other = simulated.if_contains(name);
            if (other != nullptr) {
                values(path + "." + std::string(name), name, value, *other);
            } else if (!reduced || key == "actions") {
                found.push_back(path + "." + std::string(name) + " is missing here.");
            }
        }
        for (const auto& [name, value] : simulated) {
            if (!reduced && !recorded.contains(name)) {
                found.push_back(path + "." + std::string(name) + " is not in the recording.");
            }
        }
        if (recorded.contains("type") && recorded.at("type") == "error" &&
            recorded.at("message") != simulated.at("message")) {
            found.push_back("The error is " + bj::serialize(recorded.at("message")) + " in the recording and " +
                            bj::serialize(simulated.at("message")) + " here.");
        }
    }

    void arrays(const std::string& path, const bj::array& recorded, const bj::array& simulated) {
        if (recorded.size() != simulated.size()) {
            found.push_back(path + " has " + std::to_string(recorded.size()) + " members in the recording and " +
                            std::to_string(simulated.size()) + " here.");
        }
        for (std::size_t index = 0; index < std::min(recorded.size(), simulated.size()); ++index) {
            values(path + "[" + std::to_string(index) + "]", "", recorded[index], simulated[index]);
        }
    }
};

} // namespace

std::vector<std::string> differences(const bj::value& recorded, const bj::value& simulated) {
    comparison all;
    all.values("answer", "", recorded, simulated);
    return all.found;
}

} // namespace replay
