// What the cluster holds, kept near: one store and one reflector a kind.
#pragma once

#include <soteria/async/task_group.hpp>
#include <soteria/kube/reflector.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/metrics/exposition.hpp>
#include <soteria/records/records.hpp>

#include <string>
#include <vector>

namespace soteria::app {

template <class T>
struct cache {
    cache(const boost::asio::any_io_executor& executor, kube::client& kubernetes, kube::resource kind_,
          kube::decoder<T> decode)
        : kind(kind_), store(executor),
          reflector(kubernetes, kube::reflector_settings(kind_), store, std::move(decode)) {}

    kube::resource kind;
    kube::store<T> store;
    kube::reflector<T> reflector;
};

struct caches {
    // `kubernetes` outlives them.
    caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes);

    void start(async::task_group& tasks);
    // Empty: every list is complete and the API server answers. Otherwise a sentence for the public.
    [[nodiscard]] std::string trouble() const;
    // For /metrics.
    [[nodiscard]] std::vector<metrics::watch_state> states(instant now) const;

    cache<kube::persistent_volume_claim> claims;
    cache<kube::persistent_volume> volumes;
    cache<records::record> backups;
    cache<records::record> restores;
};

} // namespace soteria::app
