// The simulated restic, one container at a time and without a cluster.
#pragma once

#include "test/simulator/restic/restic.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace simulator {

namespace json = boost::json;

struct ended {
    int exit_code = -1;
    std::string output;
    std::vector<std::string> lines;

    [[nodiscard]] bool says(const std::string& words) const { return output.find(words) != std::string::npos; }

    // The last line of JSON with that message_type.
    [[nodiscard]] json::object message(const std::string& type) const {
        json::object found;
        for (const auto& line : lines) {
            boost::system::error_code error;
            const auto parsed = json::parse(line, error);
            if (!error && parsed.is_object() && parsed.get_object().contains("message_type") &&
                parsed.at("message_type") == json::value(type)) {
                found = parsed.get_object();
            }
        }
        return found;
    }
};

struct restic_fixture {
    restic player{restic_options{std::chrono::milliseconds(0)}};
    container_order order;

    restic_fixture() {
        order.ns = "ai";
        order.pod = "job-1";
        order.environment = {{"RESTIC_REPOSITORY", "s3:http://store/backups"},
                             {"RESTIC_PASSWORD", "geheim"},
                             {"AWS_ACCESS_KEY_ID", "key"},
                             {"AWS_SECRET_ACCESS_KEY", "secret"}};
    }

    // A container of that Pod with the PVC at /data (or wherever).
    container_order with(const std::string& line) const {
        auto made = order;
        std::istringstream words("restic " + line);
        for (std::string word; words >> word;) {
            made.command.push_back(word);
        }
        return made;
    }

    void mount(const std::string& path, const std::string& uid = "u1", std::int64_t capacity = 1 << 20) {
        container_mount made;
        made.path = path;
        made.claim = "cache";
        made.claim_uid = uid;
        made.capacity_bytes = capacity;
        order.mounts = {made};
    }

    static ended finish(running_container& running) {
        ended seen;
        while (seen.exit_code < 0) {
            const auto moment = running.next();
            seen.output += moment.output;
            seen.exit_code = moment.exit_code.value_or(-1);
        }
        std::istringstream text(seen.output);
        for (std::string line; std::getline(text, line);) {
            seen.lines.push_back(line);
        }
        return seen;
    }

    ended run(const std::string& line) {
        const auto running = player.start(with(line));
        return finish(*running);
    }

    std::string backed_up(const std::string& more = "--host ai/cache --tag soteria:namespace=ai,soteria:pvc=cache") {
        const auto seen = run("backup --json " + more + " -- /data");
        BOOST_TEST(seen.exit_code == 0);
        return std::string(seen.message("summary").at("snapshot_id").as_string());
    }

    json::object state() { return player.control("GET", "restic/state", nullptr)->as_object(); }

    json::array locks() { return state().at("repositories").at("s3:http://store/backups").at("locks").as_array(); }

    void fault(const std::string& described) { player.control("POST", "restic/faults", json::parse(described)); }
};

} // namespace simulator
