#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/facts.hpp>
#include <soteria/restic/arguments.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

namespace soteria::backup {
namespace {

struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// By the uid in the snapshot's tag, and by the snapshot's id. There may be many snapshots: looking one up costs no
// copy.
using record_index =
    std::unordered_map<std::string, std::shared_ptr<const domain::operation>, text_hash, std::equal_to<>>;

record_index index_of(const backup_records& records) {
    record_index found;
    for (const auto& each : records) {
        found.emplace(each->uid, each);
        if (auto id = each->fact(facts::backup); !id.empty())
            found.emplace(std::move(id), each);
    }
    return found;
}

std::string_view operation_in(const restic::snapshot& one) {
    for (const std::string_view tag : one.tags)
        if (tag.starts_with(restic::operation_tag))
            return tag.substr(restic::operation_tag.size());
    return {};
}

const domain::operation* record_of(const record_index& records, const restic::snapshot& one) {
    if (records.empty())
        return nullptr;
    for (const std::string_view key : {operation_in(one), std::string_view(one.id), std::string_view(one.original)})
        if (const auto found = key.empty() ? records.end() : records.find(key); found != records.end())
            return found->second.get();
    return nullptr;
}

std::optional<std::int64_t> number_of(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

// It runs, and whether what it wrote is complete is not known yet.
bool undecided(const domain::operation& backup) {
    return backup.active() && backup.fact(facts::backup).empty();
}

// Whether complete_one() would change it.
bool lacks(const restic::snapshot& one, const domain::operation& backup) {
    return (!backup.fact(facts::incomplete).empty() && !one.incomplete()) ||
           (!one.size_bytes && number_of(backup.fact(facts::bytes)));
}

void complete_one(restic::snapshot& one, const domain::operation& backup) {
    if (!backup.fact(facts::incomplete).empty() && !one.incomplete())
        one.tags.emplace_back(restic::incomplete_tag);
    if (const auto size = number_of(backup.fact(facts::bytes)); size && !one.size_bytes)
        one.size_bytes = size;
}

bool ended_since(const domain::operation& backup, const std::optional<instant>& listed_at) {
    // Records keep whole seconds: one that ended within the second in which the listing began may not be in it.
    return !undecided(backup) &&
           (!listed_at || !backup.finished_at || *backup.finished_at + std::chrono::seconds(1) > *listed_at);
}

} // namespace

restic::snapshot snapshot_of(const domain::operation& backup) {
    restic::snapshot made;
    const auto& pvc = backup.request.source;
    made.id = backup.fact(facts::backup);
    made.time =
        parse_rfc3339(backup.fact(facts::backup_created_at)).value_or(backup.started_at.value_or(backup.created_at));
    made.host = restic::host_of(pvc);
    made.tags = {std::string(restic::namespace_tag) + pvc.ns, std::string(restic::pvc_tag) + pvc.name,
                 std::string(restic::operation_tag) + backup.uid};
    if (const auto uid = backup.fact(facts::pvc_uid); !uid.empty())
        made.tags.push_back(std::string(restic::uid_tag) + uid);
    if (const auto name = backup.fact(facts::job_name); !name.empty())
        made.tags.push_back(std::string(restic::name_tag) + name);
    made.tags.insert(made.tags.end(), backup.request.tags.begin(), backup.request.tags.end());
    made.paths = {std::string(restic::data_path)};
    complete_one(made, backup);
    return made;
}

std::string join_key(const domain::operation& backup) {
    std::string key = backup.active() ? "active" : "ended";
    for (const auto fact : {facts::backup, facts::incomplete, facts::bytes, facts::backup_created_at})
        key += "\n" + backup.fact(fact);
    return key;
}

void complete(std::vector<restic::snapshot>& snapshots, const backup_records& records) {
    const auto index = index_of(records);
    for (auto& each : snapshots)
        if (const auto* record = record_of(index, each))
            complete_one(each, *record);
}

std::shared_ptr<const restic::catalogue> join(const restic::catalogue& listed, const backup_records& records) {
    const auto index = index_of(records);
    std::unordered_set<const domain::operation*> present;
    std::vector<std::size_t> changing;
    for (std::size_t at = 0; at < listed.snapshots.size(); ++at) {
        const auto* record = record_of(index, listed.snapshots[at]);
        if (record == nullptr)
            continue;
        present.insert(record);
        if (undecided(*record) || lacks(listed.snapshots[at], *record))
            changing.push_back(at);
    }
    std::vector<restic::snapshot> added;
    for (const auto& each : records)
        if (!each->fact(facts::backup).empty() && !present.contains(each.get()) && ended_since(*each, listed.listed_at))
            added.push_back(snapshot_of(*each));
    if (changing.empty() && added.empty())
        return nullptr;
    auto made = std::make_shared<restic::catalogue>(listed);
    for (const auto at : changing)
        complete_one(made->snapshots[at], *record_of(index, made->snapshots[at]));
    if (!changing.empty())
        std::erase_if(made->snapshots, [&index](const restic::snapshot& each) {
            const auto* record = record_of(index, each);
            return record != nullptr && undecided(*record);
        });
    made->repository_exists = made->repository_exists || !added.empty();
    for (auto& each : added) {
        const auto place = std::ranges::upper_bound(made->snapshots, each, restic::newer);
        made->snapshots.insert(place, std::move(each));
    }
    return made;
}

std::vector<std::string> unknown_ids(const restic::catalogue& known, const std::vector<std::string>& ids) {
    std::unordered_set<std::string_view> there;
    for (const auto& each : known.snapshots)
        there.insert(each.id);
    std::vector<std::string> unknown;
    for (const auto& id : ids)
        if (there.insert(id).second)
            unknown.push_back(id);
    return unknown;
}

std::vector<std::string> missing_ids(const restic::catalogue& known, const std::vector<std::string>& ids,
                                     std::size_t most) {
    const std::unordered_set<std::string_view> there(ids.begin(), ids.end());
    std::vector<std::string> missing;
    for (const auto& each : known.snapshots)
        if (missing.size() < most && !there.contains(each.id))
            missing.push_back(each.id);
    return missing;
}

std::vector<restic::snapshot> snapshots_of(const std::vector<std::string>& ids, const restic::catalogue& known,
                                           const std::vector<restic::snapshot>& read) {
    std::unordered_map<std::string_view, const restic::snapshot*> by_id;
    for (const auto* source : {&read, &known.snapshots})
        for (const auto& each : *source)
            by_id.emplace(each.id, &each);
    std::vector<restic::snapshot> found;
    for (const auto& id : ids)
        if (const auto one = by_id.find(id); one != by_id.end()) {
            found.push_back(*one->second);
            by_id.erase(one);
        }
    std::ranges::sort(found, restic::newer);
    return found;
}

} // namespace soteria::backup
