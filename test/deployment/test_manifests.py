"""manifests/ on a real API server: applied as the README says, and who may ask for what with kubectl."""

import contextlib
import json
import re
import shutil

import pytest
import yaml

from cluster.cluster import RealKubernetes
from harness.binaries import ROOT
from harness.kubernetes import ApiError, path_of
from harness.person import Person
from harness.waiting import eventually

SERVICE_ACCOUNT = "system:serviceaccount:soteria:soteria"


def apply(kubernetes, *words):
    """The lines of `kubectl apply`; fails on anything that it warns of."""
    done = kubernetes.kubectl("apply", *words, check=False)
    assert done.returncode == 0 and done.stderr == "", f"kubectl apply {words}: {done.stderr}"
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory):
    with RealKubernetes(tmp_path_factory.mktemp("kubernetes")) as kubernetes:
        first = apply(kubernetes, "-k", ROOT / "manifests")
        assert first and all(line.endswith(" created") for line in first), first
        eventually("the resources are served", lambda: kubernetes.list("Restore") == kubernetes.list("Backup"), 20)
        yield kubernetes


@pytest.mark.parametrize("folder", ["manifests", "deploy"])
def test_applying_them_again_changes_nothing(kubernetes, folder):
    again = apply(kubernetes, "-k", ROOT / folder)
    assert again and [line for line in again if not line.endswith(" unchanged")] == []


def test_deploy_is_the_same_folder_under_its_older_name():
    assert (ROOT / "deploy").is_symlink() and (ROOT / "deploy").resolve() == (ROOT / "manifests").resolve()


def objects(kubernetes, folder):
    rendered = yaml.safe_load_all(kubernetes.kubectl("kustomize", ROOT / folder))
    return {(one["kind"], one["metadata"]["name"]): one for one in rendered}


