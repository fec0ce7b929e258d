#include <soteria/base/digest.hpp>
#include <soteria/base/quantity.hpp>
#include <soteria/inventory/builder.hpp>

#include <algorithm>

namespace soteria::inventory {
namespace {

// Part of the hash: every replica must cut the rows alike.
constexpr std::size_t rows_a_digest = 256;

void append(std::string& into, std::string_view text) {
    into += text;
    into += '\0';
}

void append(std::string& into, const row& each) {
    for (const std::string_view text :
         {std::string_view(each.pvc.ns), std::string_view(each.pvc.name), std::string_view(each.volume),
          std::string_view(each.storage_class), std::string_view(each.capacity), std::string_view(each.driver),
          domain::to_string(each.health), std::string_view(each.health_detail)})
        append(into, text);
    const auto seconds = [](const std::optional<instant>& at) {
        return at ? std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at->time_since_epoch()).count())
                  : std::string("-");
    };
    append(into, seconds(each.last_backup_at));
    append(into, std::to_string(each.last_backup_size_bytes.value_or(-1)));
    append(into, std::to_string(each.backup_count));
    for (const auto& [driver, known] : each.drivers) {
        append(into, driver);
        append(into, seconds(known.last_backup_at));
        append(into, std::to_string(known.backup_count));
        append(into, domain::to_string(known.health));
    }
    if (each.verified)
        append(into, seconds(each.verified->at));
    into += each.deleted ? 'd' : 'p';
}

// Visits up to `amount` objects behind `last`, which follows. True: there are no more.
template <class Map, class Visit>
bool each_after(const Map& objects, kube::object_key& last, std::size_t amount, Visit visit) {
    auto next = last.name.empty() ? objects.begin() : objects.upper_bound(last);
    auto visited = objects.end();
    for (; next != objects.end() && amount > 0; ++next, --amount) {
        visit(next->second);
        visited = next;
    }
    if (visited != objects.end())
        last = visited->first;
    return next == objects.end();
}

} // namespace

builder::builder(const claim_map& claims, const persistent_volume_map& volumes, views known, rules by, moment at)
    : claims_(claims), volumes_(volumes), known_(std::move(known)), rules_(by), moment_(at) {
    if (known_.longhorn != nullptr)
        next_volume_ = known_.longhorn->volumes().begin();
    if (known_.restic != nullptr)
        next_claim_ = known_.restic->claims().begin();
    report_.generated_at = at.now;
    report_.rows.reserve(claims.size());
    present_.reserve(claims.size());
    claim_names_.reserve(claims.size());
    volumes_by_name_.reserve(volumes.size());
}

std::size_t builder::claim_name_hash::operator()(const claim_name& name) const {
    const std::hash<std::string_view> hash;
    return hash(name.first) * 31 + hash(name.second);
}

bool builder::step(std::size_t amount) {
    switch (stage_) {
    case stage::volumes:
        index_volumes(amount);
        break;
    case stage::claims:
        index_claims(amount);
        break;
    case stage::deleted:
        collect_deleted(amount);
        break;
    case stage::deleted_of_restic:
        collect_deleted_of_restic(amount);
        break;
    case stage::rows:
        make_rows(amount);
        break;
    case stage::hash:
        hash_rows(amount);
        break;
    case stage::done:
        return false;
    }
    return stage_ != stage::done;
}

void builder::index_volumes(std::size_t amount) {
    const bool finished = each_after(
        volumes_, last_, amount, [this](const auto& volume) { volumes_by_name_.emplace(volume->meta.name, volume); });
    if (finished) {
        last_ = {};
        stage_ = stage::claims;
    }
}

void builder::index_claims(std::size_t amount) {
    const bool finished = each_after(claims_, last_, amount, [this](const auto& claim) {
        claim_names_.emplace(claim->meta.ns, claim->meta.name);
        present_.push_back(claim);
    });
    if (finished)
        stage_ = stage::deleted;
}

report builder::take() {
    return std::move(report_);
}

