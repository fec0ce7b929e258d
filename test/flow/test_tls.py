"""HTTPS on Soteria's own port, with the clients that people use."""

import os
import pathlib
import signal
import socket
import ssl
import subprocess

import pytest
import requests

from flow.test_variables import run
from harness.longhorn import LonghornSimulator
from harness.soteria import Soteria
from harness.waiting import eventually


@pytest.fixture(scope="session")
def kubernetes(simulated_kubernetes):
    return simulated_kubernetes


def openssl(*arguments, **keywords):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True, timeout=60, **keywords)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A folder with two self-signed pairs of localhost: one.crt, one.key, two.crt, two.key."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("one", "two"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / f"{name}.key",
                "-out", folder / f"{name}.crt")
    return folder


class Secret:
    """A mounted Secret as the kubelet keeps it: tls.crt and tls.key through the link ..data, which is swapped."""

    def __init__(self, folder):
        self.folder = folder
        self.versions = 0
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(pathlib.Path("..data") / name)

    def put(self, certificate, key):
        self.versions += 1
        version = self.folder / f"..{self.versions}"
        version.mkdir()
        (version / "tls.crt").write_bytes(certificate)
        (version / "tls.key").write_bytes(key)
        new = self.folder / "..new"
        new.symlink_to(version.name)
        os.replace(new, self.folder / "..data")


@pytest.fixture
def secret(pairs, tmp_path):
    secret = Secret(tmp_path)
    secret.put((pairs / "one.crt").read_bytes(), (pairs / "one.key").read_bytes())
    return secret


@pytest.fixture
def soteria(secret, kubernetes, log_directory, kubeconfig):
    settings = {"SOTERIA_TLS_CERT_FILE": str(secret.folder / "tls.crt"), "SOTERIA_TLS_KEY_FILE": str(secret.folder / "tls.key")}
    with LonghornSimulator(log_directory, kubernetes=kubernetes.plain_server) as longhorn, \
            Soteria(log_directory, kubeconfig, longhorn.url, settings) as soteria:
        soteria.http.verify = str(secret.folder / "tls.crt")
        yield soteria.wait_ready()


def port(soteria):
    return int(soteria.url.rsplit(":", 1)[1])


def shown(soteria):
    """The common name of the certificate that a new connection is shown."""
    text = ssl.get_server_certificate(("127.0.0.1", port(soteria)))
    subject = openssl("x509", "-noout", "-subject", "-nameopt", "multiline", input=text.encode()).stdout.decode()
    return subject.rsplit("=", 1)[1].strip()


def s_client(soteria, *arguments):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port(soteria)}", *arguments], input=b"",
                          capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def test_it_is_served_to_requests_and_curl_who_verify_the_certificate(soteria, pairs):
    assert soteria.url.startswith("https://")
    assert soteria.json("GET", "/v1/whoami")["user"] == "anonymous"
    done = subprocess.run(["curl", "-sS", "--cacert", pairs / "one.crt", "-w", "\n%{http_version} %{ssl_verify_result}\n",
                           f"https://localhost:{port(soteria)}/healthz", f"https://localhost:{port(soteria)}/healthz"],
                          capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ['{"status":"ok"}', "", "1.1 0"] * 2
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{soteria.url}/healthz", verify=str(pairs / "two.crt"), timeout=30)


def test_only_tls_1_2_and_newer_is_spoken_and_http_1_1_is_chosen(soteria):
    for version, good in (("-tls1_2", True), ("-tls1_3", True), ("-tls1_1", False)):
        code, said = s_client(soteria, version, "-cipher", "ALL:@SECLEVEL=0", "-alpn", "h2,http/1.1")
        assert (code == 0) == good, said
        assert ("ALPN protocol: http/1.1" in said) == good, said
    code, said = s_client(soteria, "-alpn", "h2")
    assert code == 0 and "No ALPN negotiated" in said


def test_the_end_of_a_connection_is_said(soteria, secret):
    """A client must be able to tell the whole of an answer from a part of it."""
    context = ssl.create_default_context(cafile=str(secret.folder / "tls.crt"))
    with socket.create_connection(("127.0.0.1", port(soteria)), 30) as raw, \
            context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.endswith(b'{"status":"ok"}\n')


def test_who_speaks_plain_http_to_it_is_cut_off_and_others_are_served(soteria):
    with socket.create_connection(("127.0.0.1", port(soteria)), 30) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in b"".join(iter(lambda: plain.recv(4096), b""))
    assert soteria.get("/healthz").status_code == 200


def test_a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not(soteria, secret, pairs):
    assert shown(soteria) == "one"
    two = (pairs / "two.crt").read_bytes(), (pairs / "two.key").read_bytes()
    secret.put(b"no certificate", two[1])
    refusal = eventually("the broken pair is logged",
                         lambda: shown(soteria) == "one" and soteria.records("the new TLS certificate cannot be used; the one before it stays"))
    assert "tls.crt" in refusal[0]["why"]
    assert shown(soteria) == "one"
    secret.put(*two)
    eventually("the new one is shown", lambda: shown(soteria) == "two")
    assert soteria.get("/healthz").status_code == 200, "a connection that was open goes on"


@pytest.mark.parametrize("settings, says", [
    ({"SOTERIA_TLS_CERT_FILE": "{one}.crt"}, "SOTERIA_TLS_CERT_FILE and SOTERIA_TLS_KEY_FILE belong together"),
    ({"SOTERIA_TLS_KEY_FILE": "{one}.key"}, "SOTERIA_TLS_CERT_FILE and SOTERIA_TLS_KEY_FILE belong together"),
    ({"SOTERIA_TLS_CERT_FILE": "{one}.pem", "SOTERIA_TLS_KEY_FILE": "{one}.key"}, "No such file or directory"),
    ({"SOTERIA_TLS_CERT_FILE": "{one}.crt", "SOTERIA_TLS_KEY_FILE": "{two}.key"}, "key values mismatch"),
    ({"SOTERIA_TLS_CERT_FILE": "{one}.key", "SOTERIA_TLS_KEY_FILE": "{one}.key"}, "the TLS certificate in")])
def test_what_cannot_be_used_stops_the_start_with_a_sentence(pairs, settings, says):
    files = {"one": pairs / "one", "two": pairs / "two"}
    done = run({name: value.format(**files) for name, value in settings.items()})
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr, done.stderr
    assert "BEGIN" not in done.stderr


def test_events_come_over_https_and_end_in_order_when_the_service_stops(soteria):
    with soteria.get("/v1/events", stream=True) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces).startswith(b"retry: ")
        soteria.process.signal(signal.SIGTERM)
        rest = b"".join(pieces)  # fails where the end is missing
    assert rest.endswith(b"\n\n") and b"retry: " in rest
    assert soteria.process.wait() == 0
