// Replicas' event streams over a simulated cluster: reflectors, histories, feed and hub as the service has them,
// without the service around them.
#pragma once

#include "source/app/caches.hpp"
#include "source/app/event_parts.hpp"
#include "test/simulator/kubernetes/seed.hpp"
#include "test/support/cluster.hpp"

#include <soteria/async/task_group.hpp>
#include <soteria/events/cursor.hpp>

#include <boost/json.hpp>

#include <memory>
#include <string>

namespace soteria::test {

namespace json = boost::json;

struct recorded : cluster {
    recorded() {
        for (const std::string file : {"namespace.yaml", "crd-backups.yaml", "crd-restores.yaml"})
            for (auto& object : simulator::read_objects(SOTERIA_TEST_DATA "/../../manifests/base/" + file))
                kubernetes.apply(std::move(object));
    }

    // A backup's record in some phase, new or changed.
    void put(const std::string& name, const std::string& phase, const std::string& kind = "Backup") {
        json::object made{{"apiVersion", "soteria.dev/v1alpha1"}, {"kind", kind}};
        made["metadata"] = json::object{{"namespace", "ai"}, {"name", name}};
        made["spec"] = json::object{{"pvc", "llm-cache"}};
        if (kind == "Restore")
            made["spec"].as_object()["targetPvc"] = "copy";
        made["status"] = json::object{{"phase", phase}};
        const auto resource = kind == "Backup" ? "backups.soteria.dev" : "restores.soteria.dev";
        if (const auto present = kubernetes.get(resource, "ai", name))
            made["metadata"].as_object()["uid"] = present->at("metadata").at("uid");
        kubernetes.apply(std::move(made));
    }

    void drop(const std::string& name) { BOOST_TEST_REQUIRE(kubernetes.remove("backups.soteria.dev", "ai", name)); }

    // What the leader leaves there for those that start.
    void leave_mark(const events::position& at) {
        json::object lease{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}};
        lease["metadata"] =
            json::object{{"namespace", "soteria"},
                         {"name", "soteria"},
                         {"annotations", json::object{{app::events_from_annotation, events::to_string(at)}}}};
        lease["spec"] = json::object{{"holderIdentity", "another"}};
        kubernetes.apply(std::move(lease));
    }
};

class replica {
public:
    explicit replica(recorded& of)
        : context_(of.context), tasks_(context_.get_executor()),
          parts_(context_.get_executor(), *of.client, {"soteria", "soteria", "longhorn"}),
          backups_(context_.get_executor(), *of.client, kube::reflector_settings(records::backups),
                   records::decode_backup, &parts_.backups.history),
          restores_(context_.get_executor(), *of.client, kube::reflector_settings(records::restores),
                    records::decode_restore, &parts_.restores.history) {
        tasks_.spawn("backups", [this] { return backups_.reflector.run(); });
        tasks_.spawn("restores", [this] { return restores_.reflector.run(); });
        parts_.start(tasks_);
        run_until(context_, [this] { return parts_.hub.begun(); });
    }

    ~replica() { run(context_, tasks_.stop(async::deadline::after(patience))); }

    replica(const replica&) = delete;
    replica& operator=(const replica&) = delete;

    [[nodiscard]] const events::hub& hub() const { return parts_.hub; }

    [[nodiscard]] const kube::reflector_health& health() const { return backups_.reflector.health(); }

    // Whether somebody who has seen so much can go on, once that is certain.
    bool takes(const events::position& seen) {
        run_until(context_, [&] { return hub().can_resume(seen) != events::resumption::later; });
        return hub().can_resume(seen) == events::resumption::possible;
    }

    // Reads until `last` is among what was told: "a Queued|a Running|b Queued deleted".
    std::string read_until(events::cursor& reader, const std::string& last) {
        std::string told;
        run_until(context_, [&] {
            while (const auto frame = reader.next())
                told += (told.empty() ? "" : "|") + words(*reader.text(frame));
            return told.ends_with(last);
        });
        return told;
    }

    // Reads so many frames.
    std::string read(events::cursor& reader, std::size_t frames) {
        std::string told;
        run_until(context_, [&] {
            for (auto frame = frames > 0 ? reader.next() : nullptr; frame;
                 frame = --frames > 0 ? reader.next() : nullptr)
                told += (told.empty() ? "" : "|") + words(*reader.text(frame));
            return frames == 0;
        });
        return told;
    }

private:
    static std::string words(const std::string& block) {
        const auto from = block.find("data: ") + 6;
        const auto data = json::parse(block.substr(from, block.find('\n', from) - from)).as_object();
        if (const auto* reason = data.if_contains("reason"); reason != nullptr && !data.contains("id"))
            return "reset";
        return std::string(data.at("resource").at("name").as_string()) + " " +
               std::string(data.at("phase").as_string()) + (data.contains("deleted") ? " deleted" : "");
    }

    boost::asio::io_context& context_;
    async::task_group tasks_;
    app::event_parts parts_;
    app::cache<records::record> backups_;
    app::cache<records::record> restores_;
};

} // namespace soteria::test
