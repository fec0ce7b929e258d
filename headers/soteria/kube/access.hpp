// Where the API server is, and who this process is there: a Pod's service account or KUBECONFIG.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/base/secret.hpp>
#include <soteria/net/http_client_settings.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::kube {

struct cluster_access {
    // For the log: "the Pod's service account", "context home of /home/me/.kube/config".
    std::string origin;
    // "https://10.96.0.1:443": no slash at the end.
    std::string server;
    // Where this process's own objects live, unless configured otherwise.
    std::string ns = "default";

    // For the HTTP client: CA, client certificate, server name.
    net::tls_settings tls;

    std::string token_file; // rotates: see token_source
    secret_string token;    // if there is no file
};

// What access is looked for with; tests hand in their own.
struct surroundings {
    // An environment variable; unset and empty are the same.
    std::function<std::optional<std::string>(const std::string&)> variable;
    std::filesystem::path service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

    static surroundings of_this_process();
};

// In a Pod (KUBERNETES_SERVICE_HOST and a mounted token) the service account; else the files of KUBECONFIG; else
// ~/.kube/config if it exists. invalid: neither, or something in it that cannot be used; the message names the file and
// what to do about it. Reads files: for start-up.
result<cluster_access> find_cluster_access(const surroundings& here);

// KUBECONFIG's rules: the first file that sets a value wins, clusters, users and contexts as wholes; relative paths are
// relative to the file that names them; missing files are skipped, unless all are missing.
result<cluster_access> read_kubeconfig(const std::vector<std::filesystem::path>& files);

// One file's text (YAML or JSON); `file` is for messages and relative paths.
result<cluster_access> parse_kubeconfig(std::string_view text, const std::filesystem::path& file);

} // namespace soteria::kube
