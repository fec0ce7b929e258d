#include "scratch.hpp"

#include <soteria/kube/access.hpp>

#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

const std::string whole = R"(apiVersion: v1
kind: Config
current-context: home
preferences: {}
contexts:
- name: other
  context: {cluster: other, user: other}
- name: home
  context: {cluster: atlas, user: brad, namespace: soteria}
clusters:
- name: atlas
  cluster:
    server: https://[fd00::1]:6443/
    certificate-authority: ca.pem
    tls-server-name: kubernetes.default
users:
- name: brad
  user:
    client-certificate-data: Y2VydA==
    client-key-data: a2V5
)";

std::string minimal(const std::string& user, const std::string& cluster = "server: https://a") {
    return "{current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}], clusters: [{name: k, cluster: "
           "{" +
           cluster + "}}], users: [{name: u, user: {" + user + "}}]}";
}

std::string refusal(const std::string& text) {
    const auto access = parse_kubeconfig(text, "/etc/kube/config");
    return access ? "accepted" : access.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(kubeconfig)

BOOST_AUTO_TEST_CASE(the_current_context_decides) {
    const auto access = parse_kubeconfig(whole, "/etc/kube/config");
    BOOST_REQUIRE_MESSAGE(access, access.error().message);
    BOOST_TEST(access->origin == "context home of /etc/kube/config");
    BOOST_TEST(access->server == "https://[fd00::1]:6443");
    BOOST_TEST(access->ns == "soteria");
    BOOST_TEST(access->tls.ca_file == "/etc/kube/ca.pem");
    BOOST_TEST(access->tls.server_name == "kubernetes.default");
    BOOST_TEST(access->tls.certificate_pem == "cert");
    BOOST_TEST((access->tls.key_pem.reveal() == "key"));
    BOOST_TEST(!access->tls.skip_verify);
    BOOST_TEST(access->token.empty());
}

BOOST_AUTO_TEST_CASE(files_and_their_contents_are_both_accepted_and_contents_win) {
    const auto files = parse_kubeconfig(minimal("client-certificate: c.pem, client-key: /abs/k.pem, tokenFile: t"),
                                        "/etc/kube/config");
    BOOST_REQUIRE(files);
    BOOST_TEST(files->tls.certificate_file == "/etc/kube/c.pem");
    BOOST_TEST(files->tls.key_file == "/abs/k.pem");
    BOOST_TEST(files->token_file == "/etc/kube/t");
    BOOST_TEST(files->ns == "default");
    const auto both = parse_kubeconfig(
        minimal("token: abc", "server: https://a, certificate-authority: x, certificate-authority-data: Y2E=, "
                              "insecure-skip-tls-verify: true"),
        "/etc/kube/config");
    BOOST_REQUIRE(both);
    BOOST_TEST(both->tls.ca_pem == "ca");
    BOOST_TEST(both->tls.ca_file.empty());
    BOOST_TEST(both->tls.skip_verify);
    BOOST_TEST((both->token.reveal() == "abc"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_refused_in_one_sentence) {
    const std::string begin = "The kubeconfig /etc/kube/config cannot be used: ";
    BOOST_TEST(refusal(minimal("exec: {command: aws}")) ==
               begin + "its user relies on \"exec\", which is not supported: use a token, a tokenFile or a client "
                       "certificate.");
    BOOST_TEST(refusal(minimal("auth-provider: {name: oidc}")).find("\"auth-provider\"") != std::string::npos);
    BOOST_TEST(refusal(minimal("username: a, password: b")).find("\"username\"") != std::string::npos);
    BOOST_TEST(refusal(minimal("as: root")).find("\"as\"") != std::string::npos);
    BOOST_TEST(refusal("{contexts: []}") ==
               begin + "it has no current-context; set one with: kubectl config use-context NAME.");
    BOOST_TEST(refusal("{current-context: x, contexts: [{name: a}, {name: b}]}") ==
               begin + "there is no context named \"x\" (there are: a, b).");
    BOOST_TEST(refusal(minimal("", "server: ftp://a")).find("not an http:// or https:// address") != std::string::npos);
    BOOST_TEST(refusal(minimal("", "server: https://a, proxy-url: http://p")).find("proxy") != std::string::npos);
    BOOST_TEST(refusal(minimal("client-certificate-data: Y2VydA==")).find("only one of") != std::string::npos);
    BOOST_TEST(refusal(minimal("client-key: k")).find("only one of") != std::string::npos);
    BOOST_TEST(refusal(minimal("client-key-data: '***'")).find("not base64") != std::string::npos);
    BOOST_TEST(refusal(minimal("token: [a]")).find("\"token\" is not a text") != std::string::npos);
    BOOST_TEST(
        refusal(minimal("", "server: https://a, insecure-skip-tls-verify: maybe")).find("neither true nor false") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(broken_text_is_refused_and_never_more) {
    for (const auto* text :
         {"", "5", "[]", "{", "\t", "a: b: c", "{current-context: {}}", "{clusters: 5}", "{clusters: [5]}",
          "{clusters: [{}]}", "{current-context: a, contexts: [{name: a, context: 5}]}", "&a [*a]",
          "{contexts: {name: a}}", "\xff\xfe", "!!binary x"})
        BOOST_TEST(refusal(text).starts_with("The kubeconfig /etc/kube/config cannot be used: "), text);
}

BOOST_AUTO_TEST_CASE(several_files_are_merged_and_the_first_to_name_something_wins) {
    const test::scratch_folder folder;
    const auto first = folder.write("one/config", "{current-context: c, users: [{name: u, user: {tokenFile: t}}]}");
    const auto second = folder.write("two/config", minimal("token: loses"));
    const auto access = read_kubeconfig({folder.path() / "absent", first, second});
    BOOST_REQUIRE_MESSAGE(access, access.error().message);
    BOOST_TEST(access->server == "https://a");
    BOOST_TEST(access->token_file == (folder.path() / "one/t").string());
    BOOST_TEST(access->token.empty());
    const auto none = read_kubeconfig({folder.path() / "absent"});
    BOOST_REQUIRE(!none);
    BOOST_TEST(none.error().message == "No file named in KUBECONFIG exists: " + (folder.path() / "absent").string() +
                                           ". Set it to a kubeconfig file.");
}

BOOST_AUTO_TEST_SUITE_END()
