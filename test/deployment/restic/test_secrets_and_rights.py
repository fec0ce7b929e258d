"""After all the others: no key stands anywhere but in Secrets, and Soteria has the rights that it uses and no others."""

from deployment.restic.scene import write
from deployment.restic.world import PASSWORD
from deployment.rights import granted


def test_the_repositorys_keys_stand_in_secrets_and_nowhere_else(world, soteria, kubernetes, namespace):
    write(world.claim(namespace), note="secret")
    started = world.backup(namespace)
    soteria.wait_finished(started["operation"])
    log = world.job_logs(namespace, started["job_name"])
    assert "message_type" in log
    job = kubernetes.get("Job", started["job_name"], namespace)
    pod = job["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        from_secret = {one["name"] for one in container["env"] if "valueFrom" in one}
        assert from_secret == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RESTIC_PASSWORD"}, container["env"]
    assert world.where_secrets_stand(log) == []
    assert world.where_secrets_stand(f"as in {PASSWORD}") != [], "the search finds nothing"


# --- its rights: manifests/components/restic, verb by verb

EVERYWHERE = {
    "jobs.batch": {
        "get": "is it ours, where the watch has not shown it yet", "list": "the cache of Jobs", "watch": "the cache of Jobs",
        "create": "a backup, a restore, and what keeps the repository", "patch": "starts it, and says when it may go",
        "delete": "cancelled, or undone"},
    "pods": {"list": "the cache of the Jobs' Pods; who uses a claim", "watch": "the cache of the Jobs' Pods",
             "create": "the dry run before a Job is made"},
    "pods/log": {"get": "what restic said"},
    "events": {"list": "why a Pod does not start"},
    "secrets": {"create": "the copy for a Job"},
}
IN_ITS_OWN_NAMESPACE = {
    "secrets": {"get": "the repository's keys"},
    "configmaps": {"get": "is a part of the catalogue there, after a create without an answer", "list": "the catalogue",
                   "watch": "the catalogue", "create": "a new part of it", "patch": "its head", "delete": "an old part of it"},
}
# Only after an answer got lost.
SELDOM = {("own", "configmaps", "get")}


def listed_rights():
    return {(where, resource, verb) for where, table in (("everywhere", EVERYWHERE), ("own", IN_ITS_OWN_NAMESPACE))
            for resource, verbs in table.items() for verb in verbs}


def test_the_component_grants_what_the_table_lists_verb_by_verb():
    assert granted("components/restic") == listed_rights()


def test_every_right_is_used_and_no_other_is_asked_for(world, soteria, kubernetes, namespace):
    write(world.claim(namespace), note="stopped")
    kubernetes.patch("Node", "node1", {"spec": {"unschedulable": True}})
    try:
        started = world.backup(namespace)
        world.wait_message(started["operation"], "unschedulable")
        soteria.json("POST", f"/v1/operations/{started['operation']}/cancel", 202)
        soteria.wait_finished(started["operation"], "Cancelled")
    finally:
        kubernetes.patch("Node", "node1", {"spec": {"unschedulable": None}})
    audit = kubernetes.audit()
    refused = [event for event in audit if event["responseStatus"]["code"] in (401, 403)]
    assert [(event["requestURI"], event["responseStatus"]) for event in refused if not expected(event)] == []
    events = [event for event in audit if event["responseStatus"]["code"] not in (401, 403)]

    def asked(event):
        about = event["objectRef"]
        resource = ".".join(filter(None, ["/".join(filter(None, [about["resource"], about.get("subresource")])),
                                          about.get("apiGroup")]))
        own = about.get("namespace") == "soteria" and event["verb"] in IN_ITS_OWN_NAMESPACE.get(resource, {})
        return ("own" if own else "everywhere", resource, event["verb"])

    used = {asked(event) for event in events if "objectRef" in event}
    assert listed_rights() - used - SELDOM == set(), "granted and never used"
    about_ours = {right for right in used if right[1] in {**EVERYWHERE, **IN_ITS_OWN_NAMESPACE}}
    assert about_ours - listed_rights() - granted("base") == set(), "used and not granted"
    pods_made = [event for event in events if asked(event)[1:] == ("pods", "create")]
    assert pods_made and all("dryRun=All" in event["requestURI"] for event in pods_made)


def expected(event):
    """Refused by Pod Security, or as the namespace of a test is going, or whose a Job's Secret is that is there already: Soteria
    asks, may not know, and goes on, as only it gives such names."""
    about = event["objectRef"]
    own_copy = (about["resource"], event["verb"]) == ("secrets", "get") and about["name"].startswith("soteria-soteria-")
    why = event["responseStatus"].get("message", "")
    return own_copy or "violates PodSecurity" in why or "because it is being terminated" in why
