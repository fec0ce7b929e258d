#include "restic_source.hpp"

#include <soteria/backup/purposes.hpp>
#include <soteria/kube/decode.hpp>

#include <algorithm>

namespace soteria::backup {
namespace {

using boost::asio::awaitable;

constexpr std::size_t page = 500;

bool has_mode(const kube::persistent_volume_claim& claim, std::string_view mode) {
    return std::ranges::find(claim.access_modes, mode) != claim.access_modes.end();
}

// The active Pods of its namespace that mount the claim.
awaitable<result<std::vector<kube::pod>>> users_of(kube::client& kubernetes, domain::pvc_ref pvc,
                                                   async::deadline until) {
    std::vector<kube::pod> users;
    std::string token;
    bool more = true;
    while (more) {
        auto asking = kubernetes.list(kube::pods, pvc.ns, page, token, "",
                                      kube::call_options(until, std::string(purposes::resolve)));
        const auto listed = co_await std::move(asking);
        if (!listed)
            co_return listed.error();
        for (const auto& item : listed->items) {
            auto pod = item.is_object() ? kube::decode_pod(item.get_object())
                                        : result<kube::pod>(failure(errc::bad_answer, "a Pod is no object"));
            if (!pod)
                co_return pod.error();
            if (pod->active() && std::ranges::find(pod->claims, pvc.name) != pod->claims.end())
                users.push_back(std::move(*pod));
        }
        token = listed->continue_token;
        more = !token.empty();
    }
    co_return users;
}

} // namespace

awaitable<result<claim_pointer>> read_claim(kube::client& kubernetes, domain::pvc_ref pvc, async::deadline until) {
    const auto object = co_await kubernetes.get(kube::persistent_volume_claims, pvc.ns, pvc.name,
                                                kube::call_options(until, std::string(purposes::resolve)));
    if (!object) {
        if (object.error().code == errc::not_found)
            co_return claim_pointer();
        co_return object.error();
    }
    auto claim = kube::decode_persistent_volume_claim(*object);
    if (!claim)
        co_return claim.error();
    co_return std::make_shared<const kube::persistent_volume_claim>(std::move(*claim));
}

result<void> check_can_be_read(const claim_pointer& claim, const domain::pvc_ref& pvc) {
    if (!claim)
        return failure(errc::not_found, "there is no PVC " + pvc.text(), "pvc_not_found");
    if (claim->meta.deleted_at)
        return failure(errc::unprocessable, "the PVC " + pvc.text() + " is being deleted", "pvc_terminating");
    if (claim->phase != "Bound" || claim->volume_name.empty())
        return failure(errc::unprocessable,
                       "the PVC " + pvc.text() + " is not bound to a volume (phase " + claim->phase +
                           "); it can be backed up once it is bound",
                       "pvc_not_bound");
    if (claim->volume_mode != "Filesystem")
        return failure(errc::unprocessable,
                       "the PVC " + pvc.text() + " is a raw block device (volumeMode " + claim->volume_mode +
                           "); restic backs up file systems only",
                       "block_volume");
    return {};
}

awaitable<result<restic::job_place>> place_beside_users(kube::client& kubernetes, claim_pointer claim,
                                                        async::deadline until) {
    restic::job_place place;
    domain::pvc_ref pvc{claim->meta.ns, claim->meta.name};
    auto asking = users_of(kubernetes, pvc, until);
    const auto users = co_await std::move(asking);
    if (!users)
        co_return users.error();
    if (users->empty())
        co_return place;
    if (has_mode(*claim, "ReadWriteOncePod"))
        co_return failure(errc::unprocessable,
                          "the PVC " + pvc.text() + " is ReadWriteOncePod and in use by the Pod " +
                              users->front().meta.name + ", so that no other Pod can mount it; stop that Pod first",
                          "pvc_in_use");
    const auto on_node = std::ranges::find_if(*users, [](const kube::pod& each) { return !each.node.empty(); });
    const auto& user = on_node == users->end() ? users->front() : *on_node;
    place.selinux = user.selinux;
    const bool anywhere = has_mode(*claim, "ReadWriteMany") || has_mode(*claim, "ReadOnlyMany");
    if (anywhere || on_node == users->end())
        co_return place;
    place.node = user.node;
    place.tolerations = user.tolerations;
    co_return place;
}

} // namespace soteria::backup
