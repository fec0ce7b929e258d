#include "restic.hpp"

#include "test/simulator/kubernetes/json_access.hpp"
#include "world.hpp"

#include <stdexcept>

namespace simulator {

namespace {

namespace json = boost::json;
using api::look_array;
using api::text_at;

std::int64_t number_in(const json::object& object, std::string_view member, std::int64_t otherwise) {
    const auto* found = object.if_contains(member);
    return found == nullptr ? otherwise : found->to_number<std::int64_t>();
}

rs::instant ago(const json::object& described) {
    const auto* hours = described.if_contains("hours");
    constexpr double milliseconds_an_hour = 3'600'000;
    const auto back = hours == nullptr ? 0 : hours->to_number<double>() * milliseconds_an_hour;
    return std::chrono::system_clock::now() - std::chrono::milliseconds(static_cast<std::int64_t>(back));
}

bool true_in(const json::object& object, std::string_view member) {
    const auto* found = object.if_contains(member);
    return found != nullptr && *found == true;
}

json::object shown(const rs::snapshot& one) {
    json::object made;
    made["id"] = one.id;
    made["original"] = one.original;
    made["host"] = one.host;
    made["time"] = rs::time_text(one.time);
    for (const auto& tag : one.tags) {
        (made["tags"].is_array() ? made["tags"].get_array() : made["tags"].emplace_array()).emplace_back(tag);
    }
    made["files"] = one.files;
    made["bytes"] = one.bytes;
    return made;
}

} // namespace

struct restic::implementation {
    rs::world world;

    // As our own backups are; what is given beside it counts more.
    rs::snapshot described(const json::object& given) {
        constexpr std::int64_t usual_files = 120;
        constexpr std::int64_t usual_bytes = 1 << 30;
        rs::snapshot made;
        const auto ns = text_at(given, {"namespace"});
        const auto pvc = text_at(given, {"pvc"});
        made.id = text_at(given, {"id"}).empty() ? rs::new_id(world.random) : text_at(given, {"id"});
        made.tree = rs::new_id(world.random);
        made.time = ago(given);
        made.files = number_in(given, "files", usual_files);
        made.bytes = number_in(given, "bytes", usual_bytes);
        made.host = pvc.empty() ? text_at(given, {"host"}) : ns + "/" + pvc;
        if (!pvc.empty()) {
            made.tags = {"soteria:namespace=" + ns, "soteria:pvc=" + pvc};
            made.paths = {"/data"};
            if (const auto uid = text_at(given, {"uid"}); !uid.empty()) {
                made.tags.push_back("soteria:uid=" + uid);
            }
            made.tags.emplace_back(true_in(given, "incomplete") ? "soteria:incomplete" : "soteria:counted");
        }
        for (const auto& [member, list] : {std::pair("tags", &made.tags), std::pair("paths", &made.paths)}) {
            if (const auto* words = look_array(given, {member})) {
                for (const auto& word : *words) {
                    list->emplace_back(word.as_string());
                }
            }
        }
        return made;
    }

    json::object state() const {
        json::object all;
        auto& repositories = all["repositories"].emplace_object();
        for (const auto& [url, one] : world.repositories) {
            auto& repository = repositories[url].emplace_object();
            auto& snapshots = repository["snapshots"].emplace_array();
            for (const auto& each : one.snapshots) {
                snapshots.push_back(shown(each));
            }
            auto& locks = repository["locks"].emplace_array();
            for (const auto& each : one.locks) {
                json::object lock;
                lock["exclusive"] = each.exclusive;
                lock["host"] = each.host;
                locks.push_back(std::move(lock));
            }
        }
        auto& restored = all["restored"].emplace_object();
        for (const auto& [uid, what] : world.restored) {
            auto& into = restored[uid].emplace_object();
            into["snapshot"] = what.snapshot;
            into["files"] = what.files;
            into["bytes"] = what.bytes;
        }
        auto& runs = all["runs"].emplace_array();
        for (const auto& one : world.runs) {
            runs.push_back(one);
        }
        return all;
    }

    void add_fault(const json::object& described) {
        static const std::set<std::string> words{"wrong_password", "unreachable", "refused", "missing", "locked",
                                                 "no_space",       "unreadable",  "fails",   "slow",    "garbage"};
        rs::fault made;
        made.command = text_at(described, {"command"});
        made.what = text_at(described, {"do"});
        made.host = text_at(described, {"host"});
        made.left = static_cast<int>(number_in(described, "times", 1));
        made.always = made.left == 0;
        if (!words.contains(made.what)) {
            throw std::invalid_argument("the simulated restic knows no fault \"" + made.what + "\"");
        }
        world.faults.push_back(std::move(made));
    }
};

restic::restic(restic_options options) : implementation_(std::make_unique<implementation>()) {
    implementation_->world.options = options;
}

restic::~restic() = default;

std::unique_ptr<running_container> restic::start(const container_order& order) {
    return rs::run(implementation_->world, order);
}

void restic::seed(const json::object& described) {
    auto& world = implementation_->world;
    auto& repository = world.repositories[text_at(described, {"repository"})];
    if (repository.id.empty()) {
        repository.id = rs::new_id(world.random);
    }
    if (const auto password = text_at(described, {"password"}); !password.empty()) {
        repository.password = password;
    }
    if (const auto* snapshots = look_array(described, {"snapshots"})) {
        for (const auto& one : *snapshots) {
            repository.snapshots.push_back(implementation_->described(one.as_object()));
        }
    }
    if (const auto* locks = look_array(described, {"locks"})) {
        for (const auto& one : *locks) {
            rs::lock held;
            held.id = rs::new_id(world.random);
            held.exclusive = true_in(one.as_object(), "exclusive");
            held.host = text_at(one.as_object(), {"host"});
            held.since = ago(one.as_object());
            repository.locks.push_back(std::move(held));
        }
    }
}

std::optional<json::value> restic::control(const std::string& method, const std::string& path,
                                           const json::value& body) {
    auto& world = implementation_->world;
    const auto what = method + " " + path;
    if (what == "GET restic/state") {
        return implementation_->state();
    }
    if (what == "POST restic/seed") {
        seed(body.as_object());
    } else if (what == "POST restic/faults") {
        implementation_->add_fault(body.as_object());
    } else if (what == "DELETE restic/faults") {
        world.faults.clear();
    } else if (what == "POST restic/pace") {
        world.options.duration = std::chrono::milliseconds(number_in(body.as_object(), "milliseconds", 0));
    } else {
        return std::nullopt;
    }
    return json::object();
}

} // namespace simulator