def test_what_is_installed_is_this_and_no_secret(kubernetes):
    kinds = sorted(kind for kind, _ in objects(kubernetes, "manifests"))
    assert kinds == sorted([
        "Namespace", "CustomResourceDefinition", "CustomResourceDefinition", "ConfigMap", "ServiceAccount", "ClusterRole",
        "ClusterRoleBinding", "Role", "RoleBinding", "Deployment", "Service", "NetworkPolicy",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding"])
    assert kubernetes.list("Secret", "soteria") == []


def test_the_examples_are_valid_and_not_installed(kubernetes):
    for example in [ROOT / "manifests/secret-example.yaml", *(ROOT / "manifests/examples").glob("*.yaml")]:
        for one in yaml.safe_load_all(example.read_text()):
            assert (one["kind"], one["metadata"]["name"]) not in objects(kubernetes, "manifests"), example
            if one["metadata"]["namespace"] != "soteria":
                with contextlib.suppress(ApiError):
                    kubernetes.create({"kind": "Namespace", "metadata": {"name": one["metadata"]["namespace"]}})
        kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", example)


def test_the_secrets_example_holds_nothing_that_works():
    examples = list(yaml.safe_load_all((ROOT / "manifests/secret-example.yaml").read_text()))
    assert [example["metadata"]["name"] for example in examples] == ["soteria", "soteria-restic"]
    values = [value for example in examples for value in example["stringData"].values()]
    assert values and all("replace-me" in value for value in values), values
    assert set(examples[1]["stringData"]) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RESTIC_PASSWORD"}


def container(deployment):
    (one,) = deployment["spec"]["template"]["spec"]["containers"]
    return one


def test_one_replica_that_is_probed_bounded_and_may_end_in_peace(kubernetes):
    deployment = objects(kubernetes, "manifests")["Deployment", "soteria"]
    pod, soteria = deployment["spec"]["template"]["spec"], container(deployment)
    assert deployment["spec"]["replicas"] == 1
    assert soteria["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert soteria["livenessProbe"]["httpGet"]["path"] == soteria["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert set(soteria["resources"]["requests"]) == {"cpu", "memory"} and "memory" in soteria["resources"]["limits"]
    # The table in the README is the program's own.
    seconds = int(re.search(r"`SOTERIA_SHUTDOWN_SECONDS` \| `(\d+)`", (ROOT / "README.md").read_text()).group(1))
    assert pod["terminationGracePeriodSeconds"] > seconds
    assert soteria["securityContext"]["readOnlyRootFilesystem"] is True and pod["securityContext"]["runAsNonRoot"] is True


def test_prometheus_finds_the_service_by_its_annotations(kubernetes):
    service = objects(kubernetes, "manifests")["Service", "soteria"]
    assert service["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true", "prometheus.io/path": "/metrics", "prometheus.io/port": "8080"}


def test_the_high_availability_overlay_has_two_replicas_of_which_one_stays(kubernetes):
    base = objects(kubernetes, "manifests")
    overlay = objects(kubernetes, "manifests/overlays/high-availability")
    assert overlay["Deployment", "soteria"]["spec"]["replicas"] == 2
    budget = overlay["PodDisruptionBudget", "soteria"]["spec"]
    assert budget["minAvailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= \
        overlay["Deployment", "soteria"]["spec"]["template"]["metadata"]["labels"].items()
    assert set(overlay) - set(base) == {("PodDisruptionBudget", "soteria")} and not set(base) - set(overlay)
    assert {key for key in base if base[key] != overlay[key]} == {("Deployment", "soteria")}
    apply(kubernetes, "--dry-run=server", "--validate=strict", "-k", ROOT / "manifests/overlays/high-availability")


def test_a_rolling_update_of_two_replicas_has_two_that_answer_at_every_moment(kubernetes):
    deployment = objects(kubernetes, "manifests/overlays/high-availability")["Deployment", "soteria"]["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod, soteria = deployment["template"]["spec"], container({"spec": deployment})
    assert {one["topologyKey"] for one in pod["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    # It answers while the nodes still learn that it goes, and has its whole time after that.
    asleep = soteria["lifecycle"]["preStop"]["sleep"]["seconds"]
    alone = objects(kubernetes, "manifests")["Deployment", "soteria"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= alone["terminationGracePeriodSeconds"] + asleep
    assert soteria["readinessProbe"] == container({"spec": {"template": {"spec": alone}}})["readinessProbe"]


def test_the_restic_overlay_adds_rights_a_policy_for_its_jobs_and_settings(kubernetes):
    base = objects(kubernetes, "manifests")
    overlay = objects(kubernetes, "manifests/overlays/restic")
    assert set(overlay) - set(base) == {(kind, "soteria-restic") for kind in (
        "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "NetworkPolicy")} and not set(base) - set(overlay)
    changed = {key for key in base if base[key] != overlay[key]}
    assert changed == {("ConfigMap", "soteria")}
    settings = overlay["ConfigMap", "soteria"]["data"]
    assert settings["SOTERIA_BACKUP_DRIVER"] == "restic" and settings["SOTERIA_RESTIC_REPOSITORY"].startswith("s3:")
    assert "SOTERIA_LONGHORN_URL" not in settings, "there is no Longhorn in this example"
    (account,) = overlay["ClusterRoleBinding", "soteria-restic"]["subjects"]
    assert (account["name"], account["namespace"]) == ("soteria", "soteria")
    apply(kubernetes, "--dry-run=server", "--validate=strict", "-k", ROOT / "manifests/overlays/restic")


def test_two_replicas_with_restic_are_what_the_documentation_says(kubernetes, tmp_path):
    """The overlay of the documentation, beside those that are there."""
    text = (ROOT / "documentation/high-availability.md").read_text()
    (documented,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    (place,) = re.findall(r"`(manifests/overlays/\S+/kustomization\.yaml)`:$", text, re.M)
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_text(documented)
    mine = (tmp_path / place).parent
    available, restic = (objects(kubernetes, f"manifests/overlays/{one}") for one in ("high-availability", "restic"))
    overlay = objects(kubernetes, mine)
    assert set(overlay) == set(available) | set(restic)
    # All is as in one of the two, but for the settings, which are the documentation's own, and a label more.
    budget = overlay["PodDisruptionBudget", "soteria"]
    assert budget["metadata"].pop("labels") == available["Deployment", "soteria"]["metadata"]["labels"]
    assert [key for key in overlay if overlay[key] not in (available.get(key), restic.get(key))] == [("ConfigMap", "soteria")]
    assert overlay["Deployment", "soteria"] == available["Deployment", "soteria"]
    settings = overlay["ConfigMap", "soteria"]["data"]
    assert settings["SOTERIA_BACKUP_DRIVER"] == "restic" and settings["SOTERIA_RESTIC_REPOSITORY"].startswith("s3:")
    assert "SOTERIA_LONGHORN_URL" not in settings
    apply(kubernetes, "--dry-run=server", "--validate=strict", "-k", mine)
    # With Longhorn, as its comment says.
    lines = [line for line in documented.splitlines() if "SOTERIA_LONGHORN_URL" not in line]
    assert len(lines) == len(documented.splitlines()) - 1
    (tmp_path / place).write_text("\n".join(lines))
    base = objects(kubernetes, "manifests")["ConfigMap", "soteria"]["data"]
    assert objects(kubernetes, mine)["ConfigMap", "soteria"]["data"]["SOTERIA_LONGHORN_URL"] == base["SOTERIA_LONGHORN_URL"]


def test_secrets_are_read_in_one_place_and_by_name_only(kubernetes):
    """Whoever holds Soteria's token reads the repository's keys, and no other Secret of the cluster."""
    overlay = objects(kubernetes, "manifests/overlays/restic")
    about_secrets = {(kind, name): rule for (kind, name), role in overlay.items() if kind in ("Role", "ClusterRole")
                     for rule in role["rules"] if "secrets" in rule["resources"]}
    assert {key: (rule["verbs"], rule.get("resourceNames")) for key, rule in about_secrets.items()} == {
        ("ClusterRole", "soteria-restic"): (["create"], None), ("Role", "soteria-restic"): (["get"], ["soteria-restic"])}


def test_the_image_that_is_named_is_that_of_this_version(kubernetes):
    version = re.search(r"project\(soteria VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert container(objects(kubernetes, "manifests")["Deployment", "soteria"])["image"] == f"soteria:{version}"


# --- who may ask for what

@pytest.fixture
def tenant(kubernetes, namespace):
    """Somebody with all rights on our resources in their own namespace, as tenants are commonly given them."""
    person = Person(kubernetes, f"tenant-of-{namespace}").can(["*"], ["*"], namespace)
    # RBAC and the policies reach the API server's own caches a moment after they were written.
    eventually("the tenant's rights are in force", lambda: person.create("Backup", namespace))
    return person


def refuses(message, action, *arguments, **keywords):
    """True once that is refused by a policy with that message (it is in force a moment after it was written)."""

    def refused():
        with pytest.raises(ApiError, match=message) as refusal:
            action(*arguments, **keywords)
        assert refusal.value.code == 403, refusal.value
        return True

    return eventually(f"it is refused with {message!r}", refused)


@pytest.mark.parametrize("name", ["soteria-records", "soteria-restores"])
def test_the_policies_expressions_fit_the_resources(kubernetes, name):
    """By the cluster's own type check of a copy without binding. It does not look into variables, so they are put in their
    places; and the installed one was made with the resources, before they were known."""
    place = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    spec = objects(kubernetes, "manifests")["ValidatingAdmissionPolicy", name]["spec"]
    for variable in reversed(spec.pop("variables")):
        for validation in spec["validations"]:
            for field in ("expression", "messageExpression"):
                if field in validation:
                    validation[field] = validation[field].replace(f"variables.{variable['name']}", f"({variable['expression']})")

    def warnings(spec):
        copy = kubernetes.call("POST", place, json={
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"generateName": "checked-"}, "spec": spec})["metadata"]["name"]
        status = eventually("it is checked", lambda: (
            read := kubernetes.call("GET", f"{place}/{copy}").get("status", {})).get("typeChecking") is not None and read, 30)
        kubernetes.call("DELETE", f"{place}/{copy}")
        return status["typeChecking"].get("expressionWarnings", [])

    assert warnings(spec) == []
    misspelt = json.loads(json.dumps(spec).replace("object.spec.", "object.spek."))
    assert warnings(misspelt), "the check would not have noticed anything"


def test_within_their_own_namespace_tenants_back_up_and_restore(tenant, namespace):
    tenant.create("Backup", namespace, tags=["a=b"])
    tenant.create("Restore", namespace, snapshot="latest")
    tenant.create("Restore", namespace, sourceNamespace=namespace, allowForeign=False)


def test_restoring_from_another_namespace_needs_the_right_to_get_its_backups(kubernetes, tenant, namespace):
    with kubernetes.temporary_namespace() as other:
        refuses(f"you may not restore from the namespace {other}", tenant.create, "Restore", namespace, sourceNamespace=other)
        tenant.can(["get"], ["backups"], other)
        eventually("now it is allowed", lambda: tenant.create("Restore", namespace, sourceNamespace=other))
        # The other way round nothing was given.
        refuses("cannot create", tenant.create, "Restore", other, sourceNamespace=namespace)


@pytest.mark.parametrize("spec", [{"backupUrl": "s3://bucket@region/?backup=b&volume=v"}, {"allowForeign": True}])
def test_any_backup_of_the_store_needs_a_verb_of_its_own_that_no_role_grants(tenant, namespace, spec):
    refuses("restore-foreign", tenant.create, "Restore", namespace, **spec)
    tenant.can(["restore-foreign"], ["backups"])
    eventually("now it is allowed", lambda: tenant.create("Restore", namespace, **spec))


@pytest.mark.parametrize("kind", ["Backup", "Restore"])
@pytest.mark.parametrize("field", ["requestedBy", "source", "requestId"])
def test_who_asked_is_said_by_soteria_alone(kubernetes, tenant, namespace, kind, field):
    refuses("written by Soteria only", tenant.create, kind, namespace, **{field: "somebody else"})
    Person(kubernetes, SERVICE_ACCOUNT).create(kind, namespace, **{field: "somebody else"})


@pytest.mark.parametrize("kind", ["Backup", "Restore"])
def test_the_status_is_written_by_soteria_alone(kubernetes, tenant, namespace, kind):
    tenant.create(kind, namespace, "mine")
    facts = {"status": {"facts": {"accepted": "true", "url": "s3://bucket@region/?backup=anothers&volume=v"}}}
    refuses("written by Soteria only", tenant.patch, kind, namespace, "mine", facts, "status")
    assert "status" not in kubernetes.get(kind, "mine", namespace)
    Person(kubernetes, SERVICE_ACCOUNT).patch(kind, namespace, "mine", facts, "status")


def test_whoever_may_change_a_record_made_by_soteria_changes_its_labels_and_deletes_it(kubernetes, tenant, namespace):
    Person(kubernetes, SERVICE_ACCOUNT).create("Restore", namespace, "over-http", requestedBy="brad", source="proxy")
    tenant.patch("Restore", namespace, "over-http", {"metadata": {"labels": {"kept": "yes"}}})
    tenant.call("DELETE", path_of("Restore", namespace, "over-http"))
    kubernetes.wait_gone("Restore", "over-http", namespace)


def test_a_spec_never_changes_whoever_asks(kubernetes, tenant, namespace):
    tenant.create("Restore", namespace, "mine")
    for person in (tenant, Person(kubernetes, SERVICE_ACCOUNT)):
        with pytest.raises(ApiError, match="cannot be changed"):
            person.patch("Restore", namespace, "mine", {"spec": {"sourceNamespace": "kube-system"}})
