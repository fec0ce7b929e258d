// A simulated Kubernetes, whose Jobs run a simulated restic, and a simulated Longhorn in this process, on a thread and
// a loop of their own, so that the service's loop does the service's work only.
#pragma once

#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/simulator/longhorn/kubernetes.hpp"
#include "test/simulator/longhorn/longhorn.hpp"
#include "test/simulator/restic/restic.hpp"

#include <soteria/kube/access.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <memory>
#include <string>
#include <thread>

namespace soteria::demo {

class embedded_cluster {
public:
    // Listens on free ports of the loopback; the custom resources of manifests/ are installed.
    explicit embedded_cluster(simulator::longhorn_options longhorn, simulator::restic_options restic = {});
    ~embedded_cluster();
    embedded_cluster(const embedded_cluster&) = delete;
    embedded_cluster& operator=(const embedded_cluster&) = delete;

    // How the service reaches it.
    [[nodiscard]] kube::cluster_access access() const;
    [[nodiscard]] std::string longhorn_url() const;

    // Longhorn's port refuses connections until it is opened again.
    void close_longhorn();
    void open_longhorn();

    // Runs `work(kubernetes, longhorn)` on the cluster's thread and returns what it returns. Throws what it throws.
    template <class Work>
    auto with(Work work) {
        using answer = decltype(work(*kubernetes_, *longhorn_));
        std::packaged_task<answer()> task([&] { return work(*kubernetes_, *longhorn_); });
        auto done = task.get_future();
        boost::asio::post(context_, [&task] { task(); });
        return done.get();
    }

    // Only within `work` of with().
    [[nodiscard]] simulator::restic& restic() { return *restic_; }

private:
    boost::asio::io_context context_{1};
    std::shared_ptr<simulator::restic> restic_;
    std::unique_ptr<simulator::kubernetes> kubernetes_;
    std::unique_ptr<simulator::longhorn> longhorn_;
    std::unique_ptr<simulator::http_server> kubernetes_server_;
    std::unique_ptr<simulator::http_server> longhorn_server_;
    std::unique_ptr<simulator::kubernetes_link> link_;
    std::uint16_t longhorn_port_ = 0;
    std::thread thread_;
};

} // namespace soteria::demo
