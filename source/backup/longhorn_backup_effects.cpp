#include "longhorn_effects.hpp"
#include "longhorn_hindrance.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/log.hpp>
#include <soteria/domain/tags.hpp>
#include <soteria/longhorn/phase.hpp>
#include <soteria/records/records.hpp>

#include <algorithm>

namespace soteria::backup::backup_effects {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

constexpr milliseconds look_again{1000};
// Longhorn lists a backup within milliseconds of saying yes; one that is not there after this is not coming.
constexpr std::chrono::seconds backup_must_appear{60};
constexpr std::string_view our_prefix = "soteria-backup-";

std::string operation_label() {
    return std::string(records::operation_annotation);
}

bool made_by(const longhorn::snapshot& one, const domain::operation& record) {
    const auto label = one.labels.find(operation_label());
    return one.volume == record.fact(facts::volume) && label != one.labels.end() && label->second == record.uid;
}

step_report taken(const std::string& name) {
    return step_report::failed("name_taken",
                               "a snapshot named " + name +
                                   " is there already and was not made by this operation; it is left alone");
}

// The backups of our snapshot, as Longhorn lists them now.
awaitable<result<std::vector<longhorn::backup>>> backups_of_ours(attempt now) {
    const std::string snapshot = now.record.fact(facts::snapshot);
    auto listed = co_await now.world.longhorn.list_backups(now.record.fact(facts::volume), now.longhorn_call());
    if (listed)
        std::erase_if(*listed, [&](const longhorn::backup& each) { return each.snapshot_name != snapshot; });
    co_return listed;
}

} // namespace

awaitable<step_report> create_snapshot(attempt now) {
    const std::string volume = now.record.fact(facts::volume);
    const std::string name = now.record.fact(facts::snapshot);
    std::map<std::string, std::string> labels;
    labels[operation_label()] = now.record.uid;
    const auto created =
        co_await now.world.longhorn.create_snapshot(volume, name, std::move(labels), now.longhorn_call());
    if (created)
        co_return step_report::done();
    const failure refusal = created.error();
    if (refusal.code != errc::conflict)
        co_return step_report::from(refusal, now.budget.settle);
    const auto existing = co_await now.world.longhorn.get_snapshot(volume, name, now.longhorn_call());
    if (!existing)
        co_return step_report::retry(existing.error().message, look_again);
    co_return made_by(*existing, now.record) ? step_report::done() : taken(name);
}

awaitable<step_report> wait_snapshot(attempt now) {
    const auto found = co_await now.world.longhorn.get_snapshot(now.record.fact(facts::volume),
                                                                now.record.fact(facts::snapshot), now.longhorn_call());
    if (!found) {
        if (found.error().code == errc::not_found)
            co_return step_report::failed("snapshot_gone", "the snapshot " + now.record.fact(facts::snapshot) +
                                                               " was deleted before it could be backed up");
        co_return step_report::retry(found.error().message, look_again);
    }
    const auto phase = longhorn::snapshot_phase_of(*found);
    if (phase.ready)
        co_return step_report::done();
    auto report =
        step_report::waiting(phase.waiting_for.empty() ? "the snapshot is being taken" : phase.waiting_for, look_again);
    report.code = "snapshot_not_ready";
    co_return report;
}

awaitable<step_report> start_backup(attempt now) {
    const auto listed = co_await backups_of_ours(now);
    if (!listed)
        co_return step_report::from(listed.error(), look_again);
    const std::string snapshot = now.record.fact(facts::snapshot);
    const auto phase = longhorn::backup_phase_of(*listed, snapshot);
    if (phase.what != longhorn::backup_phase::kind::absent) {
        std::map<std::string, std::string> known;
        known[std::string(facts::backup)] = phase.chosen.name;
        co_return step_report::done(std::move(known));
    }
    if (const auto asked_at = parse_rfc3339(now.record.fact(facts::backup_requested_at))) {
        if (now.world.time.now() - *asked_at < backup_must_appear)
            co_return step_report::waiting("Longhorn has accepted the backup; waiting until it lists it", look_again);
        co_return step_report::failed("backup_vanished",
                                      "Longhorn accepted the backup of " + snapshot + " and then never listed it");
    }
    auto labels = domain::tags_to_labels(now.record.request.tags);
    if (!labels)
        co_return step_report::failed(labels.error().reason, labels.error().message);
    (*labels)[operation_label()] = now.record.uid;
    const auto started = co_await now.world.longhorn.start_backup(
        now.record.fact(facts::volume), snapshot, std::move(*labels), now.settings.backup_mode, now.longhorn_call());
    if (!started)
        co_return step_report::from(started.error(), now.budget.settle);
    auto report = step_report::waiting("Longhorn has accepted the backup", milliseconds{200});
    report.facts[std::string(facts::backup_requested_at)] = format_rfc3339(now.world.time.now());
    co_return report;
}

