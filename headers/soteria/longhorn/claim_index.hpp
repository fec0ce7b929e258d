// Which volumes have backups of a PVC: asked with every restore and every list of backups, among all backups there are.
#pragma once

#include <soteria/longhorn/poller.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace soteria::longhorn {

// Reads the labels of those backup lists only that are not the ones it read last (the poller keeps a list that has not
// changed). Single-threaded.
class claim_index {
public:
    using claim_name = std::pair<std::string, std::string>; // namespace and name

    // Volumes with at least one backup, complete or not, that records to be made of this PVC; in their order.
    std::set<std::string> volumes_that_name(const std::shared_ptr<const picture>& in, const claim_name& claim);

private:
    struct entry {
        std::shared_ptr<const backup_list> read;
        std::vector<claim_name> claims; // one, as a rule
        std::uint64_t seen = 0;
    };

    void absorb(const picture& present);
    void read(const std::string& volume, entry& into, std::shared_ptr<const backup_list> list);
    void forget(const std::string& volume, const entry& known);

    std::shared_ptr<const picture> picture_;
    std::uint64_t pictures_ = 0;
    std::unordered_map<std::string, entry> entries_; // by volume
    std::map<claim_name, std::set<std::string>> volumes_;
};

} // namespace soteria::longhorn
