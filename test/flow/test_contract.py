"""The contract, line by line, and which test asserts each line.

What is promised is read from the product itself: routes, statuses, problem codes, members of bodies and answers from
/openapi.json, variables from --help, metrics from /metrics. What is asserted the tests told while they ran
(harness/contract.py), so this suite runs after all others. The table is left in build/logs/contract.txt; a line without a
test fails.
"""

import re
import subprocess

import pytest

from harness.binaries import ROOT, binary
from harness.contract import all_asserted
from harness.longhorn import LonghornSimulator
from harness.simulated_kubernetes import SimulatedKubernetes
from harness.soteria import Soteria

# Where a real socket or a failing part can be had at the right moment only: pattern of entries -> (file, case). They are
# answered in one place for all routes.
IN_CPP = {
    r".* 500": ("test/unit/web/router_test.cpp", "a_bug_is_a_500_that_tells_nothing_but_the_request_id"),
    r"GET /v1/operations/\{id\} gives (leftovers.*|steps\[\]\.message|progress\.eta_seconds)":
        ("test/unit/web/render_test.cpp", "shows_everything_that_is"),
    r"GET /v1/whoami gives (authorization|namespace|permissions.*)":
        ("test/unit/web/permissions_test.cpp", "whoami_tells_what_the_caller_may_do_in_a_namespace"),
    r".* 503|code too_many_connections": ("test/component/web/protocol_test.cpp", "of_connections_is_503_with_a_pause"),
}


def cases_in_cpp():
    """(file: case, its text) of every test case in C++."""
    for file in sorted((ROOT / "test").glob("*/*/*_test.cpp")):
        parts = re.split(r"BOOST_(?:AUTO|FIXTURE)_TEST_CASE\((\w+)", file.read_text())
        for name, text in zip(parts[1::2], parts[2::2]):
            yield f"{file.relative_to(ROOT)}: {name}", text


def asserted_in_cpp(lines):
    """What a case spells out in quotes: codes and metrics. Variables: the table of their values."""
    found = {}
    for case, text in cases_in_cpp():
        words = set(re.findall(r"\b[a-z][a-z_0-9]+\b", " ".join(re.findall(r'"((?:[^"\\\\]|\\\\.)*)"', text))))
        for line in lines:
            kind, _, name = line.partition(" ")
            if kind in ("code", "metric") and name in words:
                found.setdefault(line, set()).add(case)
    file = "test/unit/config/load_test.cpp"
    table = (ROOT / file).read_text()
    for line in lines:
        kind, _, name = line.partition(" ")
        if kind == "variable" and f'{{"{name}", ' in table:
            found.setdefault(line, set()).add(f"{file}: its value is read")
    for pattern, (file, case) in IN_CPP.items():
        assert re.search(rf"TEST_CASE\({case}\b", (ROOT / file).read_text()), f"{pattern}: {file} has no case {case}"
        for line in lines:
            if re.fullmatch(pattern, line):
                found.setdefault(line, set()).add(f"{file}: {case}")
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    with SimulatedKubernetes(folder) as kubernetes:
        kubernetes.install()
        with LonghornSimulator(folder, kubernetes=kubernetes.plain_server) as longhorn, \
                Soteria(folder, kubernetes.kubeconfig(folder / "kubeconfig"), longhorn.url) as soteria:
            yield soteria.wait_ready()


def resolved(schema, document):
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def members(schema, document, path=""):
    """Every member that a value of this schema can have: "namespaces[].pvcs[].name". An operation's members stand under
    the route that gives one."""
    if path and schema.get("$ref", "").endswith("/Operation"):
        return set()
    schema = resolved(schema, document)
    found = set()
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= members(part, document, path)
    for name, inner in schema.get("properties", {}).items():
        own = f"{path}.{name}" if path else name
        found |= {own} | members(inner, document, own)
    if "items" in schema:
        found |= members(schema["items"], document, path + "[]")
    if isinstance(schema.get("additionalProperties"), dict):
        found |= members(schema["additionalProperties"], document, path + ".longhorn")
    return found


def promised_by_route(document):
    first = {}  # schema -> the route under whose name its members stand: they are rendered in one place for all

    def member_lines(route, verb, schema, prefix=""):
        while schema.get("type") == "array":
            schema, prefix = schema["items"], prefix + "[]"
        home, place = first.setdefault(schema.get("$ref", id(schema)), (route, prefix))
        return {f"{home} {verb} {name}" for name in members(schema, document, place)}

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for member in members(body["schema"], document) if body else ():
                yield f"{route} takes {member.removesuffix('[]')}"
            for status, answer in operation["responses"].items():
                yield f"{route} {status}"
                answer = resolved(answer, document)
                content = answer.get("content", {})
                if "application/json" in content:
                    yield from member_lines(route, "gives", content["application/json"]["schema"])
                for code in codes(content.get("application/problem+json", {})):
                    yield f"code {code}"


def codes(value):
    if isinstance(value, dict):
        if isinstance(value.get("code"), dict):
            yield from value["code"].get("enum", ())
        for inner in value.values():
            yield from codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from codes(inner)


def promised(service):
    found = set(promised_by_route(service.json("GET", "/openapi.json")))
    found |= {f"problem details gives {member}" for member in ("type", "title", "status", "detail", "instance", "code", "error",
                                                               "operation", "request_id")}
    listed = subprocess.run([binary("soteria"), "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    found |= {f"variable {name}" for name in re.findall(r"^(SOTERIA_\w+)  \[", listed, re.M)}
    found |= {f"metric {name}" for name in re.findall(r"^# TYPE (\S+)", service.get("/metrics").text, re.M)}
    return found


def test_every_promise_is_asserted_by_a_test(service):
    asserted = all_asserted()
    lines = sorted(promised(service))
    for line, cases in asserted_in_cpp(lines).items():
        asserted.setdefault(line, set()).update(cases)
    table = "".join(f"{line:76} {', '.join(sorted(asserted.get(line, ['-'])))}\n" for line in lines)
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/contract.txt").write_text(table)
    missing = [line for line in lines if line not in asserted]
    assert not missing, f"of {len(lines)} promises {len(missing)} are asserted by no test (the other suites must " \
        "have been run before this one):\n" + "\n".join(missing)
