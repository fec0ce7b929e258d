#include "scratch.hpp"

#include <soteria/kube/access.hpp>
#include <soteria/kube/token_source.hpp>

#include <boost/test/unit_test.hpp>

#include <map>

using namespace soteria;
using namespace soteria::kube;
using namespace std::chrono_literals;

namespace {

struct machine {
    test::scratch_folder folder;
    std::map<std::string, std::string> variables;

    result<cluster_access> find() {
        surroundings here;
        here.variable = [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        here.service_account = folder.path() / "account";
        return find_cluster_access(here);
    }

    void become_a_pod() {
        variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        variables["KUBERNETES_SERVICE_PORT"] = "443";
        (void)folder.write("account/token", "abc\n");
        (void)folder.write("account/ca.crt", "PEM");
        (void)folder.write("account/namespace", "backup-system\n");
    }

    std::string kubeconfig(const std::string& name) {
        return folder
            .write(name, "{current-context: c, contexts: [{name: c, context: {cluster: k}}], clusters: [{name: k, "
                         "cluster: {server: 'http://localhost:1'}}]}")
            .string();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(access_to_the_cluster, machine)

BOOST_AUTO_TEST_CASE(in_a_pod_is_the_service_accounts_even_where_kubeconfig_is_set) {
    become_a_pod();
    variables["KUBECONFIG"] = kubeconfig("config");
    const auto access = find();
    BOOST_REQUIRE_MESSAGE(access, access.error().message);
    BOOST_TEST(access->origin == "the Pod's service account");
    BOOST_TEST(access->server == "https://10.96.0.1:443");
    BOOST_TEST(access->ns == "backup-system");
    BOOST_TEST(access->tls.ca_file == (folder.path() / "account/ca.crt").string());
    BOOST_TEST(access->token_file == (folder.path() / "account/token").string());
}

BOOST_AUTO_TEST_CASE(puts_brackets_around_an_ipv6_address) {
    become_a_pod();
    variables["KUBERNETES_SERVICE_HOST"] = "fd00:10:96::1";
    variables["KUBERNETES_SERVICE_PORT"] = "6443";
    BOOST_TEST(find().value().server == "https://[fd00:10:96::1]:6443");
}

BOOST_AUTO_TEST_CASE(outside_is_kubeconfigs) {
    variables["KUBECONFIG"] = (folder.path() / "absent").string() + "::" + kubeconfig("config");
    BOOST_TEST(find().value().origin == "context c of " + (folder.path() / "config").string());
}

BOOST_AUTO_TEST_CASE(takes_the_home_folders_file_only_if_kubeconfig_is_unset) {
    variables["HOME"] = folder.path().string();
    kubeconfig(".kube/config");
    BOOST_TEST(find().value().origin == "context c of " + (folder.path() / ".kube/config").string());
    variables["KUBECONFIG"] = "/absent/config";
    BOOST_TEST(!find());
}

BOOST_AUTO_TEST_CASE(says_what_to_do_where_there_is_none) {
    variables["HOME"] = folder.path().string();
    const auto nothing = find();
    BOOST_REQUIRE(!nothing);
    BOOST_TEST(nothing.error().message == "No access to a Kubernetes cluster is configured: this is not a Pod, and "
                                          "KUBECONFIG is not set. Set KUBECONFIG to a kubeconfig file.");
    variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
    const auto unmounted = find();
    BOOST_REQUIRE(!unmounted);
    BOOST_TEST(unmounted.error().message.find("automountServiceAccountToken: true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(needs_the_clusters_ca) {
    become_a_pod();
    std::filesystem::remove(folder.path() / "account/ca.crt");
    const auto access = find();
    BOOST_REQUIRE(!access);
    BOOST_TEST(access.error().message == "The Pod's service account has no usable CA certificate: The file " +
                                             (folder.path() / "account/ca.crt").string() +
                                             " cannot be opened: No such file or directory.");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

struct rotating_token {
    test::scratch_folder folder;
    std::chrono::steady_clock::time_point now{1h};
    cluster_access access;

    rotating_token() { access.token_file = folder.write("token", "first\n"); }

    // As the kubelet does it: another file takes the name.
    void rotate(const std::string& text) {
        std::filesystem::rename(folder.write("next", text), folder.path() / "token");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(the_token, rotating_token)

BOOST_AUTO_TEST_CASE(is_read_from_the_file_without_its_line_end) {
    token_source tokens(access, [&] { return now; });
    BOOST_TEST((tokens.current().reveal() == "first"));
}

BOOST_AUTO_TEST_CASE(follows_the_file_within_ten_seconds) {
    token_source tokens(access, [&] { return now; });
    tokens.current();
    rotate("second");
    now += 9s;
    BOOST_TEST((tokens.current().reveal() == "first"));
    now += 1s;
    BOOST_TEST((tokens.current().reveal() == "second"));
}

BOOST_AUTO_TEST_CASE(is_read_anew_after_a_minute_even_if_the_file_looks_the_same) {
    token_source tokens(access, [&] { return now; });
    tokens.current();
    const auto written = std::filesystem::last_write_time(access.token_file);
    (void)folder.write("token", "other\n");
    std::filesystem::last_write_time(access.token_file, written);
    now += 59s;
    BOOST_TEST((tokens.current().reveal() == "first"));
    now += 10s;
    BOOST_TEST((tokens.current().reveal() == "other"));
}

BOOST_AUTO_TEST_CASE(is_read_at_once_when_it_was_not_accepted) {
    token_source tokens(access, [&] { return now; });
    tokens.current();
    rotate("second");
    BOOST_TEST(tokens.refresh());
    BOOST_TEST((tokens.current().reveal() == "second"));
}

BOOST_AUTO_TEST_CASE(stays_in_use_while_its_file_is_away) {
    token_source tokens(access, [&] { return now; });
    tokens.current();
    std::filesystem::remove(access.token_file);
    now += 2min;
    BOOST_TEST((tokens.current().reveal() == "first"));
}

BOOST_AUTO_TEST_CASE(stays_in_use_while_its_file_holds_none) {
    token_source tokens(access, [&] { return now; });
    tokens.current();
    for (const std::string broken : {"", "\n", "two words", "a\nb", "\x01\x02", "caf\xc3\xa9"}) {
        rotate(broken);
        now += 10s;
        BOOST_TEST((tokens.current().reveal() == "first"), broken);
        BOOST_TEST(tokens.refresh());
        BOOST_TEST((tokens.current().reveal() == "first"), broken);
    }
    rotate("second");
    now += 10s;
    BOOST_TEST((tokens.current().reveal() == "second"));
}

BOOST_AUTO_TEST_CASE(without_a_file_is_the_fixed_one_and_cannot_be_refreshed) {
    access.token_file.clear();
    access.token = secret_string("fixed");
    token_source tokens(access);
    BOOST_TEST((tokens.current().reveal() == "fixed"));
    BOOST_TEST(!tokens.refresh());
}

BOOST_AUTO_TEST_SUITE_END()
