#include "requests.hpp"

#include <boost/json.hpp>

namespace simulator::lh {

namespace bj = boost::json;

namespace {

std::string kind_of(const bj::value& value) {
    switch (value.kind()) {
    case bj::kind::string:
        return "string";
    case bj::kind::bool_:
        return "bool";
    case bj::kind::array:
        return "array";
    case bj::kind::object:
        return "object";
    default:
        return "number";
    }
}

std::string go_syntax_error(const std::string& body) {
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) {
        return "EOF";
    }
    const auto quoted = [](char c) {
        return "invalid character '" + std::string(1, c) + "' looking for beginning of ";
    };
    if (body[first] == '{') {
        const auto second = body.find_first_not_of(" \t\r\n", first + 1);
        if (second != std::string::npos && body[second] != '"' && body[second] != '}') {
            return quoted(body[second]) + "object key string";
        }
        return "unexpected EOF";
    }
    return quoted(body[first]) + "value";
}

} // namespace

bj::object decode_body(const std::string& body, std::string_view go_type) {
    bj::stream_parser parser; // like Go's decoder: what follows the first value is not looked at
    boost::system::error_code error;
    parser.write_some(body, error);
    if (!error && !parser.done()) {
        parser.finish(error);
    }
    if (error || !parser.done()) {
        throw refusal{500, go_syntax_error(body)};
    }
    const bj::value value = parser.release();
    if (!value.is_object()) {
        throw refusal{500, "json: cannot unmarshal " + kind_of(value) + " into Go value of type api." +
                               std::string(go_type)};
    }
    return value.as_object();
}

void go_fields::wrong(std::string_view key, const bj::value& value, std::string_view wanted) const {
    throw refusal{500, "json: cannot unmarshal " + kind_of(value) + " into Go struct field " + type_ + "." +
                           std::string(key) + " of type " + std::string(wanted)};
}

std::string go_fields::text(std::string_view key) const {
    const auto* value = from_.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return {};
    }
    if (!value->is_string()) {
        wrong(key, *value, "string");
    }
    return std::string(value->as_string());
}

std::int64_t go_fields::integer(std::string_view key) const {
    const auto* value = from_.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return 0;
    }
    if (!value->is_int64()) {
        wrong(key, *value, "int");
    }
    return value->as_int64();
}

bool go_fields::flag(std::string_view key) const {
    const auto* value = from_.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return false;
    }
    if (!value->is_bool()) {
        wrong(key, *value, "bool");
    }
    return value->as_bool();
}

labels go_fields::map(std::string_view key) const {
    labels all;
    const auto* value = from_.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return all;
    }
    if (!value->is_object()) {
        wrong(key, *value, "map[string]string");
    }
    for (const auto& [name, each] : value->as_object()) {
        if (!each.is_string()) {
            wrong(key, each, "string");
        }
        all[name] = std::string(each.as_string());
    }
    return all;
}

std::vector<std::string> go_fields::list(std::string_view key) const {
    std::vector<std::string> all;
    const auto* value = from_.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return all;
    }
    if (!value->is_array()) {
        wrong(key, *value, "[]string");
    }
    for (const auto& each : value->as_array()) {
        if (!each.is_string()) {
            wrong(key, each, "string");
        }
        all.emplace_back(each.as_string());
    }
    return all;
}

volume_request read_volume_request(const std::string& body) {
    const bj::object decoded = decode_body(body, "Volume");
    const go_fields in(decoded, "Volume");
    volume_request asked;
    asked.name = in.text("name");
    asked.size = in.text("size");
    asked.from_backup = in.text("fromBackup");
    asked.data_engine = in.text("dataEngine");
    asked.frontend = in.text("frontend");
    asked.access_mode = in.text("accessMode");
    asked.data_locality = in.text("dataLocality");
    asked.backing_image = in.text("backingImage");
    asked.backup_target = in.text("backupTargetName");
    asked.node_selector = in.list("nodeSelector");
    asked.replicas = in.integer("numberOfReplicas");
    asked.stale_replica_timeout = in.integer("staleReplicaTimeout");
    asked.encrypted = in.flag("encrypted");
    asked.standby = in.flag("standby");
    return asked;
}

backup_request read_backup_request(const std::string& body) {
    const bj::object decoded = decode_body(body, "SnapshotInput");
    const go_fields in(decoded, "SnapshotInput");
    backup_request asked;
    asked.snapshot = in.text("name");
    asked.mode = in.text("backupMode");
    asked.marks = in.map("labels");
    return asked;
}

} // namespace simulator::lh
