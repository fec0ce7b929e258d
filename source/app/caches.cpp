#include "caches.hpp"

#include <soteria/kube/decode.hpp>
#include <soteria/restic/manifests.hpp>

namespace soteria::app {
namespace {

// Watches bring a bookmark every minute, and a broken one is opened anew within seconds: after this long without a word
// and with a failure, the cache may be old.
constexpr std::chrono::seconds longest_silence{60};

template <class T>
std::string trouble_of(const cache<T>& one) {
    const auto& health = one.reflector.health();
    const std::string why = health.last_error ? " (" + std::string(to_string(health.last_error->code)) + ")" : "";
    if (!one.store.synced())
        return "the list of " + std::string(one.kind.plural) + " is not complete yet" + why;
    const auto silent =
        std::chrono::steady_clock::now() - health.last_contact.value_or(std::chrono::steady_clock::time_point());
    if (health.last_error && silent > longest_silence)
        return "the watch of " + std::string(one.kind.plural) + " is broken" + why;
    return {};
}

template <class T>
metrics::watch_state state_of(const cache<T>& one, instant now) {
    metrics::watch_state state;
    state.resource = std::string(one.kind.plural);
    state.complete = one.store.synced();
    const auto& health = one.reflector.health();
    if (health.last_contact)
        state.last_contact = now - std::chrono::duration_cast<instant::duration>(std::chrono::steady_clock::now() -
                                                                                 *health.last_contact);
    state.lists = health.lists;
    state.objects = one.store.all().size();
    return state;
}

template <class T>
void start_one(async::task_group& tasks, cache<T>& one) {
    tasks.spawn("reflector/" + std::string(one.kind.plural), [&one] { return one.reflector.run(); });
}

// Shows every cache that is there.
template <class Caches, class Visit>
void each(Caches& all, Visit visit) {
    visit(all.claims);
    visit(all.volumes);
    visit(all.backups);
    visit(all.restores);
    if (!all.restic)
        return;
    visit(all.restic->jobs);
    visit(all.restic->pods);
    visit(all.restic->catalogue);
}

kube::reflector_settings all_of(kube::resource kind, const pace& paces) {
    kube::reflector_settings made(kind);
    made.list_timeout = paces.list_page;
    made.open_timeout = paces.open_watch;
    return made;
}

kube::reflector_settings ours(kube::resource kind, const pace& paces) {
    auto made = all_of(kind, paces);
    made.label_selector =
        std::string(restic::managed_by_label) + "=soteria," + std::string(restic::role_label); // with any value
    return made;
}

kube::reflector_settings catalogue_of(const std::string& ns, std::string_view repository, const pace& paces) {
    auto made = all_of(kube::config_maps, paces);
    made.ns = ns;
    made.label_selector = backup::catalogue_selector(repository);
    return made;
}

} // namespace

restic_caches::restic_caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes,
                             const std::string& ns, std::string_view repository, const pace& paces)
    : jobs(executor, kubernetes, ours(kube::jobs, paces), kube::decode_job),
      pods(executor, kubernetes, ours(kube::pods, paces), kube::decode_pod),
      catalogue(executor, kubernetes, catalogue_of(ns, repository, paces), backup::decode_catalogue_map) {}

caches::caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes, const std::string& ns,
               std::string_view repository, const pace& paces, record_histories past)
    : claims(executor, kubernetes, all_of(kube::persistent_volume_claims, paces), kube::decode_persistent_volume_claim),
      volumes(executor, kubernetes, all_of(kube::persistent_volumes, paces), kube::decode_persistent_volume),
      backups(executor, kubernetes, all_of(records::backups, paces), records::decode_backup, &past.backups),
      restores(executor, kubernetes, all_of(records::restores, paces), records::decode_restore, &past.restores) {
    if (!repository.empty())
        restic = std::make_unique<restic_caches>(executor, kubernetes, ns, repository, paces);
}

void caches::start(async::task_group& tasks) {
    each(*this, [&tasks](auto& one) { start_one(tasks, one); });
}

std::vector<metrics::watch_state> caches::states(instant now) const {
    std::vector<metrics::watch_state> found;
    each(*this, [&found, now](const auto& one) { found.push_back(state_of(one, now)); });
    return found;
}

std::string caches::trouble() const {
    std::string first;
    each(*this, [&first](const auto& one) {
        if (first.empty())
            first = trouble_of(one);
    });
    return first;
}

} // namespace soteria::app
