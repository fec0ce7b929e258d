// Tickets, and a volume's way to a node and back.
#include "world.hpp"

#include <algorithm>
#include <utility>

namespace simulator::lh {

using namespace std::chrono_literals;

void world::attach(const std::string& name, const std::string& host, const std::string& ticket_name, bool no_frontend) {
    const std::string prefix = "unable to attach volume " + name + " to " + host + ": ";
    volume* one = find(name);
    if (one == nullptr) {
        throw refusal{404, prefix + "volume.longhorn.io \"" + name + "\" not found"};
    }
    if (std::find(options.nodes.begin(), options.nodes.end(), host) == options.nodes.end()) {
        throw refusal{404, prefix + "node.longhorn.io \"" + host + "\" not found"};
    }
    if (one->restore_required) {
        const bool copying = one->conditions["Restore"].status;
        throw refusal{500, prefix + "volume " + name + (copying ? " is restoring data" : " is pending restoring")};
    }
    ticket made;
    made.type = "longhorn-api";
    made.node = host;
    made.parameters = {{"disableFrontend", no_frontend ? "true" : "false"}, {"lastAttachedBy", ""}};
    add_ticket(*one, ticket_name, std::move(made));
}

void world::detach(const std::string& name, const std::string& ticket_name) {
    volume* one = find(name);
    if (one == nullptr) {
        throw refusal{404, "unable to detach volume " + name + ": volume.longhorn.io \"" + name + "\" not found"};
    }
    if (one->tickets.contains(ticket_name)) {
        drop_ticket(*one, ticket_name);
    }
}

void world::add_ticket(volume& one, const std::string& id, ticket made) {
    made.since = line.now();
    if (made.node.empty()) {
        made.node = one.node.empty() ? options.nodes.front() : one.node;
    }
    one.tickets[id] = std::move(made);
    touch(one);
    reconcile_tickets(one);
}

void world::drop_ticket(volume& one, const std::string& id) {
    one.tickets.erase(id);
    touch(one);
    reconcile_tickets(one);
}

void world::reconcile_tickets(volume& one) {
    if (one.deleting || one.robustness == "faulted") {
        return;
    }
    if (one.state == "detached" && !one.tickets.empty()) {
        later(one, 100ms, &world::attaching);
    } else if (one.state == "attached" && one.tickets.empty() && !one.restore_required) {
        later(one, 100ms, &world::leaving_node);
    }
}

void world::attaching(volume& one) {
    if (one.deleting || one.state != "detached" || one.tickets.empty() || !one.scheduled) {
        return;
    }
    const ticket& first = one.tickets.begin()->second;
    const auto wish = first.parameters.find("disableFrontend");
    one.state = "attaching";
    one.node = first.node;
    one.disable_frontend = wish == first.parameters.end() || wish->second != "false";
    later(one, 1700ms, &world::attached);
}

void world::attached(volume& one) {
    if (one.deleting || one.state != "attaching") {
        return;
    }
    one.state = "attached";
    one.engine_running = true;
    one.replicas_running = true;
    for (auto& [id, held] : one.tickets) {
        held.since = line.now();
    }
    if (one.restore_required) {
        set_condition(one, "Restore", true, "RestoreInProgress");
    }
    later(one, 5000ms, &world::engine_healthy);
}

void world::engine_healthy(volume& one) {
    if (one.deleting || one.state != "attached" || one.robustness == "faulted") {
        return;
    }
    one.robustness = "healthy";
    one.engine_size_known = true;
    if (one.restore_required) {
        restore_engine_ready(one);
        return;
    }
    one.restore_status.emplace();
    run_waiting(one);
    reconcile_tickets(one);
}

bool world::engine_usable(const volume& one) {
    return !one.deleting && one.state == "attached" && one.robustness == "healthy" && !one.restore_required;
}

void world::when_engine_usable(volume& one, std::function<void()> then) {
    if (engine_usable(one)) {
        then();
    } else {
        one.waiting_for_engine.push_back(std::move(then));
    }
}

void world::run_waiting(volume& one) {
    for (const auto& then : std::exchange(one.waiting_for_engine, {})) {
        then();
    }
}

void world::leaving_node(volume& one) {
    if (one.deleting || one.state != "attached" || !one.tickets.empty() || one.node.empty()) {
        return;
    }
    one.node.clear();
    one.disable_frontend = false;
    later(one, 100ms, &world::detaching);
}

void world::detaching(volume& one) {
    if (one.deleting || one.state != "attached") {
        return;
    }
    one.state = "detaching";
    if (one.robustness != "faulted") {
        one.robustness = "unknown";
        one.requested_restore.clear();
        set_condition(one, "Restore", false);
    }
    later(one, 700ms, &world::engine_stopped);
}

void world::engine_stopped(volume& one) {
    if (one.deleting || one.state != "detaching") {
        return;
    }
    one.engine_running = false;
    one.restore_status.reset();
    one.last_restored.clear();
    later(one, one.robustness == "faulted" ? 0ms : 1000ms, &world::detached);
}

void world::detached(volume& one) {
    if (one.deleting || (one.state != "detaching" && one.state != "detached")) {
        return;
    }
    one.state = "detached";
    one.node.clear();
    one.replicas_running = false;
    reconcile_tickets(one);
}

} // namespace simulator::lh
