"""/openapi.json against the running service and its sources: examples, schemas, problem codes."""

import json
import re

import jsonschema
import pytest

from flow.example_cluster import ExampleCluster
from harness.binaries import ROOT
from harness.waiting import eventually

METHODS = ("get", "post")
EXAMPLE_ID = "backup.ai.soteria-backup-ai-llm-cache-20260412-153000"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """With a backup under way that has the id of the examples: kubectl made it."""
    with ExampleCluster(tmp_path_factory.mktemp("openapi")) as cluster:
        cluster.longhorn.fault(do="stall_backup", at=40)
        _, namespace, name = EXAMPLE_ID.split(".", 2)
        cluster.kubernetes.create({"apiVersion": "soteria.dev/v1alpha1", "kind": "Backup", "spec": {"pvc": "scratch"},
                                   "metadata": {"namespace": namespace, "name": name}})
        eventually("it is under way", lambda: cluster.soteria.operation(EXAMPLE_ID).get("reason") == "WaitBackup")
        yield cluster


@pytest.fixture(scope="module")
def document(cluster):
    return cluster.soteria.json("GET", "/openapi.json")


def operations(document):
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def strict(schema):
    """The same schema, where an object has no member that is not described."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(inner) for name, inner in schema.items()}
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


def check(document, schema, value, what):
    whole = strict(document)
    resolver = jsonschema.RefResolver.from_schema(whole)
    errors = list(jsonschema.Draft202012Validator(strict(schema), resolver=resolver).iter_errors(value))
    assert not errors, f"{what}: {errors[0].message} at {list(errors[0].absolute_path)} of {json.dumps(value)[:2000]}"


def resolved(document, value):
    """What a {"$ref": ...} stands for."""
    while "$ref" in value:
        target = document
        for word in value["$ref"].removeprefix("#/").split("/"):
            target = target[word.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def check_answer(document, operation, answer):
    """Status, type, headers and body as described."""
    what = f"{operation['operationId']} answers {answer.status_code}"
    described = operation["responses"].get(str(answer.status_code))
    assert described, f"{what}, which is not described: {answer.text}"
    for name, header in described.get("headers", {}).items():
        header = resolved(document, header)
        if header.get("required") is False and name not in answer.headers:
            continue
        assert name in answer.headers, f"{what} without {name}"
        schema = header["schema"]
        value = answer.headers[name]
        check(document, schema, int(value) if schema["type"] == "integer" else value, f"{what}, {name}")
    if "text/event-stream" in described.get("content", {}):
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert next(answer.iter_lines()).startswith(b"retry: "), what
        answer.close()
        return
    if not answer.content:
        assert "content" not in described, f"{what} without a body"
        return
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in described["content"], f"{what} as {kind}"
    body = answer.json() if kind.endswith("json") else answer.text
    check(document, described["content"][kind]["schema"], body, what)


def requests_of(document, operation):
    """(name, parameters by place, body) of each example; what has no example is left out."""
    places = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", []):
        parameter = resolved(document, parameter)
        if "example" in parameter:
            places[parameter["in"]][parameter["name"]] = parameter["example"]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        yield "", places, None
        return
    named = {name: one["value"] for name, one in content.get("examples", {}).items()} or {"": content["example"]}
    for name, body in named.items():
        check(document, content["schema"], body, f"the example {name} of {operation['operationId']}")
        yield name, places, body


def send(cluster, path, method, places, body):
    for name, value in places["path"].items():
        path = path.replace("{" + name + "}", value)
    query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in places["query"].items()}
    stream = path == "/v1/events"  # it never ends
    return cluster.soteria.request(method.upper(), path, params=query, headers=places["header"], json=body, stream=stream)


def test_every_example_is_answered_with_success_and_as_described(cluster, document):
    sent = []
    # The cancel first: it ends what stands in the way of the next backup.
    for path, method, operation in sorted(operations(document), key=lambda one: "cancel" not in one[0]):
        for name, places, body in requests_of(document, operation):
            answer = send(cluster, path, method, places, body)
            started = method == "post" and not (body or {}).get("dry_run")
            assert answer.status_code == (202 if started else 200), f"{path} {name}: {answer.text}"
            check_answer(document, operation, answer)
            sent.append((path, method))
            if started:
                cluster.longhorn.no_faults()
                identity = answer.headers["Location"].rsplit("/", 1)[1]
                cluster.soteria.wait_finished(identity, "Cancelled" if "cancel" in path else "Succeeded")
                described = document["paths"]["/v1/operations/{id}"]["get"]
                check_answer(document, described, cluster.soteria.get(f"/v1/operations/{identity}"))
    assert {path for path, _ in sent} == set(document["paths"])


def test_every_example_of_an_answer_fits_its_schema(document):
    seen = 0
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                if "example" in content:
                    check(document, content["schema"], content["example"], f"{method} {path} {status}")
                    seen += 1
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            check(document, schema, example, name)
    assert seen >= 8


def test_refusals_are_answered_as_described(cluster, document):
    """One of each kind: by the router, by the body's reader, by the cluster, by a precondition."""
    backup = document["paths"]["/v1/backup"]["post"]
    good = {"namespace": "ai", "pvc": "llm-cache"}
    for status, keywords in (
            (400, {"json": {**good, "dryrun": True}}), (400, {"json": good, "params": {"x": "1"}}),
            (404, {"json": {**good, "pvc": "nothing"}}), (412, {"json": good, "headers": {"If-Match": '"other"'}}),
            (413, {"data": "x" * 70_000}), (415, {"data": "{}"}), (422, {"json": {**good, "driver": "restic"}})):
        answer = cluster.soteria.post("/v1/backup", **keywords)
        assert answer.status_code == status, answer.text
        check_answer(document, backup, answer)
    for path, method, operation in operations(document):
        answer = cluster.soteria.request("PUT", path.replace("{id}", "x").replace("{name}", "x"))
        assert answer.status_code == 405
        check_answer(document, operation, answer)


