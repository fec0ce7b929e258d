#include "files.hpp"

#include <soteria/kube/access.hpp>

#include <cstdlib>

namespace soteria::kube {

namespace {

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

result<cluster_access> service_account_access(const surroundings& here, const std::string& host) {
    const auto ca_file = here.service_account / "ca.crt";
    if (auto ca = read_small_file(ca_file); !ca)
        return ca.error().in("The Pod's service account has no usable CA certificate");
    cluster_access access;
    access.origin = "the Pod's service account";
    access.server = "https://" + bracketed(host) + ":" + here.variable("KUBERNETES_SERVICE_PORT").value_or("443");
    access.tls.ca_file = ca_file;
    access.token_file = here.service_account / "token";
    if (auto ns = read_small_file(here.service_account / "namespace"))
        access.ns = trimmed(*ns);
    return access;
}

std::vector<std::filesystem::path> split_list(std::string_view list) {
    std::vector<std::filesystem::path> files;
    while (!list.empty()) {
        const auto end = list.find(':');
        if (const auto each = list.substr(0, end); !each.empty())
            files.emplace_back(each);
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return files;
}

failure nowhere(const surroundings& here, const std::optional<std::string>& host) {
    if (host)
        return {errc::invalid, "KUBERNETES_SERVICE_HOST is set, but there is no token at " +
                                   (here.service_account / "token").string() +
                                   ". Let the Pod mount its service account (automountServiceAccountToken: true)."};
    return {errc::invalid, "No access to a Kubernetes cluster is configured: this is not a Pod, and KUBECONFIG is not "
                           "set. Set KUBECONFIG to a kubeconfig file."};
}

} // namespace

surroundings surroundings::of_this_process() {
    surroundings here;
    here.variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): start-up, one thread
        if (value == nullptr || *value == '\0')
            return std::nullopt;
        return value;
    };
    return here;
}

result<cluster_access> find_cluster_access(const surroundings& here) {
    const auto host = here.variable("KUBERNETES_SERVICE_HOST");
    std::error_code ignored;
    if (host && std::filesystem::exists(here.service_account / "token", ignored))
        return service_account_access(here, *host);
    if (const auto list = here.variable("KUBECONFIG"))
        return read_kubeconfig(split_list(*list));
    if (const auto home = here.variable("HOME"); home && !host) {
        const auto usual = std::filesystem::path(*home) / ".kube" / "config";
        if (std::filesystem::exists(usual, ignored))
            return read_kubeconfig({usual});
    }
    return nowhere(here, host);
}

} // namespace soteria::kube
