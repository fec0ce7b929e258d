// The demo's cluster, in a hurry.
#pragma once

#include "running_service.hpp"
#include "test/demo/content.hpp"
#include "test/demo/embedded_cluster.hpp"

namespace soteria::test {

// Longhorn's own waits and reports a hundred times faster.
inline simulator::longhorn_options hurried() {
    simulator::longhorn_options made;
    made.time_scale = 0.01;
    made.restore_seconds = 20;
    made.backup_seconds = 20;
    return made;
}

struct demo_cluster : demo::embedded_cluster {
    demo_cluster() : embedded_cluster(hurried()) {
        with([](auto& kubernetes, auto& manager) { demo::fill(kubernetes, manager); });
    }

    [[nodiscard]] config::settings settings() const { return quick_settings(longhorn_url()); }

    // POSTs to the simulated Longhorn's control API.
    void control(const std::string& path, const json::object& body) {
        simulator::request asked;
        asked.method = "POST";
        asked.path = "/_simulator/" + path;
        asked.body = json::serialize(body);
        const auto got = with([&](auto&, auto& manager) { return manager.answer(asked); });
        if (got.status != 200)
            throw std::runtime_error("the simulator refused " + path + ": " + got.body);
    }

    json::array longhorn_log() {
        simulator::request asked;
        asked.method = "GET";
        asked.path = "/_simulator/log";
        const auto got = with([&](auto&, auto& manager) { return manager.answer(asked); });
        const auto parsed = json::parse(got.body);
        return parsed.is_array() ? parsed.as_array() : parsed.at("log").as_array();
    }
};

} // namespace soteria::test
