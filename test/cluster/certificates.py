"""What a Kubernetes needs to be trusted: a CA, the API server's certificate, the key that signs service account tokens."""

import subprocess


def _openssl(folder, *arguments, text=None):
    done = subprocess.run(["openssl", *arguments], cwd=folder, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"


def _key(folder, name):
    _openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)


def issue(folder, name, subject, extension):
    """Writes <name>.{key,crt}, signed by folder's CA; subject and extension as openssl has them."""
    _key(folder, name)
    (folder / f"{name}.ext").write_text(f"{extension}\n")
    _openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def make(folder, address="127.0.0.1"):
    """Writes ca.{key,crt}, apiserver.{key,crt} (for the address and the usual names) and sa.{key,pub} into folder."""
    _key(folder, "ca")
    _openssl(folder, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=test-ca", "-days", "30", "-out", "ca.crt")
    names = f"IP:{address},IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
    issue(folder, "apiserver", "/CN=kube-apiserver", f"subjectAltName={names}")
    _key(folder, "sa")
    _openssl(folder, "ec", "-in", "sa.key", "-pubout", "-out", "sa.pub")
