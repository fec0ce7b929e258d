#include <soteria/longhorn/claim_index.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>

namespace soteria::longhorn {

std::set<std::string> claim_index::volumes_that_name(const std::shared_ptr<const picture>& in,
                                                     const claim_name& claim) {
    if (in != picture_) {
        absorb(*in);
        picture_ = in;
    }
    const auto found = volumes_.find(claim);
    return found == volumes_.end() ? std::set<std::string>() : found->second;
}

void claim_index::absorb(const picture& present) {
    ++pictures_;
    for (const auto& [volume, listed] : present.backups) {
        auto& known = entries_[volume];
        known.seen = pictures_;
        if (known.read != listed.value) {
            forget(volume, known);
            read(volume, known, listed.value);
        }
    }
    for (auto each = entries_.begin(); each != entries_.end();) {
        const bool gone = each->second.seen != pictures_;
        if (gone)
            forget(each->first, each->second);
        each = gone ? entries_.erase(each) : std::next(each);
    }
}

// Backups of one volume carry the same text as long as its PVC lives: it is read once.
void claim_index::read(const std::string& volume, entry& into, std::shared_ptr<const backup_list> list) {
    static const std::string status_label = "KubernetesStatus";
    const std::string* last = nullptr;
    into.claims.clear();
    for (const auto& backup : *list) {
        const auto label = backup.labels.find(status_label);
        if (label == backup.labels.end() || (last != nullptr && *last == label->second))
            continue;
        last = &label->second;
        const auto recorded = recorded_claim_of(backup.labels);
        if (!recorded)
            continue;
        claim_name name(recorded->ns, recorded->pvc);
        if (std::ranges::find(into.claims, name) != into.claims.end())
            continue;
        volumes_[name].insert(volume);
        into.claims.push_back(std::move(name));
    }
    into.read = std::move(list);
}

void claim_index::forget(const std::string& volume, const entry& known) {
    for (const auto& name : known.claims) {
        const auto found = volumes_.find(name);
        found->second.erase(volume);
        if (found->second.empty())
            volumes_.erase(found);
    }
}

} // namespace soteria::longhorn
