#include "restic_choice.hpp"

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

domain::backup_entry entry_of(const restic::snapshot& one, const claim_pointer& claim) {
    domain::backup_entry entry;
    entry.name = one.id;
    entry.snapshot = one.tag_value(restic::name_tag);
    entry.driver = "restic";
    if (claim && one.tag_value(restic::uid_tag) == claim->meta.uid)
        entry.volume = claim->volume_name;
    entry.state = one.incomplete() ? "incomplete" : "completed";
    entry.created_at = one.time;
    entry.size_bytes = one.size_bytes;
    entry.tags = one.own_tags();
    entry.restorable = true;
    return entry;
}

} // namespace

awaitable<result<domain::backup_list>> restic_driver::list(domain::pvc_ref pvc, async::deadline until) {
    auto& world = this->world();
    auto reading = read_claim(world.kubernetes, pvc, until);
    const auto claim = co_await std::move(reading);
    if (!claim)
        co_return claim.error();
    const auto catalogue = world.catalogue.current();
    const auto all = restic::by_pvc(*catalogue);
    const auto found = all.find(pvc);
    const bool any = found != all.end() && !found->second.empty();
    const auto listed = check_listed(*catalogue);
    if (!any && !listed)
        co_return listed.error();
    if (!any && !*claim)
        co_return failure(errc::not_found, "there is neither a PVC " + pvc.text() + " nor a backup that names it",
                          "pvc_not_found");
    domain::backup_list list;
    list.pvc = pvc;
    list.pvc_exists = *claim != nullptr;
    list.driver = "restic";
    list.volume = *claim ? (*claim)->volume_name : std::string();
    list.generated_at = world.time.now();
    if (const auto& failing = catalogue->failing)
        list.warnings.push_back("the repository could not be asked last: " + failing->message);
    if (!any)
        co_return list;
    const auto* latest = restic::latest_of(found->second, *claim ? (*claim)->meta.uid : std::string());
    for (const auto* each : found->second) {
        list.backups.push_back(entry_of(*each, *claim));
        list.backups.back().latest = each == latest;
    }
    co_return list;
}

} // namespace soteria::backup