// Claims that backups record and that are no more. Those made of several volumes in turn are summed up.
void builder::collect_deleted(std::size_t amount) {
    stage_ = stage::deleted_of_restic;
    if (known_.longhorn == nullptr)
        return;
    const auto end = known_.longhorn->volumes().end();
    for (; next_volume_ != end && amount > 0; ++next_volume_, --amount) {
        for (const auto& part : next_volume_->second.by_claim) {
            if (claim_names_.contains({part.claim.ns, part.claim.name}))
                continue;
            auto& made = deleted_[part.claim];
            made.backups.count += part.backups.count;
            if (made.backups.newest_at && part.backups.newest_at <= made.backups.newest_at)
                continue;
            made.volume = next_volume_->first;
            made.backups.newest_at = part.backups.newest_at;
            made.backups.newest_size_bytes = part.backups.newest_size_bytes;
            made.volume_size_bytes = part.volume_size_bytes;
        }
    }
    if (next_volume_ != end)
        stage_ = stage::deleted;
}

void builder::collect_deleted_of_restic(std::size_t amount) {
    stage_ = stage::rows;
    if (known_.restic == nullptr)
        return;
    const auto end = known_.restic->claims().end();
    for (; next_claim_ != end && amount > 0; ++next_claim_, --amount)
        if (!claim_names_.contains({next_claim_->first.ns, next_claim_->first.name}))
            deleted_.try_emplace(next_claim_->first);
    if (next_claim_ != end)
        stage_ = stage::deleted_of_restic;
}

row builder::deleted_row(const domain::pvc_ref& pvc, const gone& what) const {
    row made;
    made.pvc = pvc;
    made.deleted = true;
    std::vector<driver_answer> answers;
    if (!what.volume.empty()) {
        made.volume = what.volume;
        made.storage_class = known_.longhorn->storage_class_of(what.volume);
        if (what.volume_size_bytes > 0)
            made.capacity = format_quantity(what.volume_size_bytes);
        auto answer = known_.longhorn->of(what.volume, moment_.now, moment_.steady);
        answer.backups = &what.backups; // those that record this PVC
        answers.push_back({"longhorn", std::move(answer)});
    }
    if (known_.restic != nullptr && known_.restic->claims().contains(pvc))
        answers.push_back({"restic", known_.restic->of_all(pvc, moment_.now)});
    settle(made, answers, known_.default_driver, rules_, moment_.now);
    return made;
}

void builder::add(row&& made) {
    if (made.health == domain::health::fresh && made.last_backup_at) {
        // One second on: at the limit itself a backup is still fresh.
        const auto crossing = *made.last_backup_at + std::chrono::seconds(1) +
                              std::chrono::duration_cast<instant::duration>(rules_.max_age);
        report_.next_crossing = std::min(report_.next_crossing.value_or(crossing), crossing);
    }
    if (known_.proofs != nullptr)
        if (const auto found = known_.proofs->find(made.pvc); found != known_.proofs->end())
            made.verified = found->second;
    report_.rows.push_back(std::move(made));
}

// Null: all that are left.
void builder::add_deleted_before(const domain::pvc_ref* limit) {
    while (!deleted_.empty() && (limit == nullptr || deleted_.begin()->first < *limit)) {
        const auto first = deleted_.extract(deleted_.begin());
        add(deleted_row(first.key(), first.mapped()));
    }
}

void builder::make_rows(std::size_t amount) {
    const std::size_t end = std::min(present_.size(), next_present_ + amount);
    for (; next_present_ < end; ++next_present_) {
        const auto& claim = *present_[next_present_];
        const auto volume = volumes_by_name_.find(claim.volume_name);
        auto made =
            row_of(claim, volume == volumes_by_name_.end() ? nullptr : volume->second.get(), known_, rules_, moment_);
        add_deleted_before(&made.pvc);
        add(std::move(made));
    }
    if (next_present_ < present_.size())
        return;
    add_deleted_before(nullptr);
    stage_ = stage::hash;
}

void builder::hash_rows(std::size_t amount) {
    const std::size_t end = std::min(report_.rows.size(), hashed_ + std::max(amount, rows_a_digest));
    while (hashed_ < end) {
        std::string text = report_.content_hash;
        const std::size_t block = std::min(report_.rows.size(), hashed_ + rows_a_digest);
        for (; hashed_ < block; ++hashed_)
            append(text, report_.rows[hashed_]);
        report_.content_hash = sha256_hex(text);
    }
    if (hashed_ < report_.rows.size())
        return;
    if (report_.rows.empty())
        report_.content_hash = sha256_hex("");
    stage_ = stage::done;
}

report build(const claim_map& claims, const persistent_volume_map& volumes, const views& known, const rules& by,
             const moment& at) {
    builder work(claims, volumes, known, by, at);
    while (work.step(rows_a_digest)) {
    }
    return work.take();
}

} // namespace soteria::inventory
