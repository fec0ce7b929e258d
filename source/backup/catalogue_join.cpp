#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/facts.hpp>
#include <soteria/restic/arguments.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

namespace soteria::backup {
namespace {

using record_pointer = std::shared_ptr<const domain::operation>;

// By the uid in the snapshot's tag, and by the snapshot's id.
using record_index = std::unordered_map<std::string, record_pointer>;

record_index index_of(const backup_records& records) {
    record_index found;
    for (const auto& each : records) {
        found.emplace(each->uid, each);
        if (auto id = each->fact(facts::backup); !id.empty())
            found.emplace(std::move(id), each);
    }
    return found;
}

const domain::operation* record_of(const record_index& records, const restic::snapshot& one) {
    for (const auto& key : {one.tag_value(restic::operation_tag), one.id, one.original})
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

// True: it says something else now.
bool complete_one(restic::snapshot& one, const domain::operation& backup) {
    const auto before = one;
    if (!backup.fact(facts::incomplete).empty() && !one.incomplete())
        one.tags.emplace_back(restic::incomplete_tag);
    if (const auto size = number_of(backup.fact(facts::bytes)); size && !one.size_bytes)
        one.size_bytes = size;
    return !(one == before);
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
    auto made = std::make_shared<restic::catalogue>(listed);
    bool changed = false;
    std::unordered_set<std::string> known;
    for (auto& each : made->snapshots) {
        known.insert(each.id);
        known.insert(each.original);
        known.insert(each.tag_value(restic::operation_tag)); // restic 0.14 tells its record only the id's first digits
        if (const auto* record = record_of(index, each))
            changed = complete_one(each, *record) || changed;
    }
    const auto hidden = std::erase_if(made->snapshots, [&index](const restic::snapshot& each) {
        const auto* record = record_of(index, each);
        return record != nullptr && undecided(*record);
    });
    changed = changed || hidden > 0;
    const auto listed_count = made->snapshots.size();
    for (const auto& each : records)
        if (const auto id = each->fact(facts::backup);
            !id.empty() && !known.contains(id) && !known.contains(each->uid) && ended_since(*each, listed.listed_at))
            made->snapshots.push_back(snapshot_of(*each));
    if (made->snapshots.size() > listed_count) {
        made->repository_exists = true;
        std::ranges::sort(made->snapshots, restic::newer);
        changed = true;
    }
    return changed ? made : nullptr;
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
