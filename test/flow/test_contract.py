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

# What is asserted in C++, where a real socket or a failing part can be had at the right moment: entry -> (file, case).
IN_CPP = {
    "code internal": ("test/unit/web/router_test.cpp", "a_bug_is_500_with_the_request_id"),
}


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
    """Every member that a value of this schema can have: "namespaces[].pvcs[].name"."""
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
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {path}"
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for member in members(body["schema"], document) if body else ():
                yield f"{route} takes {member}"
            for status, answer in operation["responses"].items():
                yield f"{route} {status}"
                answer = resolved(answer, document)
                content = answer.get("content", {})
                if "application/json" in content:
                    for member in members(content["application/json"]["schema"], document):
                        yield f"{route} gives {member}"
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
                                                               "request_id")}
    listed = subprocess.run([binary("soteria"), "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    found |= {f"variable {name}" for name in re.findall(r"^(SOTERIA_\w+)  \[", listed, re.M)}
    found |= {f"metric {name}" for name in re.findall(r"^# TYPE (\S+)", service.get("/metrics").text, re.M)}
    return found


def test_what_is_said_to_be_asserted_in_cpp_is_there():
    for entry, (file, case) in IN_CPP.items():
        assert re.search(rf"TEST_CASE\({case}\b", (ROOT / file).read_text()), f"{entry}: {file} has no case {case}"


def test_every_promise_is_asserted_by_a_test(service):
    asserted = all_asserted()
    for entry, (file, case) in IN_CPP.items():
        asserted.setdefault(entry, set()).add(f"{file}: {case}")
    lines = sorted(promised(service))
    table = "".join(f"{line:76} {', '.join(sorted(asserted.get(line, ['-'])))}\n" for line in lines)
    (ROOT / "build/logs").mkdir(parents=True, exist_ok=True)
    (ROOT / "build/logs/contract.txt").write_text(table)
    missing = [line for line in lines if line not in asserted]
    assert not missing, f"of {len(lines)} promises {len(missing)} are asserted by no test:\n" + "\n".join(missing)
