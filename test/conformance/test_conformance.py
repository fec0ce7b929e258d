"""Every case of cases.py on a real API server and on the simulated one: the same answers, events and order."""

import difflib
import random
import string

import pytest

from cluster.cluster import RealKubernetes
from conformance import job_cases  # noqa: F401 adds its cases
from conformance import shapes
from conformance.cases import CASES
from conformance.replay import Api
from harness.faults import FaultProxy
from harness.kubernetes import path_of
from harness.waiting import eventually

REPLAYED = set()
RUN = []
KINDS_OF_CASES = ("Job", "Pod", "Backup", "Restore", "PersistentVolumeClaim", "PersistentVolume", "Lease", "ConfigMap")


class Target:
    """One of the two servers, with what cases need around it."""

    def __init__(self, kubernetes, folder, forget):
        self.kubernetes = kubernetes
        self.folder = folder
        self.forget = forget
        self._proxy = None

    @property
    def proxy(self):
        if self._proxy is None:
            name = f"proxy-of-{type(self.kubernetes).__name__}"
            self._proxy = FaultProxy(self.folder, self.kubernetes.plain_server, name=name).start()
        return self._proxy

    def stop(self):
        if self._proxy:
            self._proxy.kill()

    def clean(self, namespace):
        """Nothing of a case may show in the next one's lists."""
        kubernetes = self.kubernetes
        kubernetes.delete("Namespace", namespace)
        for kind in KINDS_OF_CASES:
            for item in kubernetes.list(kind, None if kind == "PersistentVolume" else namespace):
                name = item["metadata"]["name"]
                if item["metadata"].get("finalizers"):
                    kubernetes.request("PATCH", path_of(kind, item["metadata"].get("namespace"), name),
                                       json={"metadata": {"finalizers": None}},
                                       headers={"Content-Type": "application/merge-patch+json"})
                kubernetes.delete(kind, name, item["metadata"].get("namespace"), gracePeriodSeconds=0)
        for kind in ("Backup", "Restore", "PersistentVolumeClaim", "PersistentVolume"):
            eventually(f"no {kind} is left of the case", lambda kind=kind: not kubernetes.list(kind), 60)


def _folder(tmp_path_factory, name):
    return tmp_path_factory.mktemp(name)


@pytest.fixture(scope="session")
def real(real_kubernetes, tmp_path_factory):
    target = Target(real_kubernetes, _folder(tmp_path_factory, "real"), None)
    yield target
    target.stop()


@pytest.fixture(scope="session")
def real_without_caches(real_kubernetes, tmp_path_factory):
    folder = _folder(tmp_path_factory, "uncached")
    with RealKubernetes(folder, watch_cache=False) as kubernetes:
        kubernetes.install()
        target = Target(kubernetes, folder, kubernetes.compact)
        yield target
        target.stop()


@pytest.fixture(scope="session")
def simulated(simulated_kubernetes, tmp_path_factory):
    target = Target(simulated_kubernetes, _folder(tmp_path_factory, "simulated"),
                    lambda: simulated_kubernetes.request("POST", "/_simulator/force-gone"))
    yield target
    target.stop()


def run(case, target, namespace):
    """The case's transcript on one server, and what failed there."""
    target.kubernetes.create({"kind": "Namespace", "metadata": {"name": namespace}})
    api = Api(target, namespace, REPLAYED)
    try:
        case(api)
        problem = None
    except AssertionError as error:
        line = error.__traceback__.tb_next.tb_lineno if error.__traceback__.tb_next else "?"
        problem = f"on {type(target.kubernetes).__name__}, cases.py:{line}: {error or 'it does not show what its name says'}"
    finally:
        target.clean(namespace)
    return api.transcript.result(), problem


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_both_do_the_same(case, request, simulated):
    real = request.getfixturevalue("real_without_caches" if case.uncached else "real")
    namespace = "case-" + "".join(random.choices(string.ascii_lowercase, k=8))
    expected, wrong = run(case, real, namespace)
    if wrong:
        pytest.fail(f"{wrong}\n" + "\n".join(f"{what}:\n{text}" for what, text in expected), pytrace=False)
    seen, wrong = run(case, simulated, namespace)
    assert expected, "the case asked nothing"
    for number, (right, ours) in enumerate(zip(expected, seen)):
        difference = "\n".join(difflib.unified_diff(right[1].splitlines(), ours[1].splitlines(), "real", "simulated",
                                                    lineterm="", n=2))
        if right != ours:
            pytest.fail(f"step {number + 1}, {right[0]}:\n{difference or ours}", pytrace=False)
    if wrong or len(expected) != len(seen):
        pytest.fail(wrong or f"{len(seen)} answers of the simulated, {len(expected)} of the real one", pytrace=False)
    RUN.append(case.sentence)


def test_there_are_cases_for_every_request_of_the_product(request):
    """Runs last. A shape without a case is a promise of the simulator that nobody checks."""
    if len(request.session.items) <= len(CASES):
        pytest.skip("only some of the cases were run")
    print(f"\n{len(RUN)} of {len(CASES)} cases are the same on the real and the simulated Kubernetes")
    assert len(CASES) >= 60
    missing = [shapes.text_of(shape) for shape in shapes.recorded() if shapes.key_of(shape) not in REPLAYED]
    assert not missing, "no case replays these requests of the product:\n" + "\n".join(missing)
