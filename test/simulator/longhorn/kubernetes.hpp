// The simulated Longhorn's own view of the cluster: it follows the PVs (list and watch) to fill kubernetesStatus and,
// when a volume is deleted, deletes its PV and the claim that is bound to it.
#pragma once

#include "cluster_client.hpp"
#include "longhorn.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace simulator {

// Also moves the manager's clock, so that what is due happens between requests too. `manager` outlives it; destroying
// it ends everything.
class kubernetes_link {
public:
    // Throws as cluster_client does.
    kubernetes_link(boost::asio::io_context& context, const longhorn& manager, const cluster_access& access);
    ~kubernetes_link();
    kubernetes_link(const kubernetes_link&) = delete;
    kubernetes_link& operator=(const kubernetes_link&) = delete;
    kubernetes_link(kubernetes_link&&) = delete;
    kubernetes_link& operator=(kubernetes_link&&) = delete;

private:
    struct implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace simulator
