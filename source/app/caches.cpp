#include "caches.hpp"

#include <soteria/kube/decode.hpp>

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

} // namespace

caches::caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes)
    : claims(executor, kubernetes, kube::persistent_volume_claims, kube::decode_persistent_volume_claim),
      volumes(executor, kubernetes, kube::persistent_volumes, kube::decode_persistent_volume),
      backups(executor, kubernetes, records::backups, records::decode_backup),
      restores(executor, kubernetes, records::restores, records::decode_restore) {}

void caches::start(async::task_group& tasks) {
    start_one(tasks, claims);
    start_one(tasks, volumes);
    start_one(tasks, backups);
    start_one(tasks, restores);
}

std::vector<metrics::watch_state> caches::states(instant now) const {
    return {state_of(claims, now), state_of(volumes, now), state_of(backups, now), state_of(restores, now)};
}

std::string caches::trouble() const {
    for (const auto& found : {trouble_of(claims), trouble_of(volumes), trouble_of(backups), trouble_of(restores)})
        if (!found.empty())
            return found;
    return {};
}

} // namespace soteria::app
