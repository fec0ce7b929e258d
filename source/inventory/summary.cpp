#include <soteria/inventory/longhorn_view.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>

namespace soteria::inventory {
namespace {

constexpr std::string_view status_label = "KubernetesStatus";

// True if it is the newest so far.
bool count(known_backups& into, const longhorn::backup& one) {
    ++into.count;
    const auto at = one.snapshot_created_at ? one.snapshot_created_at : one.created_at;
    if (into.newest_at && at <= into.newest_at)
        return false;
    into.newest_at = at;
    into.newest_size_bytes = one.size_bytes;
    return true;
}

claim_backups& part_of(volume_backups& into, const domain::pvc_ref& claim) {
    const auto found = std::ranges::find(into.by_claim, claim, &claim_backups::claim);
    if (found != into.by_claim.end())
        return *found;
    auto& made = into.by_claim.emplace_back();
    made.claim = claim;
    return made;
}

// Reads a label once for all backups that carry the same text.
class claim_reader {
public:
    const std::optional<domain::pvc_ref>& read(const longhorn::backup& one) {
        const auto label = one.labels.find(std::string(status_label));
        const std::string_view text = label == one.labels.end() ? std::string_view() : label->second;
        if (text != text_) {
            text_ = text;
            const auto recorded = longhorn::recorded_claim_of(one.labels);
            claim_.reset();
            if (recorded)
                claim_ = domain::pvc_ref{recorded->ns, recorded->pvc};
        }
        return claim_;
    }

private:
    std::string_view text_;
    std::optional<domain::pvc_ref> claim_;
};

} // namespace

volume_backups summarise(std::shared_ptr<const longhorn::backup_list> list) {
    volume_backups sum;
    claim_reader claims;
    for (const auto& each : *list) {
        if (sum.target.empty())
            sum.target = each.target;
        if (!each.completed())
            continue;
        count(sum.all, each);
        const auto& claim = claims.read(each);
        if (!claim)
            continue;
        auto& part = part_of(sum, *claim);
        if (count(part.backups, each))
            part.volume_size_bytes = each.volume_size_bytes;
    }
    sum.source = std::move(list);
    return sum;
}

} // namespace soteria::inventory
