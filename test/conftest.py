"""Fixtures of all test suites in Python.

One cluster a pytest process, one namespace a test. What a test's programs wrote is kept if it fails, in
build/logs/pytest/<suite>.<test>/ (SOTERIA_LOG_DIR puts that elsewhere).
"""

import inspect
import os
import pathlib
import re
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from cluster.cluster import RealKubernetes  # noqa: E402
from harness import contract  # noqa: E402
from harness.binaries import ROOT, continuous_integration  # noqa: E402
from harness.longhorn import LonghornSimulator  # noqa: E402
from harness.simulated_kubernetes import SimulatedKubernetes  # noqa: E402

LOGS = pathlib.Path(os.environ.get("SOTERIA_LOG_DIR", ROOT / "build/logs/pytest"))


def pytest_addoption(parser):
    parser.addoption("--kubernetes", choices=["real", "simulated"], default="real",
                     help="which Kubernetes the fixture `kubernetes` is (default: real)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.failed_anywhere = True
    if call.when == "call":
        source = inspect.getsource(item.function) + str(getattr(getattr(item, "callspec", None), "params", ""))
        contract.end_test(item.nodeid.split("[")[0], source, outcome.get_result().passed)


def pytest_runtest_setup(item):
    contract.begin_test()
    contract.asserted(*(f"variable {name}" for name in getattr(item.function, "covers", ())))


def _directory(*words):
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", ".".join(words))[:150]
    folder = LOGS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def log_directory(request):
    """Where the programs of this test write; removed if the test passes."""
    folder = _directory(request.node.module.__name__, request.node.name)
    yield folder
    if not getattr(request.node, "failed_anywhere", False):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def real_kubernetes(request):
    """A real control plane with manifests/ applied, shared by all tests of this process."""
    go_missing = os.system(f"{ROOT}/test/tools/find-go >/dev/null 2>&1") != 0
    if go_missing and not continuous_integration():
        pytest.skip("needs Go 1.25 or later to build a real Kubernetes")
    first = pathlib.Path(str(request.config.args[0]).split("::")[0]).stem if request.config.args else "all"
    folder = _directory("kubernetes", first, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    with RealKubernetes(folder) as kubernetes:
        kubernetes.install()
        yield kubernetes
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def simulated_kubernetes(request):
    """The simulated Kubernetes, shared by all tests of this process."""
    folder = _directory("simulated-kubernetes", os.environ.get("PYTEST_XDIST_WORKER", "main"), str(os.getpid()))
    with SimulatedKubernetes(folder) as kubernetes:
        kubernetes.install()
        yield kubernetes
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kubernetes(request):
    """The cluster that --kubernetes names."""
    return request.getfixturevalue(f"{request.config.getoption('--kubernetes')}_kubernetes")


@pytest.fixture
def namespace(kubernetes):
    """A namespace for this test alone."""
    with kubernetes.temporary_namespace() as name:
        yield name


@pytest.fixture
def longhorn(kubernetes, log_directory):
    """A simulated Longhorn for this test alone."""
    with LonghornSimulator(log_directory, kubernetes=kubernetes.plain_server) as longhorn:
        yield longhorn


@pytest.fixture(scope="session")
def kubeconfig(kubernetes, tmp_path_factory):
    """Soteria's own way into the cluster, with no more rights than manifests/ give it."""
    return kubernetes.kubeconfig(tmp_path_factory.mktemp("kubeconfig") / "kubeconfig")


@pytest.fixture
def start_soteria(kubeconfig, longhorn, log_directory):
    """start_soteria(settings=None, **Soteria's arguments) -> a ready Soteria; all of them are stopped after the test."""
    from harness.soteria import Soteria

    running = []

    def start(settings=None, kind=Soteria, **keywords):
        keywords = {"kubeconfig": kubeconfig, "longhorn_url": longhorn.url,
                    "name": f"soteria-{len(running) + 1}", **keywords}
        soteria = kind(log_directory, settings=settings, **keywords)
        running.append(soteria)
        soteria.start()
        return soteria.wait_ready()

    yield start
    for soteria in running:
        soteria.stop()


@pytest.fixture
def soteria(start_soteria):
    """One ready Soteria with default settings."""
    return start_soteria()
