#include <soteria/restic/manifests.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace soteria::restic;
namespace json = boost::json;

namespace {

job_settings settings() {
    job_settings all;
    all.repository = "s3:https://s3.example/backups";
    all.region = "eu-central-1";
    all.image = "restic/restic:0.16.4";
    all.pull_secrets = {"registry"};
    all.node_selector = {{"pool", "backup"}};
    all.requests = {{"cpu", "100m"}, {"memory", "128Mi"}};
    all.limits = {{"memory", "1Gi"}};
    return all;
}

job_order backup_order_of() {
    job_order order;
    order.ns = "ai";
    order.name = "soteria-backup-llm-cache-20260412-153000";
    order.what = role::backup;
    order.operation_uid = "op-1";
    order.operation_id = "backup.ai.x";
    order.commands = {{"unlock", {"unlock"}}, {"backup", {"backup", "--", "/data"}}};
    order.volume = job_volume{"llm-cache", std::nullopt, "/data", true};
    order.deadline = std::chrono::hours(24);
    return order;
}

job_order restore_order() {
    auto order = backup_order_of();
    order.what = role::restore;
    order.commands = {{"unlock", {"unlock"}}, {"restore", {"restore", "abc"}}};
    order.volume = job_volume{"restored", std::nullopt, "/restore/data", false};
    return order;
}

job_order forget_order() {
    auto order = backup_order_of();
    order.what = role::forget;
    order.ns = "soteria";
    order.commands = {{"unlock", {"unlock"}}, {"forget-incomplete", {"forget"}}, {"forget", {"forget"}}};
    order.volume.reset();
    return order;
}

// "spec.template.spec" of a document; an index is a word, too.
const json::value& at(const json::value& from, std::string_view path) {
    const json::value* here = &from;
    while (!path.empty()) {
        const auto dot = path.find('.');
        const auto part = path.substr(0, dot);
        here = here->is_array() ? &here->as_array().at(std::stoul(std::string(part))) : &here->as_object().at(part);
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return *here;
}

std::string text_at(const json::value& from, std::string_view path) {
    return json::serialize(at(from, path));
}

bool has(const json::value& from, std::string_view path, std::string_view member) {
    return at(from, path).as_object().contains(member);
}

json::value pod_of(const job_order& order, const job_settings& with = settings()) {
    const json::value job = job_manifest(order, with);
    return at(job, "spec.template.spec");
}

std::vector<json::value> containers_of(const json::value& pod) {
    std::vector<json::value> all;
    for (const auto* list : {"initContainers", "containers"})
        if (const auto* found = pod.as_object().if_contains(list))
            all.insert(all.end(), found->as_array().begin(), found->as_array().end());
    return all;
}

// What Pod Security "restricted" asks of a Pod (Kubernetes' Pod Security Standards); empty: it fits.
std::string against_restricted(const json::value& pod) {
    if (!has(pod, "securityContext", "runAsNonRoot") || text_at(pod, "securityContext.runAsNonRoot") != "true" ||
        text_at(pod, "securityContext.runAsUser") == "0")
        return "root";
    if (text_at(pod, "securityContext.seccompProfile.type") != "\"RuntimeDefault\"")
        return "seccomp";
    for (const auto& each : containers_of(pod)) {
        if (text_at(each, "securityContext.allowPrivilegeEscalation") != "false")
            return "escalation";
        if (text_at(each, "securityContext.capabilities") != R"({"drop":["ALL"]})")
            return "capabilities";
    }
    return "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_job_of_restic)

BOOST_AUTO_TEST_CASE(is_made_suspended_for_one_try_with_a_deadline_and_a_week_to_be_looked_at) {
    const json::value job = job_manifest(backup_order_of(), settings());
    BOOST_TEST(text_at(job, "apiVersion") == "\"batch/v1\"");
    BOOST_TEST(text_at(job, "kind") == "\"Job\"");
    BOOST_TEST(text_at(job, "metadata.name") == "\"soteria-backup-llm-cache-20260412-153000\"");
    BOOST_TEST(text_at(job, "metadata.namespace") == "\"ai\"");
    BOOST_TEST(text_at(job, "spec.suspend") == "true");
    BOOST_TEST(text_at(job, "spec.backoffLimit") == "0");
    BOOST_TEST(text_at(job, "spec.completions") == "1");
    BOOST_TEST(text_at(job, "spec.parallelism") == "1");
    BOOST_TEST(text_at(job, "spec.activeDeadlineSeconds") == "86400");
    BOOST_TEST(text_at(job, "spec.ttlSecondsAfterFinished") == "604800");
    BOOST_TEST(text_at(job, "spec.template.spec.restartPolicy") == "\"Never\"");
}

BOOST_AUTO_TEST_CASE(and_its_pods_carry_our_labels_and_mark_and_keep_sidecars_away) {
    const json::value job = job_manifest(backup_order_of(), settings());
    for (const auto* where : {"metadata", "spec.template.metadata"}) {
        const auto& meta = at(job, where);
        BOOST_TEST(text_at(meta.at("labels"), "") == text_at(job, "metadata.labels"));
        BOOST_TEST(meta.at("labels").at("app.kubernetes.io/managed-by").as_string() == "soteria");
        BOOST_TEST(meta.at("labels").at("soteria.dev/role").as_string() == "backup");
        BOOST_TEST(meta.at("labels").at("soteria.dev/repository").as_string() ==
                   repository_hash("s3:https://s3.example/backups"));
        BOOST_TEST(meta.at("annotations").at("soteria.dev/operation").as_string() == "op-1");
        BOOST_TEST(meta.at("annotations").at("soteria.dev/operation-id").as_string() == "backup.ai.x");
        BOOST_TEST(meta.at("labels").at("sidecar.istio.io/inject").as_string() == "false");
        BOOST_TEST(meta.at("annotations").at("linkerd.io/inject").as_string() == "disabled");
    }
}

BOOST_AUTO_TEST_CASE(runs_its_commands_one_after_the_other_without_a_shell) {
    const auto pod = pod_of(backup_order_of());
    BOOST_TEST(text_at(pod, "initContainers.0.name") == "\"unlock\"");
    BOOST_TEST(text_at(pod, "initContainers.0.command") == R"(["restic"])");
    BOOST_TEST(text_at(pod, "initContainers.0.args") == R"(["unlock"])");
    BOOST_TEST(pod.at("containers").as_array().size() == 1U);
    BOOST_TEST(text_at(pod, "containers.0.name") == "\"backup\"");
    BOOST_TEST(text_at(pod, "containers.0.command") == R"(["restic"])");
    BOOST_TEST(text_at(pod, "containers.0.args") == R"(["backup","--","/data"])");
    BOOST_TEST(text_at(pod, "containers.0.image") == "\"restic/restic:0.16.4\"");
    BOOST_TEST(pod_of(forget_order()).at("initContainers").as_array().size() == 2U);
}

BOOST_AUTO_TEST_CASE(of_one_command_has_no_init_containers) {
    auto order = forget_order();
    order.what = role::list;
    order.commands = {{"list", {"list", "--no-lock", "snapshots"}}};
    BOOST_TEST(!has(pod_of(order), "", "initContainers"));
}

BOOST_AUTO_TEST_CASE(gives_restic_time_to_give_its_lock_back) {
    const auto pod = pod_of(backup_order_of());
    BOOST_TEST(text_at(pod, "containers.0.lifecycle.preStop.exec.command") == R"(["sh","-c","kill -INT 1; sleep 50"])");
    BOOST_TEST(text_at(pod, "terminationGracePeriodSeconds") == "60");
    BOOST_TEST(!has(pod, "initContainers.0", "lifecycle"), "Kubernetes refuses hooks of init containers");
}

BOOST_AUTO_TEST_CASE(takes_keys_and_password_from_its_own_secret_and_holds_none) {
    const auto pod = pod_of(backup_order_of());
    std::map<std::string, std::string> found;
    for (const auto& each : at(pod, "containers.0.env").as_array()) {
        const auto* value = each.as_object().if_contains("value");
        found[std::string(each.at("name").as_string())] =
            value != nullptr ? std::string(value->as_string()) : text_at(each, "valueFrom.secretKeyRef");
    }
    const std::string secret = "soteria-soteria-backup-llm-cache-20260412-153000-restic";
    BOOST_TEST(found.at("RESTIC_REPOSITORY") == "s3:https://s3.example/backups");
    for (const std::string key : {"RESTIC_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
        BOOST_TEST(found.at(key) == R"({"name":")" + secret + R"(","key":")" + key + "\"}");
    BOOST_TEST(found.at("RESTIC_PROGRESS_FPS") == "0.2");
    BOOST_TEST(found.at("RESTIC_CACHE_DIR") == "/cache");
    BOOST_TEST(found.at("TMPDIR") == "/tmp");
    BOOST_TEST(found.at("AWS_DEFAULT_REGION") == "eu-central-1");
    auto anywhere = settings();
    anywhere.region.clear();
    BOOST_TEST(text_at(pod_of(backup_order_of(), anywhere), "containers.0.env").find("REGION") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(mounts_the_pvc_read_only_for_a_backup_and_writable_for_a_restore) {
    const auto reading = pod_of(backup_order_of());
    BOOST_TEST(text_at(reading, "volumes.2") ==
               R"({"name":"data","persistentVolumeClaim":{"claimName":"llm-cache","readOnly":true}})");
    BOOST_TEST(text_at(reading, "containers.0.volumeMounts.2") ==
               R"({"name":"data","mountPath":"/data","readOnly":true})");
    const auto writing = pod_of(restore_order());
    BOOST_TEST(text_at(writing, "volumes.2.persistentVolumeClaim.readOnly") == "false");
    BOOST_TEST(text_at(writing, "containers.0.volumeMounts.2.mountPath") == "\"/restore/data\"");
}

BOOST_AUTO_TEST_CASE(restores_for_a_test_into_an_empty_dir_with_a_limit) {
    auto order = restore_order();
    order.what = role::restore_test;
    order.volume = job_volume{"", 1'000'000, "/restore/data", false};
    BOOST_TEST(text_at(pod_of(order), "volumes.2") == R"({"name":"data","emptyDir":{"sizeLimit":"1000000"}})");
}

BOOST_AUTO_TEST_CASE(writes_only_into_empty_dirs_besides) {
    const auto pod = pod_of(backup_order_of());
    BOOST_TEST(text_at(pod, "volumes.0") == R"({"name":"tmp","emptyDir":{}})");
    BOOST_TEST(text_at(pod, "volumes.1") == R"({"name":"cache","emptyDir":{}})");
    for (const auto& each : containers_of(pod)) {
        BOOST_TEST(text_at(each, "securityContext.readOnlyRootFilesystem") == "true");
        BOOST_TEST(text_at(each, "volumeMounts.0") == R"({"name":"tmp","mountPath":"/tmp"})");
        BOOST_TEST(text_at(each, "volumeMounts.1") == R"({"name":"cache","mountPath":"/cache"})");
    }
}

BOOST_AUTO_TEST_CASE(has_requests_and_limits_in_each_container) {
    for (const auto& each : containers_of(pod_of(forget_order())))
        BOOST_TEST(text_at(each, "resources") ==
                   R"({"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"1Gi"}})");
}

BOOST_AUTO_TEST_CASE(has_no_service_account_token_unless_an_account_is_asked_for) {
    BOOST_TEST(text_at(pod_of(backup_order_of()), "automountServiceAccountToken") == "false");
    BOOST_TEST(!has(pod_of(backup_order_of()), "", "serviceAccountName"));
    BOOST_TEST(text_at(pod_of(backup_order_of()), "imagePullSecrets") == R"([{"name":"registry"}])");
    auto with = settings();
    with.service_account = "backups";
    with.pull_secrets.clear();
    const auto pod = pod_of(backup_order_of(), with);
    BOOST_TEST(text_at(pod, "automountServiceAccountToken") == "true");
    BOOST_TEST(text_at(pod, "serviceAccountName") == "\"backups\"");
    BOOST_TEST(!has(pod, "", "imagePullSecrets"));
}

BOOST_AUTO_TEST_CASE(is_rehearsed_as_the_pod_that_it_would_make) {
    const json::value pod = pod_manifest(backup_order_of(), settings());
    BOOST_TEST(text_at(pod, "kind") == "\"Pod\"");
    BOOST_TEST(text_at(pod, "apiVersion") == "\"v1\"");
    BOOST_TEST(text_at(pod, "metadata.namespace") == "\"ai\"");
    BOOST_TEST(text_at(pod, "spec") == json::serialize(pod_of(backup_order_of())));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_rights_of_restic)

BOOST_AUTO_TEST_CASE(are_those_to_read_any_file_for_a_backup) {
    const auto pod = pod_of(backup_order_of());
    BOOST_TEST(text_at(pod, "securityContext") ==
               R"({"runAsUser":0,"runAsGroup":0,"seccompProfile":{"type":"RuntimeDefault"}})");
    for (const auto& each : containers_of(pod)) {
        BOOST_TEST(text_at(each, "securityContext.capabilities") == R"({"drop":["ALL"],"add":["DAC_OVERRIDE"]})");
        BOOST_TEST(text_at(each, "securityContext.allowPrivilegeEscalation") == "false");
    }
}

BOOST_AUTO_TEST_CASE(are_those_to_write_any_file_for_a_restore_within_pod_security_baseline) {
    for (const auto& each : containers_of(pod_of(restore_order())))
        BOOST_TEST(text_at(each, "securityContext.capabilities") ==
                   R"({"drop":["ALL"],"add":["DAC_OVERRIDE","CHOWN","FOWNER","FSETID","SETFCAP","MKNOD"]})");
}

BOOST_AUTO_TEST_CASE(are_none_under_the_restricted_profile) {
    auto restricted = settings();
    restricted.security = job_security::restricted;
    for (const auto& order : {backup_order_of(), restore_order(), forget_order()})
        BOOST_TEST(against_restricted(pod_of(order, restricted)) == "");
    BOOST_TEST(against_restricted(pod_of(backup_order_of())) == "root");
}

BOOST_AUTO_TEST_CASE(are_none_for_what_only_talks_to_the_repository) {
    for (const auto what : {role::forget, role::mark, role::init, role::list}) {
        auto order = forget_order();
        order.what = what;
        BOOST_TEST(against_restricted(pod_of(order)) == "");
    }
}

BOOST_AUTO_TEST_CASE(never_change_the_group_of_a_volume_that_somebody_uses) {
    auto restricted = settings();
    restricted.security = job_security::restricted;
    for (const auto& with : {settings(), restricted})
        BOOST_TEST(text_at(pod_of(backup_order_of(), with), "securityContext").find("fsGroup") == std::string::npos);
    BOOST_TEST(!has(pod_of(restore_order()), "securityContext", "fsGroup"));
    // Only a new volume, which a user without rights could not write into otherwise.
    BOOST_TEST(text_at(pod_of(restore_order(), restricted), "securityContext.fsGroup") == "65534");
}

BOOST_AUTO_TEST_CASE(have_the_consumers_selinux_level) {
    auto order = backup_order_of();
    BOOST_TEST(!has(pod_of(order), "securityContext", "seLinuxOptions"));
    order.place.selinux = {{"level", "s0:c1,c2"}};
    BOOST_TEST(text_at(pod_of(order), "securityContext.seLinuxOptions") == R"({"level":"s0:c1,c2"})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_place_of_a_job)

BOOST_AUTO_TEST_CASE(is_any_node_that_the_selector_allows) {
    const auto pod = pod_of(backup_order_of());
    BOOST_TEST(text_at(pod, "nodeSelector") == R"({"pool":"backup"})");
    BOOST_TEST(!has(pod, "", "affinity"));
    BOOST_TEST(!has(pod, "", "tolerations"));
}

BOOST_AUTO_TEST_CASE(is_the_node_that_uses_the_volume_whatever_the_selector_says) {
    auto order = backup_order_of();
    order.place.node = "node-7";
    order.place.tolerations = json::parse(R"([{"key":"gpu","operator":"Exists"}])").as_array();
    const auto pod = pod_of(order);
    BOOST_TEST(text_at(pod, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms") ==
               R"([{"matchFields":[{"key":"metadata.name","operator":"In","values":["node-7"]}]}])");
    BOOST_TEST(text_at(pod, "tolerations") == R"([{"key":"gpu","operator":"Exists"}])");
    BOOST_TEST(!has(pod, "", "nodeSelector"));
    BOOST_TEST(!has(pod, "", "nodeName"), "it would go round the scheduler");
}

BOOST_AUTO_TEST_CASE(is_patched_as_a_whole_so_that_nothing_stays_of_the_older_one) {
    job_place there;
    there.node = "node-7";
    const json::value to_node = place_patch(there, settings());
    BOOST_TEST(text_at(to_node, "spec.template.spec.nodeSelector") == "null");
    BOOST_TEST(text_at(to_node, "spec.template.spec.tolerations") == "null");
    BOOST_TEST(text_at(to_node, "spec.template.spec.affinity").find("node-7") != std::string::npos);
    const json::value anywhere = place_patch({}, settings());
    BOOST_TEST(text_at(anywhere, "spec.template.spec") ==
               R"({"nodeSelector":{"pool":"backup"},"affinity":null,"tolerations":null})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_roles_of_jobs)

BOOST_AUTO_TEST_CASE(are_words_in_labels) {
    for (const auto each :
         {role::backup, role::restore, role::restore_test, role::forget, role::mark, role::init, role::list})
        BOOST_TEST((parse_role(to_string(each)) == each));
    BOOST_TEST(to_string(role::restore_test) == "restore_test");
    BOOST_TEST(!parse_role("prune").has_value());
}

BOOST_AUTO_TEST_CASE(that_change_the_repository_want_it_for_themselves) {
    for (const auto each : {role::forget, role::mark, role::init})
        BOOST_TEST(exclusive(each));
    for (const auto each : {role::backup, role::restore, role::restore_test, role::list})
        BOOST_TEST(!exclusive(each));
}

BOOST_AUTO_TEST_SUITE_END()
