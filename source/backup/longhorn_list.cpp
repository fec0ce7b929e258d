#include "longhorn_source.hpp"

#include <soteria/domain/tags.hpp>
#include <soteria/longhorn/phase.hpp>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;
using phase = longhorn::backup_phase::kind;

std::string_view state_word(phase what) {
    switch (what) {
    case phase::running:
        return "running";
    case phase::completed:
        return "completed";
    case phase::failed:
        return "failed";
    case phase::absent:
        break;
    }
    return "unknown";
}

domain::backup_entry entry_of(const longhorn::backup& one, bool latest) {
    const auto state = longhorn::backup_phase_of(one);
    domain::backup_entry entry;
    entry.name = one.name;
    entry.snapshot = one.snapshot_name;
    entry.driver = "longhorn";
    entry.volume = one.volume;
    entry.state = one.state == "Unknown" ? "unknown" : state_word(state.what);
    entry.created_at = one.snapshot_created_at;
    entry.finished_at = one.created_at;
    if (one.size_bytes > 0)
        entry.size_bytes = one.size_bytes;
    entry.mode = one.mode;
    entry.url = one.url;
    entry.tags = domain::labels_to_tags(one.labels);
    if (state.what == phase::running)
        entry.progress_percent = state.percent;
    if (state.what == phase::failed)
        entry.error = state.text;
    entry.latest = latest;
    entry.restorable = one.completed();
    return entry;
}

} // namespace

awaitable<result<domain::backup_list>> longhorn_driver::list(domain::pvc_ref pvc, async::deadline until) {
    const auto source = co_await find_source(world_, pvc, until);
    if (!source)
        co_return source.error();
    const auto found = co_await backups_of(world_, *source, pvc, until);
    if (!found)
        co_return found.error();
    const bool exists = source->claim != nullptr;
    if (!exists && found->empty())
        co_return failure(errc::not_found, "there is neither a PVC " + pvc.text() + " nor a backup that names it",
                          "pvc_not_found");
    const auto* latest = latest_of(*found, exists);
    domain::backup_list list;
    list.pvc = pvc;
    list.pvc_exists = exists;
    list.driver = "longhorn";
    list.volume = source->volume;
    list.generated_at = world_.time.now();
    for (const auto& each : *found)
        list.backups.push_back(entry_of(each.backup, &each.backup == latest));
    co_return list;
}

} // namespace soteria::backup
