#include <soteria/inventory/longhorn_view.hpp>

namespace soteria::inventory {
namespace {

const known_backups nothing_known;

constexpr longhorn::poll_time not_answered{};

std::string sentence(const std::string& front, const std::string& detail) {
    return detail.empty() ? front : front + ": " + detail;
}

} // namespace

bool longhorn_view::target_answered_since(const std::string& name, longhorn::poll_time moment) const {
    const auto* target = picture_->find_target(name);
    return target != nullptr && target->available && !target->url.empty() && picture_->targets.asked_at >= moment;
}

void longhorn_view::absorb(std::shared_ptr<const longhorn::picture> picture, instant now) {
    const bool another = picture != picture_;
    picture_ = std::move(picture);
    if (!picture_)
        return;
    if (picture_->targets.value)
        for (const auto& target : *picture_->targets.value)
            if (target.available && !target.url.empty())
                target_last_good_[target.name] = now;
    if (!another)
        return;
    absorb_volumes();
    absorb_backup_volumes();
}

void longhorn_view::absorb_backup_volumes() {
    if (!picture_->backup_volumes.value || picture_->backup_volumes.value == listed_from_)
        return;
    listed_from_ = picture_->backup_volumes.value;
    listed_.clear();
    std::erase_if(storage_classes_, [this](const auto& each) { return !volumes_.contains(each.first); });
    for (const auto& each : *listed_from_) {
        listed_.insert(each.volume);
        storage_classes_[each.volume] = each.storage_class;
    }
}

void longhorn_view::absorb_volumes() {
    ++pictures_;
    for (const auto& [volume, answered] : picture_->backups) {
        auto& known = volumes_[volume];
        known.seen = pictures_;
        known.asked_at = answered.asked_at;
        // An empty list from a target that was taken away says nothing about what its store holds.
        const bool emptied =
            answered.value->empty() && known.all.count > 0 && !target_answered_since(known.target, answered.asked_at);
        if (known.source == answered.value || emptied)
            continue;
        known = summarise(answered.value);
        known.seen = pictures_;
        known.asked_at = answered.asked_at;
    }
    for (auto each = volumes_.begin(); each != volumes_.end();) {
        auto& known = each->second;
        const bool gone =
            known.seen != pictures_ && target_answered_since(known.target, picture_->backup_volumes.asked_at);
        if (known.seen != pictures_)
            known.asked_at = picture_->backup_volumes.asked_at;
        each = gone ? volumes_.erase(each) : std::next(each);
    }
}

longhorn_view::answer longhorn_view::of(const std::string& volume, instant now, longhorn::poll_time moment) const {
    const auto found = volumes_.find(volume);
    const auto* known = found == volumes_.end() ? nullptr : &found->second;
    answer given;
    given.backups = known == nullptr ? &nothing_known : &known->all;
    given.unknown_because = doubt_longhorn(volume, known, moment);
    if (given.unknown_because.empty())
        given.unknown_because = doubt_target(volume, known, now);
    return given;
}

std::string longhorn_view::doubt_longhorn(const std::string& volume, const volume_backups* known,
                                          longhorn::poll_time moment) const {
    if (!picture_)
        return "Longhorn has not been asked yet";
    const auto& status = picture_->status;
    auto answered = known != nullptr ? known->asked_at : picture_->backup_volumes.asked_at;
    if (known == nullptr && listed_.contains(volume)) // there are some, and they have not been read yet
        answered = not_answered;
    if (answered == not_answered || picture_->targets.asked_at == not_answered) {
        if (!status.last_error)
            return "Longhorn has not answered yet";
        return sentence("Longhorn cannot be asked", status.last_error->message);
    }
    if (status.last_error && moment - answered > patience_)
        return sentence("Longhorn cannot be asked", status.last_error->message);
    return {};
}

std::string longhorn_view::target_of(const std::string& volume, const volume_backups* known) const {
    const auto& targets = *picture_->targets.value;
    const bool only_one = targets.size() == 1 && known != nullptr && known->target == targets.front().name;
    if (const auto* present = only_one ? nullptr : picture_->find_volume(volume))
        if (!present->backup_target_name.empty())
            return present->backup_target_name;
    return known == nullptr ? std::string() : known->target;
}

std::string longhorn_view::doubt_target(const std::string& volume, const volume_backups* known, instant now) const {
    const auto name = target_of(volume, known);
    const auto* target = picture_->find_target(name);
    if (target == nullptr)
        return name.empty() ? "Longhorn has no backup target" : "Longhorn has no backup target named " + name;
    if (target->available && !target->url.empty())
        return {};
    const auto good = target_last_good_.find(target->name);
    if (good != target_last_good_.end() && now - good->second <= patience_)
        return {};
    if (target->url.empty())
        return "Longhorn's backup target " + target->name + " is not configured";
    return sentence("Longhorn's backup target " + target->name + " is not available", target->message);
}

std::string longhorn_view::storage_class_of(const std::string& volume) const {
    const auto found = storage_classes_.find(volume);
    return found == storage_classes_.end() ? std::string() : found->second;
}

} // namespace soteria::inventory
