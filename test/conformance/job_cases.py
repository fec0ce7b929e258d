"""Cases about Jobs: what the Job controller does of itself, where no node runs anything.

A Job's answers hold much that nobody here reads; a case writes down what the product goes by.
"""

from conformance.cases import case
from harness.kubernetes import ApiError
from harness.waiting import eventually

ELSEWHERE = {"kubernetes.io/hostname": "nowhere"}


def job(name="j", **spec):
    container = {"name": "backup", "image": "restic:1", "command": ["restic"], "args": ["backup", "/data"]}
    pod = {"restartPolicy": "Never", "nodeSelector": ELSEWHERE, "containers": [container]}
    return {"kind": "Job", "metadata": {"name": name}, "spec": {
        "backoffLimit": 0, "template": {"metadata": {"labels": {"role": "backup"}}, "spec": pod}, **spec}}


def make(api, body, **query):
    body["metadata"]["namespace"] = api.namespace
    return api.admin.create(body, **query)


def seen(api, what, value):
    api.transcript.add(what, value)
    return value


def conditions(object_):
    return [{key: each.get(key) for key in ("type", "status", "reason", "message")}
            for each in object_.get("status", {}).get("conditions", [])]


def refusal(api, what, call, told=True):
    """told: its causes are written down, too."""
    try:
        call()
    except ApiError as error:
        causes = error.status.get("details", {}).get("causes", [])
        return seen(api, what, {"code": error.code, "reason": error.reason,
                                "causes": [(cause["reason"], cause["field"]) for cause in causes] if told else []})
    raise AssertionError(f"{what}: it was not refused")


def condition(api, name, type_):
    def there():
        found = api.admin.get("Job", name, api.namespace)
        return found and any(each["type"] == type_ and each["status"] == "True" for each in conditions(found)) and found

    return eventually(f"the Job {name} is {type_}", there, 30)


def pods(api):
    return api.admin.list("Pod", api.namespace)


@case("a suspended Job says so, has not started and has no Pod")
def _(api):
    made = make(api, job(suspend=True))
    seen(api, "the answer", {"labels": sorted(made["spec"]["template"]["metadata"]["labels"]),
                             "selector": sorted(made["spec"]["selector"]["matchLabels"]), "status": made["status"],
                             **{key: made["spec"][key] for key in ("parallelism", "completions", "backoffLimit", "suspend",
                                                                  "completionMode", "podReplacementPolicy")}})
    now = condition(api, "j", "Suspended")
    seen(api, "suspended", conditions(now))
    assert "startTime" not in now["status"] and pods(api) == []


@case("a dry run of a Job and of a Pod makes nothing")
def _(api):
    make(api, job(), dryRun="All")
    pod = {"kind": "Pod", "metadata": {"name": "p"}, "spec": job()["spec"]["template"]["spec"]}
    seen(api, "the phase of the Pod", make(api, pod, dryRun="All")["status"]["phase"])
    seen(api, "what is there", [api.admin.get("Job", "j", api.namespace), pods(api)])


@case("a Job that is wrong is refused")
def _(api):
    always = job()
    always["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    unmounted = job()
    unmounted["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    empty = job()
    empty["spec"]["template"]["spec"]["containers"] = []
    refusal(api, "restarted always", lambda: make(api, always))
    refusal(api, "a mount without its volume", lambda: make(api, unmounted))
    refusal(api, "no container", lambda: make(api, empty))
    # The real one complains of each label that the name is put into.
    refusal(api, "a long name", lambda: make(api, job("j" * 64)), told=False)


@case("of a Job that has not started only the place may change")
def _(api):
    make(api, job(suspend=True))
    condition(api, "j", "Suspended")

    def change(**spec):
        return api.admin.patch("Job", "j", {"spec": {"template": {"spec": spec}}}, api.namespace)

    change(nodeSelector={"kubernetes.io/hostname": "another"}, tolerations=[{"key": "a", "operator": "Exists"}])
    refusal(api, "another level", lambda: change(securityContext={"seLinuxOptions": {"level": "s0:c1"}}))
    refusal(api, "another grace", lambda: change(terminationGracePeriodSeconds=5))
    api.admin.patch("Job", "j", {"spec": {"suspend": False}}, api.namespace)
    eventually("it has a Pod", lambda: pods(api), 30)
    refusal(api, "a place once it runs", lambda: change(nodeSelector=None))


@case("a started Job makes one Pod that belongs to it, and takes it along")
def _(api):
    make(api, job(suspend=True))
    condition(api, "j", "Suspended")
    api.admin.patch("Job", "j", {"spec": {"suspend": False}}, api.namespace)
    pod = eventually("it has a Pod", lambda: pods(api), 30)[0]
    owner = pod["metadata"]["ownerReferences"][0]
    seen(api, "the Pod", {"labels": sorted(pod["metadata"]["labels"]), "finalizers": pod["metadata"]["finalizers"],
                          "prefix": pod["metadata"]["generateName"],
                          "owner": {key: value for key, value in owner.items() if key != "uid"}})
    now = eventually("the Job counts it", lambda: (found := api.admin.get("Job", "j", api.namespace))
                     and found["status"].get("active") and found, 30)
    seen(api, "the Job", {"conditions": conditions(now), "active": now["status"]["active"]})
    assert owner["uid"] == now["metadata"]["uid"]
    assert api.admin.delete("Job", "j", api.namespace, propagationPolicy="Background")
    eventually("its Pod goes", lambda: not pods(api), 30)
    seen(api, "the Job after its deletion", api.admin.get("Job", "j", api.namespace))


@case("a Job that runs too long fails in two conditions, loses its Pod, and goes after its time")
def _(api):
    make(api, job(activeDeadlineSeconds=1))
    now = condition(api, "j", "Failed")
    seen(api, "failed", conditions(now))
    eventually("its Pod goes", lambda: not pods(api), 30)
    api.admin.patch("Job", "j", {"spec": {"ttlSecondsAfterFinished": 0}}, api.namespace)
    api.wait("the Job goes", "Job", "j", lambda found: found is None)


@case("plain data of a Secret comes back encoded")
def _(api):
    made = make(api, {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"RESTIC_PASSWORD": "geheim", "A": "ab"}})
    seen(api, "the answer", {"data": made["data"], "type": made["type"], "plain": "stringData" in made})
