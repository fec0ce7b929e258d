// What the cluster holds, kept near: one store and one reflector a kind.
#pragma once

#include <soteria/app/service.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/backup/catalogue_maps.hpp>
#include <soteria/kube/reflector.hpp>
#include <soteria/kube/store.hpp>
#include <soteria/kube/workloads.hpp>
#include <soteria/metrics/exposition.hpp>
#include <soteria/records/records.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::app {

template <class T>
struct cache {
    cache(const boost::asio::any_io_executor& executor, kube::client& kubernetes, kube::reflector_settings settings,
          kube::decoder<T> decode, kube::history<T>* past = nullptr)
        : kind(settings.kind), store(executor),
          reflector(kubernetes, std::move(settings), store, std::move(decode), async::seeded_random(), past) {}

    kube::resource kind;
    kube::store<T> store;
    kube::reflector<T> reflector;
};

// What restic needs besides: our Jobs and their Pods in all namespaces, and the catalogue of one repository.
struct restic_caches {
    // `ns`: the service's own.
    restic_caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes, const std::string& ns,
                  std::string_view repository, const pace& paces);

    cache<kube::job> jobs;
    cache<kube::pod> pods;
    cache<backup::catalogue_map> catalogue;
};

// Who is told what the server shows of our records.
struct record_histories {
    kube::history<records::record>& backups;
    kube::history<records::record>& restores;
};

struct caches {
    // `kubernetes` and `past` outlive them. `repository` empty: restic is not configured, and nothing of its is
    // watched.
    caches(const boost::asio::any_io_executor& executor, kube::client& kubernetes, const std::string& ns,
           std::string_view repository, const pace& paces, record_histories past);

    void start(async::task_group& tasks);
    // Empty: every list is complete and the API server answers. Otherwise a sentence for the public.
    [[nodiscard]] std::string trouble() const;
    // For /metrics.
    [[nodiscard]] std::vector<metrics::watch_state> states(instant now) const;

    cache<kube::persistent_volume_claim> claims;
    cache<kube::persistent_volume> volumes;
    cache<records::record> backups;
    cache<records::record> restores;
    std::unique_ptr<restic_caches> restic; // null: not configured
};

} // namespace soteria::app
