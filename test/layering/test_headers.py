"""Every public header compiles by itself, without the build's precompiled one, whatever is included before it."""

import hashlib
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness.binaries import ROOT, build_directory
from layering.sources import files

COMPILER = ["clang++-16", "-std=c++20", "-fsyntax-only", "-x", "c++", "-Wall", "-Wextra", "-Werror",
            "-Wno-pragma-once-outside-header", "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED",
            "-DBOOST_BEAST_SEPARATE_COMPILATION", "-DBOOST_ASIO_DISABLE_BOOST_COROUTINE", "-Iheaders"]
# A header costs a second or more; what passed once with the same text, its own headers included, is not tried again.
PASSED = build_directory() / "self-contained-headers"


def fingerprint(header):
    """Of everything of the project's that the compiler sees through this header."""
    seen, ahead = {}, [header]
    while ahead:
        path = ahead.pop()
        if path in seen or not (ROOT / path).exists():
            continue
        seen[path] = (ROOT / path).read_text()
        ahead += [f"headers/{name}" for name in re.findall(r'#\s*include\s*[<"](soteria/[^>"]+)', seen[path])]
    return hashlib.sha256(repr((COMPILER, sorted(seen.items()))).encode()).hexdigest()


def complaint(header):
    passed = PASSED / fingerprint(header)
    if passed.exists():
        return ""
    done = subprocess.run([*COMPILER, header], cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode:
        return done.stderr or f"{header}: the compiler ended with {done.returncode}"
    PASSED.mkdir(parents=True, exist_ok=True)
    passed.touch()
    return ""


def test_every_public_header_compiles_alone():
    headers = files("headers/*.hpp")
    assert len(headers) > 15
    with ThreadPoolExecutor(2) as workers:
        complaints = [text for text in workers.map(complaint, headers) if text]
    assert not complaints, "\n".join(complaints)[:6000]


def test_a_header_that_leans_on_another_is_found(tmp_path):
    header = tmp_path / "leaning.hpp"
    header.write_text("#pragma once\nstd::string f();\n")
    assert "std" in complaint(str(header))