awaitable<step_report> wait_backup(attempt now) {
    const std::string snapshot = now.record.fact(facts::snapshot);
    const auto picture = now.world.poller.current();
    auto phase = longhorn::backup_phase_of(picture->backups_of(now.record.fact(facts::volume)), snapshot);
    if (phase.what == longhorn::backup_phase::kind::absent) {
        const auto listed = co_await backups_of_ours(now);
        if (!listed)
            co_return not_answered(listed.error(), look_again);
        phase = longhorn::backup_phase_of(*listed, snapshot);
    }
    using kind = longhorn::backup_phase::kind;
    if (phase.what == kind::absent)
        co_return step_report::failed("backup_gone", "the backup " + now.record.fact(facts::backup) + " of " +
                                                         now.record.request.source.text() +
                                                         " disappeared from Longhorn before it was complete");
    if (phase.what == kind::failed)
        co_return step_report::failed("backup_failed", "Longhorn could not back up " +
                                                           now.record.request.source.text() + ": " + phase.text);
    if (phase.what == kind::running) {
        auto report = step_report::waiting(
            phase.text.empty() ? "Longhorn is writing the backup into its store" : phase.text, 2 * look_again);
        put_into(report, hindrance_of_backup(*picture, phase));
        report.progress = domain::progress{phase.percent, std::nullopt, std::nullopt, std::nullopt};
        co_return report;
    }
    std::map<std::string, std::string> known;
    known[std::string(facts::backup)] = phase.chosen.name;
    known[std::string(facts::backup_url)] = phase.chosen.url;
    now.world.poller.refresh_soon(now.record.fact(facts::volume));
    co_return step_report::done(std::move(known));
}

awaitable<step_report> delete_backup(attempt now) {
    const auto listed = co_await backups_of_ours(now);
    if (!listed)
        co_return step_report::from(listed.error(), look_again);
    if (listed->empty())
        co_return step_report::done();
    for (const auto& each : *listed) {
        if (each.state == "Deleting")
            continue;
        const auto deleted = co_await now.world.longhorn.delete_backup(each.volume, each.name, now.longhorn_call());
        if (!deleted && deleted.error().code != errc::not_found)
            co_return step_report::from(deleted.error(), look_again);
    }
    co_return step_report::waiting("waiting until Longhorn has deleted the backup " + listed->front().name, look_again);
}

awaitable<step_report> delete_snapshot(attempt now) {
    const std::string volume = now.record.fact(facts::volume);
    const std::string name = now.record.fact(facts::snapshot);
    const auto found = co_await now.world.longhorn.get_snapshot(volume, name, now.longhorn_call());
    if (!found) {
        if (found.error().code == errc::not_found)
            co_return step_report::done();
        co_return step_report::from(found.error(), look_again);
    }
    if (!made_by(*found, now.record))
        co_return step_report::done();
    const auto deleted = co_await now.world.longhorn.delete_snapshot(volume, name, now.longhorn_call());
    if (!deleted)
        co_return step_report::from(deleted.error(), look_again);
    co_return step_report::waiting("waiting until Longhorn has deleted the snapshot " + name, look_again);
}

awaitable<step_report> delete_older_snapshots(attempt now) {
    const std::string volume = now.record.fact(facts::volume);
    const std::string newest = now.record.fact(facts::snapshot);
    const auto listed = co_await now.world.longhorn.list_snapshots(volume, now.longhorn_call());
    if (!listed && listed.error().code == errc::not_found)
        co_return step_report::done(); // the volume is gone, and its snapshots with it
    if (!listed)
        co_return step_report::from(listed.error(), look_again);
    const auto ours = std::ranges::find(*listed, newest, &longhorn::snapshot::name);
    const std::optional<instant> newest_at = ours == listed->end() ? std::nullopt : ours->created_at;
    if (!newest_at)
        co_return step_report::done();
    for (const auto& each : *listed) {
        const bool older = each.created_at && *each.created_at < *newest_at;
        if (!older || !each.name.starts_with(our_prefix) || !each.labels.contains(operation_label()))
            continue;
        const auto deleted = co_await now.world.longhorn.delete_snapshot(volume, each.name, now.longhorn_call());
        if (!deleted)
            co_return step_report::from(deleted.error(), look_again);
    }
    co_return step_report::done();
}

} // namespace soteria::backup::backup_effects
