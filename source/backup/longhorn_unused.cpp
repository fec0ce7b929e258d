// What restores have named and nobody uses.
#include <soteria/backup/longhorn_driver.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/domain/names.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr std::string_view our_prefix = "soteria-";

// As domain::volume_name makes them.
bool is_our_name(std::string_view name) {
    static const std::size_t length = domain::volume_name("").size();
    const auto rest = name.substr(std::min(our_prefix.size(), name.size()));
    return name.starts_with(our_prefix) && name.size() == length &&
           std::ranges::all_of(rest, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

bool is_bound(const kube::persistent_volume& volume, const kube::store<kube::persistent_volume_claim>& claims) {
    if (!volume.claim)
        return false;
    const auto& wanted = *volume.claim;
    const auto claim = claims.find({wanted.ns, wanted.name});
    return claim && (wanted.uid.empty() || claim->meta.uid == wanted.uid);
}

// Longhorn itself knows of a claim, whatever its PV is called.
bool is_bound(const longhorn::volume& volume) {
    const auto& seen = volume.kubernetes;
    return seen.pv_status == "Bound" && !seen.pvc_name.empty() && seen.last_pvc_reference_at.empty();
}

using volume_store = kube::store<kube::persistent_volume>;
using claim_store = kube::store<kube::persistent_volume_claim>;

void add_volumes(const std::vector<longhorn::volume>& listed, const volume_store& volumes, const claim_store& claims,
                 std::vector<unused_object>& found) {
    for (const auto& each : listed) {
        const auto persistent = volumes.find({"", each.name});
        const bool in_use = is_bound(each) || (persistent && is_bound(*persistent, claims));
        if (is_our_name(each.name) && each.state != "deleting" && !in_use)
            found.push_back({"LonghornVolume", "", each.name, each.name, each.state});
    }
}

void add_persistent_volumes(const volume_store& volumes, const claim_store& claims, std::vector<unused_object>& found) {
    const auto& all = volumes.all();
    for (auto each = all.lower_bound({"", std::string(our_prefix)}); each != all.end(); ++each) {
        const auto& name = each->first.name;
        const auto& volume = *each->second;
        if (!name.starts_with(our_prefix))
            break;
        if (is_our_name(name) && !volume.meta.deleted_at && !is_bound(volume, claims))
            found.push_back({"PersistentVolume", "", name, name, volume.phase});
    }
}

} // namespace

awaitable<result<std::vector<unused_object>>> longhorn_driver::unused(async::deadline until) {
    const auto listed =
        co_await world_.longhorn.list_volumes(longhorn::call_options(until, std::string(purposes::look_for_orphans)));
    if (!listed)
        co_return listed.error();
    std::vector<unused_object> found;
    add_volumes(*listed, world_.volumes, world_.claims, found);
    add_persistent_volumes(world_.volumes, world_.claims, found);
    co_return found;
}

} // namespace soteria::backup
