// A cluster whose Jobs' containers do what a test says.
#pragma once

#include "fixture.hpp"

#include <deque>

namespace simulator {

// Plays each container from its list of moments; one without a list ends well at once. A container whose list is used
// up runs on.
class scripted_player final : public container_player {
public:
    std::map<std::string, std::deque<container_moment>> scripts; // by the container's name
    std::vector<container_order> started;
    std::vector<std::string> terminated; // the containers' names

    std::unique_ptr<running_container> start(const container_order& order) override {
        started.push_back(order);
        return std::make_unique<actor>(*this, order.container);
    }

    std::optional<json::value> control(const std::string& /*method*/, const std::string& path,
                                       const json::value& body) override {
        return path == "player" ? std::optional(body) : std::nullopt;
    }

private:
    class actor final : public running_container {
    public:
        actor(scripted_player& by, std::string name) : by_(by), name_(std::move(name)) {}

        container_moment next() override {
            const auto found = by_.scripts.find(name_);
            container_moment moment;
            if (found == by_.scripts.end()) {
                moment.exit_code = 0;
            } else if (found->second.empty()) {
                moment.then = std::chrono::hours(1);
            } else {
                moment = found->second.front();
                found->second.pop_front();
            }
            return moment;
        }

        container_moment terminate() override {
            by_.terminated.push_back(name_);
            return ends(130, "interrupted\n");
        }

    private:
        scripted_player& by_;
        std::string name_;
    };

public:
    static container_moment ends(int exit_code, const std::string& output = {}) {
        container_moment last;
        last.exit_code = exit_code;
        last.output = output;
        return last;
    }

    static container_moment says(const std::string& output) {
        container_moment moment;
        moment.output = output;
        return moment;
    }
};

inline const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
inline const std::string pods = "/api/v1/namespaces/default/pods";
inline const std::string secrets = "/api/v1/namespaces/default/secrets";

struct jobs_fixture : cluster_fixture {
    std::shared_ptr<scripted_player> player;

    jobs_fixture() : jobs_fixture(std::make_shared<scripted_player>()) {}

    explicit jobs_fixture(const std::shared_ptr<scripted_player>& by) : cluster_fixture(options(by)), player(by) {}

    static kubernetes_options options(const std::shared_ptr<scripted_player>& by) {
        kubernetes_options made;
        made.player = by;
        return made;
    }

    // Two containers, "first" before "main"; `spec` and `pod` are merged into the Job's and the Pod's spec.
    static json::object job(const std::string& name, const std::string& spec = "{}", const std::string& pod = "{}") {
        auto made = json::parse(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"n"},"spec":{
            "backoffLimit":0,"template":{"metadata":{"labels":{"role":"backup"}},"spec":{"restartPolicy":"Never",
            "initContainers":[{"name":"first","image":"restic:1","command":["restic"],"args":["unlock"]}],
            "containers":[{"name":"main","image":"restic:1","command":["restic"],"args":["backup","/data"]}]}}}})");
        api::merge_patch(made.at("spec"), json::parse(spec));
        api::merge_patch(made.at("spec").at("template").at("spec"), json::parse(pod));
        made.at("metadata").as_object()["name"] = name;
        return made.as_object();
    }

    answered make(const json::object& object) { return call("POST", jobs, json::serialize(object)); }

    bool job_has(const std::string& name, const std::string& condition) {
        const auto found = cluster->get("jobs.batch", "default", name);
        return found && condition_of(*found, condition) == "True";
    }

    static std::string condition_of(const json::object& object, const std::string& type,
                                    const std::string& what = "status") {
        const auto* conditions = api::look_array(object, {"status", "conditions"});
        for (const auto& one : conditions == nullptr ? json::array() : *conditions) {
            if (text_at(one.as_object(), {"type"}) == type) {
                return text_at(one.as_object(), {what});
            }
        }
        return {};
    }

    json::object only_pod() {
        const auto found = cluster->list("pods", "default");
        BOOST_REQUIRE(found.size() == 1U);
        return found.front();
    }

    // Until the Job's Pod is there and `holds` of it.
    template <class Condition>
    json::object pod_when(Condition holds) {
        json::object seen;
        eventually([&] {
            const auto found = cluster->list("pods", "default");
            return found.size() == 1 && holds(seen = found.front());
        });
        return seen;
    }

    static json::object container_state(const json::object& pod, const std::string& name) {
        for (const auto* member : {"initContainerStatuses", "containerStatuses"}) {
            const auto* statuses = api::look_array(pod, {"status", member});
            for (const auto& one : statuses == nullptr ? json::array() : *statuses) {
                if (text_at(one.as_object(), {"name"}) == name) {
                    return one.at("state").as_object();
                }
            }
        }
        return {};
    }

    std::string log(const std::string& pod, const std::string& query) {
        return soteria::test::run(context,
                                  exchange(cluster_fixture::make("GET", pods + "/" + pod + "/log?" + query, "")))
            .body;
    }

    std::vector<std::string> events_about(const json::object& object) {
        std::vector<std::string> reasons;
        const auto uid = text_at(object, {"metadata", "uid"});
        const auto listed = get("/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3D" + uid);
        for (const auto& one : listed.body.at("items").as_array()) {
            reasons.push_back(text_at(one.as_object(), {"reason"}));
        }
        return reasons;
    }

    void fault(const std::string& described) {
        BOOST_TEST(call("POST", "/_simulator/faults", described).status == 200);
    }
};

} // namespace simulator