def test_every_route_is_described_with_every_status_that_any_request_can_get(document):
    for path, method, operation in operations(document):
        assert {"400", "405", "408", "414", "417", "431", "500", "501", "503", "505"} <= \
            set(operation["responses"]), path
        public = operation.get("security") == []
        assert public == (path in ("/healthz", "/readyz", "/metrics"))
        assert ("401" in operation["responses"]) != public
        assert operation["summary"] and operation["operationId"]
    for name, schema in document["components"]["schemas"].items():
        described = schema.get("properties", {}).items() if name.endswith("Request") else []
        assert all("description" in resolved(document, inner) or "description" in inner or "anyOf" in inner
                   for _, inner in described), name


# What is never a problem's code: reasons that the service itself acts on, and those of operations that have failed.
NOT_ANSWERED = {
    "already_exists", "expired", "invalid_object", "unauthorized", "unknown_kind", "backup_volume_missing", "foreign_snapshot",
    "name_taken", "job_gone"}


def test_every_code_in_the_sources_is_described_and_every_described_one_is_in_the_sources(document):
    described = set()
    for _, _, operation in operations(document):
        for answer in operation["responses"].values():
            for half in answer.get("content", {}).get("application/problem+json", {}).get("schema", {}).get("allOf", []):
                described |= set(half.get("properties", {}).get("code", {}).get("enum", []))
    text = {path: path.read_text() for path in sorted((ROOT / "source").rglob("*.cpp"))}
    everything = "\n".join(one for path, one in text.items() if path.name != "problem_codes.cpp")
    unused = [code for code in described if f'"{code}"' not in everything]
    assert not unused, f"described, and nothing in the sources says it: {unused}"
    # The last argument of a failure: failure(errc::x, "a sentence", "code") or {errc::x, "a sentence", "code"}.
    said = {}
    for path, one in text.items():
        for statement in re.split(r";\n", one):
            if 'case errc::' in statement:
                continue  # the names of the codes themselves
            if "errc::" in statement or "problem(" in statement or "refuse(" in statement:
                for code in re.findall(r'"([a-z]+(?:_[a-z]+)+)"\s*[)}]*\s*$', statement):
                    said.setdefault(code, path.name)
    assert NOT_ANSWERED <= set(re.findall(r'"([a-z_]+)"', everything))
    unknown = {code: file for code, file in said.items() if code not in described | NOT_ANSWERED}
    assert len(said) > 30 and not unknown, f"in the sources, and not described: {unknown}"
