// The simulated Longhorn's own view of the cluster: it follows the PVs (list and watch) to fill kubernetesStatus and,
// when a volume is deleted, deletes its PV and the claim that is bound to it.
#pragma once

#include "longhorn.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace simulator {

// Plain HTTP without credentials: a simulated API server, or a real one behind `kubectl proxy`. Also moves the
// manager's clock, so that what is due happens between requests too. `manager` outlives it; destroying it ends
// everything.
class kubernetes_link {
public:
    // Throws std::invalid_argument if the URL is not http://host[:port].
    kubernetes_link(boost::asio::io_context& context, const longhorn& manager, const std::string& url);
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
