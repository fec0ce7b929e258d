#include "routes.hpp"

#include "requests.hpp"
#include "text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cctype>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

std::string header(const request& asked, const std::string& name) {
    const auto found = asked.headers.find(name);
    return found == asked.headers.end() ? std::string() : found->second;
}

response plain(int status, std::string body, std::string_view type) {
    response made;
    made.status = status;
    made.body = std::move(body);
    made.content_type = type;
    return made;
}

response not_a_page() {
    return plain(404, "404 page not found\n", plain_text);
}

response wrong_method() {
    return plain(405, "", "");
}

response redirect(const std::string& path) {
    response made = plain(301, "<a href=\"" + path + "\">Moved Permanently</a>.\n\n", "text/html; charset=utf-8");
    made.headers.emplace_back("Location", path);
    return made;
}

bool wants_html(const request& asked) {
    std::string agent = header(asked, "user-agent");
    std::transform(agent.begin(), agent.end(), agent.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string accept = header(asked, "accept");
    const auto format = asked.query.find("_format");
    return agent.find("mozilla") != std::string::npos && (accept.empty() || accept.find("*/*") != std::string::npos) &&
           (format == asked.query.end() || format->second != "json");
}

} // namespace

response routes::error_answer(const std::string& self, int status, const std::string& message) {
    return plain(status, bj::serialize(render_error(self, status, message)) + "\n", plain_text);
}

response routes::html_answer(const view& seen, const std::string& json) {
    return plain(
        200,
        "<!DOCTYPE html>\n<!-- If you are reading this, there is a good chance you would prefer sending an\n"
        "\"Accept: application/json\" header and receiving actual JSON responses. -->\n<script>\nvar schemas=\"" +
            seen.base + "/v1/schemas\";\n//BEFORE DATA\nvar data = \n" + json + ";\n</script>\n",
        "text/html; charset=utf-8");
}

response routes::ok(const call& made, std::string body) {
    response answered;
    answered.body = std::move(body);
    answered.body += '\n';
    answered.headers.emplace_back("X-Api-Schemas", made.seen.base + "/v1/schemas");
    return answered;
}

response routes::ok(const call& made, const bj::value& body) {
    return ok(made, bj::serialize(body));
}

response routes::answer(const request& asked) {
    if (asked.path.size() > 1 && asked.path.ends_with('/')) {
        return redirect(asked.path.substr(0, asked.path.size() - 1));
    }
    const std::string base = "http://" + header(asked, "host");
    if (base != base_) {
        base_ = base;
        world_.touch_all();
    }
    const auto action = asked.query.find("action");
    call made{.asked = asked,
              .collection = {},
              .name = {},
              .action = action == asked.query.end() ? "" : action->second,
              .self = base + asked.path,
              .seen = {.of = world_, .base = base}};
    if (!asked.path.starts_with("/v1/")) {
        return not_a_page();
    }
    made.collection = asked.path.substr(4);
    if (const auto slash = made.collection.find('/'); slash != std::string::npos) {
        made.name = made.collection.substr(slash + 1);
        made.collection.resize(slash);
    }
    if (made.name.find('/') != std::string::npos) {
        return not_a_page();
    }
    try {
        response answered = dispatch(made);
        if (answered.status == 200 && answered.content_type == "application/json" && wants_html(asked)) {
            return html_answer(made.seen, answered.body);
        }
        return answered;
    } catch (const refusal& refused) {
        return error_answer(made.self, refused.status, refused.message);
    }
}

response routes::dispatch(const call& made) {
    if (made.collection == "volumes") {
        return volumes(made);
    }
    if (made.collection == "backupvolumes") {
        return backup_volumes(made);
    }
    if (made.collection == "backuptargets") {
        return backup_targets(made);
    }
    if (made.collection == "settings") {
        return settings(made);
    }
    if (made.collection == "schemas") {
        return schemas(made);
    }
    return not_a_page();
}

response routes::settings(const call& made) {
    if (made.asked.method != "GET") {
        return wrong_method();
    }
    if (made.name.empty()) {
        return ok(made, collection(made.self, "setting", {render_version_setting(made.seen)}));
    }
    if (made.name != "current-longhorn-version") {
        throw refusal{404, "failed to get setting: setting.longhorn.io \"" + made.name + "\" not found"};
    }
    return ok(made, render_version_setting(made.seen));
}

response routes::schemas(const call& made) {
    if (made.asked.method != "GET") {
        return wrong_method();
    }
    if (made.name.empty()) {
        bj::array all;
        for (const char* name : {"backupVolume", "snapshotInput"}) {
            all.push_back(*render_schema(made.seen, name));
        }
        return ok(made, collection(made.self, "schema", std::move(all)));
    }
    const auto schema = render_schema(made.seen, made.name);
    return schema ? ok(made, *schema) : not_a_page();
}

const std::string& routes::serialised(const view& seen, volume& one) {
    if (one.serialised.empty()) {
        one.serialised = bj::serialize(render(seen, one, volume_detail::full));
    }
    return one.serialised;
}

