#include <soteria/backup/catalogue_join.hpp>
#include <soteria/backup/facts.hpp>
#include <soteria/backup/restic_catalogue.hpp>
#include <soteria/base/log.hpp>

#include <algorithm>
#include <ranges>
#include <unordered_map>

namespace soteria::backup {
namespace {

using snapshot_list = std::vector<restic::snapshot>;

// What a part held when it was last looked at; parts are never changed, but another may take the name of a removed one.
struct read_part {
    std::string version;
    std::shared_ptr<const snapshot_list> snapshots;
};

} // namespace

struct restic_catalogue::state {
    state(boost::asio::any_io_executor executor, std::string_view repository_, kube::store<catalogue_map>& maps_,
          kube::store<records::record>& backups_)
        : repository(restic::repository_hash(repository_)), maps(maps_), backups(backups_),
          changed(std::move(executor)) {}

    void look_at(kube::store<records::record>::change what, const records::record& record);
    const snapshot_list* read(const catalogue_map& part);
    // Null: a part is not there (yet).
    std::shared_ptr<restic::catalogue> put_together(const catalogue_head& head, const std::string& ns);
    void refresh();
    [[nodiscard]] backup_records records() const;

    const std::string repository; // its short hash
    kube::store<catalogue_map>& maps;
    kube::store<records::record>& backups;
    async::signal changed;
    bool maps_changed = true;
    bool records_changed = true;
    // The backups of restic and what each last had to say, so that progress alone changes nothing here.
    std::unordered_map<std::string, std::string> said; // by uid
    std::unordered_map<std::string, read_part> parts;  // by name
    std::vector<std::string> shown_parts;              // those of `listed`
    std::shared_ptr<const restic::catalogue> listed = std::make_shared<const restic::catalogue>();
    std::shared_ptr<const restic::catalogue> joined = listed;
};

void restic_catalogue::state::look_at(kube::store<records::record>::change what, const records::record& record) {
    const auto& backup = record.operation;
    if (what == kube::store<records::record>::change::deleted) {
        records_changed = said.erase(backup.uid) > 0 || records_changed;
        return;
    }
    if (backup.fact(facts::job_name).empty())
        return; // Longhorn's
    if (const auto into = backup.fact(facts::repository); !into.empty() && into != repository)
        return;
    auto now = join_key(backup);
    auto& before = said[backup.uid];
    if (before == now)
        return;
    before = std::move(now);
    records_changed = true;
    changed.notify_all();
}

const snapshot_list* restic_catalogue::state::read(const catalogue_map& part) {
    auto& known = parts[part.meta.name];
    if (known.snapshots && known.version == part.meta.resource_version)
        return known.snapshots.get();
    auto decoded = restic::decode({part_text(part)});
    if (!decoded) {
        log::warning("a part of the catalogue cannot be read", {{"name", boost::json::value(part.meta.name)},
                                                                {"why", boost::json::value(decoded.error().message)}});
        return nullptr;
    }
    known.version = part.meta.resource_version;
    known.snapshots = std::make_shared<const snapshot_list>(std::move(*decoded));
    return known.snapshots.get();
}

std::shared_ptr<restic::catalogue> restic_catalogue::state::put_together(const catalogue_head& head,
                                                                         const std::string& ns) {
    auto made = std::make_shared<restic::catalogue>();
    made->listed_at = head.listed_at;
    made->repository_exists = head.repository_exists;
    made->failing = head.failing;
    if (head.parts == shown_parts) {
        made->snapshots = listed->snapshots;
        return made;
    }
    for (const auto& name : head.parts) {
        const auto part = maps.find({ns, name});
        const auto* snapshots = part ? read(*part) : nullptr;
        if (snapshots == nullptr)
            return nullptr;
        made->snapshots.insert(made->snapshots.end(), snapshots->begin(), snapshots->end());
    }
    std::erase_if(parts,
                  [&head](const auto& each) { return std::ranges::find(head.parts, each.first) == head.parts.end(); });
    std::ranges::sort(made->snapshots, restic::newer);
    shown_parts = head.parts;
    return made;
}

backup_records restic_catalogue::state::records() const {
    backup_records found;
    for (const auto& [key, record] : backups.all())
        if (said.contains(record->operation.uid))
            found.emplace_back(record, &record->operation);
    return found;
}

void restic_catalogue::state::refresh() {
    if (maps_changed) {
        maps_changed = false;
        for (const auto& map : maps.all() | std::views::values) {
            const auto head = read_head(*map);
            if (!head)
                continue;
            if (auto made = put_together(*head, map->meta.ns)) {
                listed = std::move(made);
                records_changed = true;
            }
        }
    }
    if (!records_changed)
        return;
    records_changed = false;
    auto made = join(*listed, records());
    joined = made ? std::move(made) : listed;
}

restic_catalogue::restic_catalogue(boost::asio::any_io_executor executor, std::string_view repository,
                                   kube::store<catalogue_map>& maps, kube::store<records::record>& backups)
    : state_(std::make_shared<state>(std::move(executor), repository, maps, backups)) {
    for (const auto& [key, record] : backups.all())
        state_->look_at(kube::store<records::record>::change::added, *record);
    backups.subscribe([self = state_](auto what, const auto& record) { self->look_at(what, *record); });
    maps.subscribe([self = state_](auto, const auto&) {
        self->maps_changed = true;
        self->changed.notify_all();
    });
}

std::shared_ptr<const restic::catalogue> restic_catalogue::current() const {
    state_->refresh();
    return state_->joined;
}

std::shared_ptr<const restic::catalogue> restic_catalogue::listed() const {
    state_->refresh();
    return state_->listed;
}

std::vector<restic::snapshot> restic_catalogue::completed(std::vector<restic::snapshot> snapshots) const {
    complete(snapshots, state_->records());
    return snapshots;
}

async::signal& restic_catalogue::changed() {
    return state_->changed;
}

} // namespace soteria::backup
