#include "base64.hpp"
#include "files.hpp"

#include <soteria/kube/access.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>

namespace soteria::kube {

namespace {

// A cluster, user or context, with the file that it came from.
struct entry {
    YAML::Node value;
    std::filesystem::path file;
};

using entries = std::map<std::string, entry>;

struct kubeconfig {
    std::string current_context;
    std::filesystem::path current_context_file;
    entries clusters;
    entries users;
    entries contexts;
};

// Thrown inside this file only, beside yaml-cpp's own exceptions.
struct unusable {
    std::string why;
};

std::string text_of(const YAML::Node& map, const char* name) {
    if (!map.IsMap())
        return {};
    const YAML::Node value = map[name];
    if (!value.IsDefined() || value.IsNull())
        return {};
    if (!value.IsScalar())
        throw unusable{std::string("\"") + name + "\" is not a text"};
    return value.Scalar();
}

bool flag_of(const YAML::Node& map, const char* name) {
    const auto text = text_of(map, name);
    if (text.empty() || text == "false")
        return false;
    if (text == "true")
        return true;
    throw unusable{std::string("\"") + name + "\" is neither true nor false"};
}

void collect(const YAML::Node& root, const char* list, const char* what, const std::filesystem::path& file,
             entries& into) {
    const YAML::Node items = root[list];
    if (!items.IsDefined() || items.IsNull())
        return;
    if (!items.IsSequence())
        throw unusable{std::string("\"") + list + "\" is not a list"};
    for (const auto& item : items) {
        const auto name = text_of(item, "name");
        if (name.empty())
            throw unusable{std::string("an item of \"") + list + "\" has no name"};
        const YAML::Node value = item[what];
        into.try_emplace(name, entry{value.IsDefined() ? value : YAML::Node(YAML::NodeType::Map), file});
    }
}

void merge(kubeconfig& config, std::string_view text, const std::filesystem::path& file) {
    const YAML::Node root = YAML::Load(std::string(text));
    if (!root.IsMap())
        throw unusable{"it is not a kubeconfig (a map with clusters, users and contexts)"};
    collect(root, "clusters", "cluster", file, config.clusters);
    collect(root, "users", "user", file, config.users);
    collect(root, "contexts", "context", file, config.contexts);
    if (config.current_context.empty()) {
        config.current_context = text_of(root, "current-context");
        config.current_context_file = file;
    }
}

const entry& pick(const entries& from, const std::string& name, const std::string& what) {
    const auto found = from.find(name);
    if (found != from.end())
        return found->second;
    std::string known;
    for (const auto& each : from)
        known += (known.empty() ? "" : ", ") + each.first;
    throw unusable{"there is no " + what + " named \"" + name + "\" (there are: " + (known.empty() ? "none" : known) +
                   ")"};
}

std::string beside(const std::string& path, const std::filesystem::path& file) {
    if (path.empty())
        return {};
    return (std::filesystem::path(path).is_absolute() ? std::filesystem::path(path) : file.parent_path() / path)
        .string();
}

std::string decoded(const YAML::Node& map, const char* name) {
    const auto bytes = decode_base64(text_of(map, name));
    if (!bytes)
        throw unusable{std::string("\"") + name + "\" is not base64"};
    return *bytes;
}

void read_cluster(const entry& from, cluster_access& access) {
    const auto& cluster = from.value;
    access.server = text_of(cluster, "server");
    while (access.server.ends_with('/'))
        access.server.pop_back();
    if (!access.server.starts_with("https://") && !access.server.starts_with("http://"))
        throw unusable{"the cluster's \"server\" is not an http:// or https:// address: \"" + access.server + "\""};
    if (!text_of(cluster, "proxy-url").empty())
        throw unusable{"the cluster wants a proxy (\"proxy-url\"), which is not supported"};
    access.tls.skip_verify = flag_of(cluster, "insecure-skip-tls-verify");
    access.tls.server_name = text_of(cluster, "tls-server-name");
    access.tls.ca_pem = decoded(cluster, "certificate-authority-data");
    if (access.tls.ca_pem.empty())
        access.tls.ca_file = beside(text_of(cluster, "certificate-authority"), from.file);
}

void refuse_unsupported(const YAML::Node& user) {
    constexpr std::array unsupported{"exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups"};
    for (const auto* name : unsupported)
        if (user.IsMap() && user[name].IsDefined() && !user[name].IsNull())
            throw unusable{std::string("its user relies on \"") + name +
                           "\", which is not supported: use a token, a tokenFile or a client certificate"};
}

void read_user(const entry& from, cluster_access& access) {
    const auto& user = from.value;
    refuse_unsupported(user);
    access.token_file = beside(text_of(user, "tokenFile"), from.file);
    if (access.token_file.empty())
        access.token = secret_string(trimmed(text_of(user, "token")));
    access.tls.certificate_pem = decoded(user, "client-certificate-data");
    if (access.tls.certificate_pem.empty())
        access.tls.certificate_file = beside(text_of(user, "client-certificate"), from.file);
    access.tls.key_pem = secret_string(decoded(user, "client-key-data"));
    if (access.tls.key_pem.empty())
        access.tls.key_file = beside(text_of(user, "client-key"), from.file);
    const bool certificate = !access.tls.certificate_pem.empty() || !access.tls.certificate_file.empty();
    const bool key = !access.tls.key_pem.empty() || !access.tls.key_file.empty();
    if (key != certificate)
        throw unusable{"its user has only one of client certificate and client key; both are needed"};
}

cluster_access resolve(const kubeconfig& config) {
    if (config.current_context.empty())
        throw unusable{"it has no current-context; set one with: kubectl config use-context NAME"};
    const auto& context = pick(config.contexts, config.current_context, "context").value;
    cluster_access access;
    access.origin = "context " + config.current_context + " of " + config.current_context_file.string();
    if (auto ns = text_of(context, "namespace"); !ns.empty())
        access.ns = std::move(ns);
    read_cluster(pick(config.clusters, text_of(context, "cluster"), "cluster"), access);
    if (const auto user = text_of(context, "user"); !user.empty())
        read_user(pick(config.users, user, "user"), access);
    return access;
}

failure cannot_be_used(const std::string& files, const std::string& why) {
    return {errc::invalid, "The kubeconfig " + files + " cannot be used: " + why + "."};
}

// yaml-cpp speaks in exceptions; here they end.
template <class Work>
result<cluster_access> guarded(const std::string& files, Work work) {
    try {
        return work();
    } catch (const unusable& problem) {
        return cannot_be_used(files, problem.why);
    } catch (const YAML::Exception& problem) {
        return cannot_be_used(files, problem.what());
    }
}

} // namespace

result<cluster_access> parse_kubeconfig(std::string_view text, const std::filesystem::path& file) {
    return guarded(file.string(), [&] {
        kubeconfig config;
        merge(config, text, file);
        return resolve(config);
    });
}

result<cluster_access> read_kubeconfig(const std::vector<std::filesystem::path>& files) {
    kubeconfig config;
    std::string used;
    std::string missing;
    for (const auto& file : files) {
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) {
            missing += (missing.empty() ? "" : ", ") + file.string();
            continue;
        }
        auto text = read_small_file(file);
        if (!text)
            return text.error().in("KUBECONFIG cannot be used");
        used += (used.empty() ? "" : ", ") + file.string();
        const auto merged = guarded(file.string(), [&] {
            merge(config, *text, file);
            return cluster_access{};
        });
        if (!merged)
            return merged.error();
    }
    if (used.empty())
        return failure(errc::invalid,
                       "No file named in KUBECONFIG exists: " + (missing.empty() ? "it is empty" : missing) +
                           ". Set it to a kubeconfig file.");
    return guarded(used, [&] { return resolve(config); });
}

} // namespace soteria::kube
