// A simulated cluster behind a real socket, and the product's own client in front of it.
#pragma once

#include "test/simulator/http/server.hpp"
#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/support/running.hpp"

#include <soteria/kube/http_kube_client.hpp>
#include <soteria/net/curl_http_client.hpp>

#include <memory>
#include <string>

namespace soteria::test {

inline boost::json::object claim(const std::string& name) {
    boost::json::object made{{"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}};
    made["metadata"] = boost::json::object{{"namespace", "ai"}, {"name", name}};
    made["spec"] =
        boost::json::object{{"accessModes", boost::json::array{"ReadWriteOnce"}},
                            {"resources", boost::json::object{{"requests", boost::json::object{{"storage", "1Gi"}}}}}};
    return made;
}

inline simulator::kubernetes_options quick_bookmarks() {
    simulator::kubernetes_options options;
    options.bookmark_every = std::chrono::milliseconds(20);
    return options;
}

// No handler of the loop may keep the others waiting; what runs here is the server's side too.
struct cluster {
    boost::asio::io_context context{1};
    simulator::kubernetes kubernetes{context, quick_bookmarks()};
    std::unique_ptr<simulator::http_server> server;
    std::uint16_t port = 0;
    net::curl_http_client http{context.get_executor(), net::http_client_settings()};
    std::unique_ptr<kube::http_kube_client> client;

    cluster() {
        boost::json::object ns{{"apiVersion", "v1"}, {"kind", "Namespace"}};
        ns["metadata"] = boost::json::object{{"name", "ai"}};
        kubernetes.apply(std::move(ns));
        start_server();
        kube::cluster_access access;
        access.server = "http://127.0.0.1:" + std::to_string(port);
        client = std::make_unique<kube::http_kube_client>(http, access);
    }

    // On the port that it had, if it had one.
    void start_server() {
        server = std::make_unique<simulator::http_server>(context, "127.0.0.1", port, kubernetes.handle());
        server->start();
        port = server->port();
    }

    void stop_server() {
        server->stop();
        server.reset();
    }

    [[nodiscard]] static kube::call_options options() {
        return kube::call_options(async::deadline::after(patience), "test");
    }

    // The watches that the server was asked for.
    [[nodiscard]] std::vector<std::string> watches() const {
        std::vector<std::string> found;
        for (const auto& each : kubernetes.requests())
            if (each.query.find("watch=true") != std::string::npos)
                found.push_back(each.query);
        return found;
    }
};

} // namespace soteria::test
