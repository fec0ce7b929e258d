#include "test/simulator/kubernetes/kubernetes.hpp"

#include "test/simulator/kubernetes/controllers.hpp"
#include "test/simulator/kubernetes/router.hpp"
#include "test/simulator/kubernetes/workloads.hpp"

namespace simulator {

struct kubernetes::implementation {
    implementation(boost::asio::io_context& context, const kubernetes_options& options)
        : state(std::make_shared<api::server_state>(context, options)), managers(*state),
          work(*state, options.player.get()) {
        state->kept.changed = [this](const api::kind& which, const api::change& happened) {
            managers.observe(which, happened);
            work.observe(which, happened);
        };
        state->more_control = [this](const std::string& method, const std::string& path, const std::string& body) {
            return work.control(method, path, body);
        };
        for (const auto* name : {"default", "kube-system"}) {
            boost::json::object home;
            home["apiVersion"] = "v1";
            home["kind"] = "Namespace";
            api::make_object(home, {"metadata"})["name"] = name;
            state->verbs.apply(std::move(home));
        }
    }

    const api::kind& kind_of(std::string_view resource) const {
        const auto* which = state->known.find_resource(resource);
        if (which == nullptr) {
            throw std::invalid_argument("the simulated Kubernetes knows no resource " + std::string(resource));
        }
        return *which;
    }

    std::shared_ptr<api::server_state> state;
    api::controllers managers;
    api::workloads work;
};

kubernetes::kubernetes(boost::asio::io_context& context, const kubernetes_options& options)
    : implementation_(std::make_shared<implementation>(context, options)) {}

kubernetes::~kubernetes() {
    auto& state = *implementation_->state;
    state.stopped = true;
    state.kept.changed = nullptr;
    state.more_control = nullptr;
    implementation_->managers.stop();
    implementation_->work.stop();
    for (const auto& [key, which] : state.known.all()) {
        state.kept.of(which).wake();
    }
}

handler kubernetes::handle() const {
    return [state = implementation_->state](request asked) { return api::answer(state, std::move(asked)); };
}

boost::json::object kubernetes::apply(boost::json::object object) {
    const auto kind_name = api::text_at(object, {"kind"});
    if (const auto* items = api::look_array(object, {"items"}); items != nullptr && kind_name.ends_with("List")) {
        for (const auto& item : *items) {
            apply(item.as_object());
        }
        return object;
    }
    return implementation_->state->verbs.apply(std::move(object))->object();
}

bool kubernetes::remove(std::string_view resource, std::string_view ns, std::string_view name) {
    const auto& which = implementation_->kind_of(resource);
    auto& state = *implementation_->state;
    if (state.kept.find(which, ns, name) == nullptr) {
        return false;
    }
    state.verbs.remove(which, std::string(ns), std::string(name), {});
    return true;
}

std::optional<boost::json::object> kubernetes::get(std::string_view resource, std::string_view ns,
                                                   std::string_view name) const {
    const auto found = implementation_->state->kept.find(implementation_->kind_of(resource), ns, name);
    return found ? std::optional(found->object()) : std::nullopt;
}

std::vector<boost::json::object> kubernetes::list(std::string_view resource, std::string_view ns) const {
    api::scope wanted;
    wanted.ns = ns;
    auto& kept = implementation_->state->kept;
    std::vector<boost::json::object> listed;
    for (const auto& one : kept.of(implementation_->kind_of(resource)).list(wanted, kept.revision(), {}, 0).items) {
        listed.push_back(one->object());
    }
    return listed;
}

std::size_t kubernetes::count(std::string_view resource) const {
    return implementation_->state->kept.of(implementation_->kind_of(resource)).objects().size();
}

void kubernetes::force_gone() {
    implementation_->state->kept.forget_all();
}

void kubernetes::cut_watches() {
    api::cut_watches(*implementation_->state);
}

std::vector<logged_request> kubernetes::requests() const {
    const auto& log = implementation_->state->log;
    return {log.begin(), log.end()};
}

void kubernetes::clear_requests() {
    implementation_->state->log.clear();
}

} // namespace simulator
