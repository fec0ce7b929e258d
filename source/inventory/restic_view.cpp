#include <soteria/inventory/restic_view.hpp>

#include <algorithm>

namespace soteria::inventory {
namespace {

const known_backups nothing_known;

void count(known_backups& into, const restic::snapshot& one) {
    ++into.count;
    if (into.newest_at && one.time <= *into.newest_at)
        return;
    into.newest_at = one.time;
    into.newest_size_bytes = one.size_bytes;
}

void count(restic_view::claim_backups& into, const restic::snapshot& one) {
    count(into.all, one);
    auto uid = one.tag_value(restic::uid_tag);
    const auto found = std::ranges::find(into.by_uid, uid, [](const auto& each) { return each.first; });
    if (found != into.by_uid.end())
        return count(found->second, one);
    into.by_uid.emplace_back(std::move(uid), known_backups());
    count(into.by_uid.back().second, one);
}

} // namespace

bool restic_view::absorb(const std::shared_ptr<const restic::catalogue>& catalogue, std::size_t amount) {
    if (catalogue == catalogue_)
        return false;
    if (catalogue != coming_) {
        coming_ = catalogue;
        growing_.clear();
        next_ = 0;
    }
    const auto& all = coming_->snapshots;
    for (; next_ < all.size() && amount > 0; ++next_, --amount) {
        if (all[next_].incomplete())
            continue;
        const auto pvc = all[next_].pvc();
        if (pvc)
            count(growing_[*pvc], all[next_]);
    }
    if (next_ < all.size())
        return true;
    catalogue_ = std::move(coming_);
    claims_ = std::move(growing_);
    coming_.reset();
    growing_.clear();
    return false;
}

std::string restic_view::doubt(instant now) const {
    const auto listed_at = catalogue_ ? catalogue_->listed_at : std::nullopt;
    if (listed_at && now - *listed_at <= patience_)
        return {};
    const auto failing = catalogue_ ? catalogue_->failing : std::nullopt;
    if (failing)
        return "restic's repository cannot be listed: " + failing->message;
    if (!listed_at)
        return "restic's repository has not been listed yet";
    return "restic's repository has not been listed since " + format_rfc3339(*listed_at);
}

backups_answer restic_view::of(const domain::pvc_ref& pvc, std::string_view uid, instant now) const {
    backups_answer given{&nothing_known, doubt(now)};
    const auto found = claims_.find(pvc);
    if (found == claims_.end())
        return given;
    for (const auto& [which, backups] : found->second.by_uid)
        if (which == uid)
            given.backups = &backups;
    return given;
}

backups_answer restic_view::of_all(const domain::pvc_ref& pvc, instant now) const {
    const auto found = claims_.find(pvc);
    return {found == claims_.end() ? &nothing_known : &found->second.all, doubt(now)};
}

} // namespace soteria::inventory
