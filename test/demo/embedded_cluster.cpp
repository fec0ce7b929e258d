#include "embedded_cluster.hpp"

#include "test/simulator/kubernetes/seed.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace soteria::demo {
namespace {

const std::string loopback = "127.0.0.1";

std::string url_of(const std::uint16_t port) {
    return "http://" + loopback + ":" + std::to_string(port);
}

} // namespace

embedded_cluster::embedded_cluster(simulator::longhorn_options longhorn, simulator::restic_options restic)
    : restic_(std::make_shared<simulator::restic>(restic)) {
    simulator::kubernetes_options options;
    options.player = restic_;
    kubernetes_ = std::make_unique<simulator::kubernetes>(context_, options);
    for (const std::string file : {"namespace.yaml", "crd-backups.yaml", "crd-restores.yaml"})
        for (auto& object : simulator::read_objects(SOTERIA_MANIFESTS "/base/" + file))
            kubernetes_->apply(std::move(object));
    kubernetes_server_ = std::make_unique<simulator::http_server>(context_, loopback, 0, kubernetes_->handle());
    kubernetes_server_->start();
    longhorn.clock = [] { return std::chrono::system_clock::now(); };
    longhorn_ = std::make_unique<simulator::longhorn>(std::move(longhorn));
    longhorn_server_ = std::make_unique<simulator::http_server>(context_, loopback, 0, longhorn_->handle());
    longhorn_server_->start();
    longhorn_port_ = longhorn_server_->port();
    simulator::cluster_access reach;
    reach.url = url_of(kubernetes_server_->port());
    link_ = std::make_unique<simulator::kubernetes_link>(context_, *longhorn_, reach);
    thread_ = std::thread([this] {
        const auto guard = boost::asio::make_work_guard(context_);
        context_.run();
    });
}

embedded_cluster::~embedded_cluster() {
    boost::asio::post(context_, [this] {
        link_.reset();
        longhorn_server_.reset();
        kubernetes_server_.reset();
        // What was just cancelled ends in the turns before this one.
        boost::asio::post(context_, [this] { context_.stop(); });
    });
    thread_.join();
}

kube::cluster_access embedded_cluster::access() const {
    kube::cluster_access made;
    made.origin = "the simulated cluster";
    made.server = url_of(kubernetes_server_->port());
    made.ns = "soteria";
    return made;
}

std::string embedded_cluster::longhorn_url() const {
    return url_of(longhorn_port_);
}

void embedded_cluster::close_longhorn() {
    with([this](auto&, auto&) { longhorn_server_.reset(); });
}

void embedded_cluster::open_longhorn() {
    with([this](auto&, auto&) {
        longhorn_server_ =
            std::make_unique<simulator::http_server>(context_, loopback, longhorn_port_, longhorn_->handle());
        longhorn_server_->start();
    });
}

} // namespace soteria::demo