response routes::list_volumes(const call& made) {
    std::string body = R"({"createTypes":{"volume":")" + made.self + R"("},"data":[)";
    body.reserve(body.size() + world_.volumes.size() * 8192);
    bool first = true;
    for (auto& [name, one] : world_.volumes) {
        if (!first) {
            body += ',';
        }
        first = false;
        body += serialised(made.seen, one);
    }
    body += R"(],"links":{"self":")" + made.self + R"("},"resourceType":"volume","type":"collection"})";
    return ok(made, std::move(body));
}

response routes::one_volume(const call& made, volume_detail detail) {
    volume* one = world_.find(made.name);
    if (one == nullptr) {
        return plain(404, "", "");
    }
    if (detail == volume_detail::full) {
        return ok(made, serialised(made.seen, *one));
    }
    return ok(made, render(made.seen, *one, detail));
}

response routes::volumes(const call& made) {
    const std::string& method = made.asked.method;
    if (made.name.empty()) {
        if (method == "GET") {
            return list_volumes(made);
        }
        if (method == "POST") {
            const volume& one = world_.create_volume(read_volume_request(made.asked.body));
            return ok(made, render(made.seen, one, volume_detail::brief));
        }
        return wrong_method();
    }
    if (method == "GET") {
        return one_volume(made, volume_detail::full);
    }
    if (method == "DELETE") {
        world_.delete_volume(made.name);
        return plain(200, "", "");
    }
    return method == "POST" ? volume_action(made) : wrong_method();
}

response routes::volume_action(const call& made) {
    if (made.action == "attach") {
        const auto decoded = decode_body(made.asked.body, "AttachInput");
        const go_fields in(decoded, "AttachInput");
        world_.attach(made.name, in.text("hostId"), in.text("attachmentID"), in.flag("disableFrontend"));
        return one_volume(made, volume_detail::brief);
    }
    if (made.action == "detach") {
        const auto decoded = made.asked.body.empty() ? bj::object() : decode_body(made.asked.body, "DetachInput");
        world_.detach(made.name, go_fields(decoded, "DetachInput").text("attachmentID"));
        return one_volume(made, volume_detail::brief);
    }
    if (made.action == "snapshotBackup") {
        world_.start_backup(made.name, read_backup_request(made.asked.body));
        return one_volume(made, volume_detail::full);
    }
    if (made.action == "snapshotCreate") {
        return engine_snapshot(made);
    }
    return made.action.starts_with("snapshotCR") ? snapshot_action(made) : not_a_page();
}

// The engine's own snapshot: needs it running, and its CR follows some seconds later.
response routes::engine_snapshot(const call& made) {
    const auto decoded = decode_body(made.asked.body, "SnapshotInput");
    const go_fields in(decoded, "SnapshotInput");
    const volume* source = world_.find(made.name);
    if (source == nullptr || !source->engine_running) {
        throw refusal{500, "failed to create snapshot: cannot get client for volume " + made.name + " on node " +
                               world_.options.nodes.front() + ": engine is not running"};
    }
    const snapshot& taken = world_.create_snapshot(made.name, in.text("name"), in.map("labels"));
    return ok(made, bj::object{{"actions", bj::object()},
                               {"checksum", ""},
                               {"children", bj::object{{taken.child, true}}},
                               {"created", rfc3339(taken.cr_created)},
                               {"id", taken.name},
                               {"labels", bj::object()},
                               {"links", bj::object{{"self", made.seen.base + "/v1/snapshots/" + taken.name}}},
                               {"name", taken.name},
                               {"parent", taken.parent},
                               {"removed", false},
                               {"size", "0"},
                               {"type", "snapshot"},
                               {"usercreated", true}});
}

response routes::snapshot_action(const call& made) {
    if (made.action == "snapshotCRList") {
        bj::array all;
        for (const auto& [name, one] : world_.snapshots) {
            if (one.volume == made.name) {
                all.push_back(render(made.seen, one));
            }
        }
        return ok(made, collection(made.self, "snapshotCR", std::move(all)));
    }
    if (made.action != "snapshotCRCreate" && made.action != "snapshotCRGet" && made.action != "snapshotCRDelete") {
        return not_a_page();
    }
    const auto decoded = decode_body(made.asked.body, "SnapshotCRInput");
    const go_fields in(decoded, "SnapshotCRInput");
    if (made.action == "snapshotCRCreate") {
        return ok(made, render(made.seen, world_.create_snapshot(made.name, in.text("name"), in.map("labels"))));
    }
    if (made.action == "snapshotCRGet") {
        return ok(made, render(made.seen, world_.get_snapshot(in.text("name"))));
    }
    world_.delete_snapshot(in.text("name"));
    return ok(made,
              bj::object{{"actions", bj::object()}, {"links", bj::object{{"self", made.self}}}, {"type", "empty"}});
}

} // namespace simulator::lh
