#include "test/simulator/kubernetes/server_state.hpp"

#include <boost/beast/core/detail/base64.hpp>

#include <charconv>

namespace simulator::api {

namespace {

// base64url without padding, as the API server writes its tokens.
std::string encode_token(std::uint64_t revision, const std::string& after) {
    json::object token;
    token["v"] = "meta.k8s.io/v1";
    token["rv"] = static_cast<std::int64_t>(revision);
    token["start"] = after + std::string(1, '\0');
    const auto text = json::serialize(token);
    std::string encoded(boost::beast::detail::base64::encoded_size(text.size()), '\0');
    encoded.resize(boost::beast::detail::base64::encode(encoded.data(), text.data(), text.size()));
    while (!encoded.empty() && encoded.back() == '=') {
        encoded.pop_back();
    }
    for (auto& c : encoded) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return encoded;
}

struct token {
    std::int64_t revision = 0; // -1: whatever is there now
    std::string after;
};

token decode_token(std::string text) {
    for (auto& c : text) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    std::string decoded(boost::beast::detail::base64::decoded_size(text.size() + 3), '\0');
    const auto sizes = boost::beast::detail::base64::decode(decoded.data(), text.data(), text.size());
    decoded.resize(sizes.first);
    boost::system::error_code error;
    const auto parsed = json::parse(decoded, error);
    const auto* object = error ? nullptr : parsed.if_object();
    if (object == nullptr || look(*object, {"rv"}) == nullptr || !object->at("rv").is_int64()) {
        throw bad_request("invalid continue token: continue key is not valid: " +
                          (error ? error.message() : std::string("no token of this server")));
    }
    if (const auto version = text_at(*object, {"v"}); version != "meta.k8s.io/v1") {
        throw bad_request(
            "invalid continue token: continue key is not valid: server does not recognize this encoded version \"" +
            version + "\"");
    }
    token found;
    found.revision = object->at("rv").get_int64();
    found.after = text_at(*object, {"start"});
    if (!found.after.empty() && found.after.back() == '\0') {
        found.after.pop_back();
    }
    return found;
}

std::size_t parse_limit(const std::string& text) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (!text.empty() && (error != std::errc() || end != text.data() + text.size())) {
        throw bad_request("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
    }
    return limit;
}

// The revision that resourceVersion and resourceVersionMatch ask for.
std::uint64_t wanted_revision(const server_state& state, const query_map& query) {
    const auto text = query_value(query, "resourceVersion");
    const auto match = query_value(query, "resourceVersionMatch");
    const auto asked = parse_revision(text, false);
    if (!match.empty() && text.empty()) {
        throw invalid_options("ListOptions",
                              {"FieldValueForbidden",
                               "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
                               "resourceVersionMatch"});
    }
    if (!match.empty() && match != "Exact" && match != "NotOlderThan") {
        throw invalid_options(
            "ListOptions", {"FieldValueNotSupported",
                            "Unsupported value: \"" + match + "\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                            "resourceVersionMatch"});
    }
    const auto current = state.kept.revision();
    if (asked > current) {
        throw too_large(asked, current);
    }
    return match == "Exact" && asked != 0 ? asked : current;
}

std::string list_text(const kind& which, const page& found, std::uint64_t revision, bool count_rest) {
    json::object metadata;
    metadata["resourceVersion"] = std::to_string(revision);
    if (!found.next.empty()) {
        metadata["continue"] = encode_token(revision, found.next);
        if (count_rest) {
            metadata["remainingItemCount"] = found.remaining;
        }
    } else if (which.custom) {
        metadata["continue"] = "";
    }
    std::string text = R"({"kind":")" + which.name + R"(List","apiVersion":")" + which.api_version() +
                       R"(","metadata":)" + json::serialize(metadata) + R"(,"items":[)";
    std::size_t size = text.size() + 2;
    for (const auto& item : found.items) {
        size += item->text.size() + 2;
    }
    text.reserve(size);
    for (const auto& item : found.items) {
        text += text.back() == '[' ? "{" : ",{";
        text.append(item->text, item->item_start);
    }
    return text += "]}";
}

} // namespace

std::uint64_t parse_revision(const std::string& text, bool of_watch) {
    std::uint64_t revision = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
    if (!text.empty() && (error != std::errc() || end != text.data() + text.size())) {
        const auto why = "resourceVersion: Invalid value: \"" + text + "\": strconv.ParseUint: parsing \"" + text +
                         "\": invalid syntax";
        throw of_watch ? refused(500, "", why) : bad_request("invalid resource version: " + why);
    }
    return revision;
}

scope scope_of(const address& where, const query_map& query) {
    scope wanted;
    wanted.ns = where.ns;
    wanted.label_filter = label_selector(query_value(query, "labelSelector"));
    wanted.field_filter = field_selector(query_value(query, "fieldSelector"), where.which->fields);
    return wanted;
}

response list_objects(server_state& state, const address& where, const query_map& query) {
    const auto wanted = scope_of(where, query);
    const auto limit = parse_limit(query_value(query, "limit"));
    auto& kept = state.kept.of(*where.which);
    std::uint64_t revision = state.kept.revision();
    std::string after;
    if (const auto text = query_value(query, "continue"); !text.empty()) {
        const auto from = decode_token(text);
        after = from.after;
        revision = from.revision < 0 ? revision : static_cast<std::uint64_t>(from.revision);
        if (revision < kept.forgotten()) {
            throw continue_expired(encode_token(static_cast<std::uint64_t>(-1), after));
        }
    } else {
        revision = wanted_revision(state, query);
        if (revision < kept.forgotten()) {
            throw refused(410, "Expired", "The resourceVersion for the provided list is too old.");
        }
    }
    const auto found = kept.list(wanted, revision, after, limit);
    const bool count_rest = wanted.label_filter.empty() && wanted.field_filter.empty();
    return answer_json(200, list_text(*where.which, found, revision, count_rest));
}

} // namespace simulator::api
