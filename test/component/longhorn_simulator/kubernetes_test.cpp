// The simulated Longhorn beside a cluster: a handful of PVs served over HTTP.
#include "replay.hpp"
#include "test/simulator/http/server.hpp"
#include "test/simulator/longhorn/kubernetes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace bj = boost::json;

namespace {

bj::object persistent_volume(const std::string& name, const std::string& handle, const std::string& phase) {
    return {{"metadata", bj::object{{"name", name}}},
            {"spec", bj::object{{"csi", bj::object{{"driver", "driver.longhorn.io"}, {"volumeHandle", handle}}},
                                {"claimRef", bj::object{{"namespace", "shop"}, {"name", "data"}}}}},
            {"status", bj::object{{"phase", phase}}}};
}

// Lists one PV, sends the events it is given, and keeps what is deleted.
class cluster {
public:
    explicit cluster(asio::io_context& context)
        : server(context, "127.0.0.1", 0, [this](simulator::request asked) { return answer(std::move(asked)); }) {
        server.start();
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server.port()); }

    std::vector<std::string> deleted;
    std::deque<std::string> events;

private:
    asio::awaitable<simulator::response> answer(simulator::request asked) {
        simulator::response made;
        if (asked.method == "DELETE") {
            deleted.push_back(asked.path);
            made.body = "{}";
            co_return made;
        }
        if (asked.query.contains("watch")) {
            made.stream = [this](simulator::stream_writer& out) { return watch(out); };
            co_return made;
        }
        bj::array items{persistent_volume("pv-1", "pvc-1", "Bound")};
        made.body = bj::serialize(bj::object{{"metadata", bj::object{{"resourceVersion", "7"}}}, {"items", items}});
        co_return made;
    }

    asio::awaitable<void> watch(simulator::stream_writer& out) {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        bool open = true;
        while (open) {
            if (!events.empty()) {
                std::string line = events.front() + "\n";
                events.pop_front();
                open = co_await out.write(std::move(line));
            }
            timer.expires_after(5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    simulator::http_server server;
};

// Runs the loop until it is so, for ten seconds at most.
void eventually(asio::io_context& context, const std::string& what, const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!so() && std::chrono::steady_clock::now() < end) {
        context.run_one_for(50ms);
    }
    BOOST_TEST(so(), "It did not happen that " << what << ".");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_longhorn_beside_a_cluster_follows_its_pvs_and_takes_them_along_when_a_volume_is_deleted) {
    asio::io_context context(1);
    cluster kubernetes(context);
    simulator::longhorn_options options;
    const simulator::longhorn manager(options);
    manager.seed(bj::parse(R"({"volumes":[{"name":"pvc-1","size":"1Gi"},{"name":"pvc-2","size":"1Gi"}]})"));
    const auto& first = manager.state().volumes.at("pvc-1").kubernetes;
    const auto& second = manager.state().volumes.at("pvc-2").kubernetes;
    {
        const simulator::kubernetes_link link(context, manager, {.url = kubernetes.url(), .token = "", .ca_file = ""});
        eventually(context, "the listed PV is in kubernetesStatus", [&] { return first.pvc_name == "data"; });
        BOOST_TEST(first.pv_name == "pv-1");
        BOOST_TEST(first.ns == "shop");
        BOOST_TEST(first.pv_status == "Bound");
        const auto event = [&](const char* type, const bj::object& object) {
            kubernetes.events.push_back(bj::serialize(bj::object{{"type", type}, {"object", object}}));
        };
        event("ADDED", persistent_volume("pv-2", "pvc-2", "Bound"));
        eventually(context, "a watched PV is in kubernetesStatus", [&] { return second.pvc_name == "data"; });
        event("MODIFIED", persistent_volume("pv-2", "pvc-2", "Released"));
        eventually(context, "a released claim becomes history", [&] { return !second.last_pvc_ref_at.empty(); });
        BOOST_TEST(second.pv_status == "Released");
        event("DELETED", persistent_volume("pv-2", "pvc-2", "Released"));
        eventually(context, "a deleted PV is forgotten", [&] { return second.pv_name.empty(); });
        BOOST_TEST(second.pvc_name == "data");
        manager.state().delete_volume("pvc-1");
        manager.state().delete_volume("pvc-2");
        eventually(context, "the volumes are gone", [&] { return manager.state().volumes.empty(); });
        eventually(context, "PV and claim are deleted", [&] { return kubernetes.deleted.size() >= 2; });
    }
    const std::vector<std::string> expected{"/api/v1/persistentvolumes/pv-1",
                                            "/api/v1/namespaces/shop/persistentvolumeclaims/data"};
    BOOST_TEST(kubernetes.deleted == expected, boost::test_tools::per_element());
}
