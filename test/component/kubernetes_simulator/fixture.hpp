// A simulated cluster behind real HTTP, asked by a client that is not the product's.
#pragma once

#include "test/simulator/fault/upstream.hpp"
#include "test/simulator/http/server.hpp"
#include "test/simulator/kubernetes/json_access.hpp"
#include "test/simulator/kubernetes/kubernetes.hpp"
#include "test/support/running.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace simulator {

namespace asio = boost::asio;
namespace json = boost::json;
using api::look;
using api::text_at;

struct answered {
    int status = 0;
    json::object body;

    [[nodiscard]] std::string text(api::json_path path) const { return text_at(body, path); }

    [[nodiscard]] std::string revision() const { return text({"metadata", "resourceVersion"}); }
};

// A watch as its client sees it.
struct watching {
    std::unique_ptr<fault::channel> connection;
    std::string bytes;
    bool ended = false;
    bool broken = false; // ended in the middle of the body
};

struct cluster_fixture {
    asio::io_context context;
    std::unique_ptr<kubernetes> cluster;
    std::unique_ptr<http_server> server;
    std::string url;

    cluster_fixture() : cluster_fixture(kubernetes_options()) {}

    explicit cluster_fixture(kubernetes_options options) {
        options.control = true;
        cluster = std::make_unique<kubernetes>(context, options);
        server = std::make_unique<http_server>(context, "127.0.0.1", 0, cluster->handle());
        server->start();
        url = "http://127.0.0.1:" + std::to_string(server->port());
    }

    ~cluster_fixture() {
        server->stop();
        cluster.reset();
        context.restart();
        context.run_for(soteria::test::patience);
        BOOST_TEST(context.stopped(), "the loop still has work after everything was stopped");
    }

    static request make(std::string method, std::string target, const std::string& body) {
        request asked;
        asked.headers["content-type"] = method == "PATCH" ? "application/merge-patch+json" : "application/json";
        asked.headers["user-agent"] = "the test";
        asked.method = std::move(method);
        asked.target = std::move(target);
        asked.body = body;
        return asked;
    }

    asio::awaitable<response> exchange(request asked) {
        fault::upstream upstream(context.get_executor(), url);
        const auto connection = co_await upstream.open(true);
        auto answer = co_await connection->exchange(asked);
        co_return answer;
    }

    answered call(const std::string& method, const std::string& target, const std::string& body = {}) {
        const auto answer = soteria::test::run(context, exchange(make(method, target, body)));
        answered seen;
        seen.status = answer.status;
        boost::system::error_code error;
        auto parsed = json::parse(answer.body, error);
        if (!error && parsed.is_object()) {
            seen.body = std::move(parsed.get_object());
        }
        return seen;
    }

    answered get(const std::string& target) { return call("GET", target); }

    // Until what the controllers do has been done.
    template <class Condition>
    void eventually(Condition holds) {
        soteria::test::run_until(context, holds);
    }

    // Lets the loop turn until it has nothing at hand.
    void settle() {
        context.restart();
        while (context.poll() != 0) {
            context.restart();
        }
    }

    watching watch(const std::string& target) {
        fault::upstream upstream(context.get_executor(), url);
        watching made;
        made.connection = soteria::test::run(context, upstream.open(true));
        const auto asked = make("GET", target, "");
        soteria::test::run(context, made.connection->begin(asked));
        return made;
    }

    // Reads until `count` whole lines have come or the watch has ended; returns them.
    std::vector<json::object> events(watching& of, std::size_t count) {
        std::vector<json::object> lines;
        while (lines.size() < count) {
            const auto end = of.bytes.find('\n');
            if (end != std::string::npos) {
                lines.push_back(json::parse(of.bytes.substr(0, end)).as_object());
                of.bytes.erase(0, end + 1);
                continue;
            }
            try {
                const auto more = soteria::test::run(context, of.connection->next());
                of.ended = more.empty();
                of.bytes += more;
            } catch (const boost::system::system_error&) {
                of.ended = true;
                of.broken = true;
            }
            if (of.ended) {
                break;
            }
        }
        return lines;
    }
};

// "ADDED a", "MODIFIED a", ...
inline std::vector<std::string> summary(const std::vector<json::object>& events) {
    std::vector<std::string> lines;
    for (const auto& event : events) {
        const auto name = text_at(event, {"object", "metadata", "name"});
        lines.push_back(text_at(event, {"type"}) + (name.empty() ? "" : " " + name));
    }
    return lines;
}

inline std::string config_map(const std::string& name, const std::string& rest = {}) {
    return R"({"metadata":{"name":")" + name + "\"" + rest + R"(},"data":{"a":"b"}})";
}

inline const std::string config_maps = "/api/v1/namespaces/default/configmaps";
inline const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
inline const std::string volumes = "/api/v1/persistentvolumes";
inline const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
inline const std::string restores = "/apis/soteria.dev/v1alpha1/namespaces/default/restores";

inline std::string claim(const std::string& name, const std::string& volume, const std::string& rest = {}) {
    return R"({"metadata":{"name":")" + name +
           R"("},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"slow",)" + R"("volumeName":")" + volume +
           R"(","resources":{"requests":{"storage":"1Gi"}})" + rest + "}}";
}

inline std::string volume(const std::string& name, const std::string& rest = {}) {
    return R"({"metadata":{"name":")" + name +
           R"("},"spec":{"capacity":{"storage":"2Gi"},"accessModes":["ReadWriteOnce"],)" +
           R"("storageClassName":"slow","csi":{"driver":"driver.longhorn.io","volumeHandle":")" + name + "\"}" + rest +
           "}}";
}

inline std::string restore(const std::string& name, const std::string& spec = R"({"pvc":"data"})",
                           const std::string& rest = {}) {
    return R"({"apiVersion":"soteria.dev/v1alpha1","kind":"Restore","metadata":{"name":")" + name + R"("},"spec":)" +
           spec + rest + "}";
}

} // namespace simulator
