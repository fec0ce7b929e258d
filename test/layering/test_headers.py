"""Every public header compiles by itself, without the build's precompiled one, whatever is included before it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness.binaries import ROOT
from layering.sources import files

COMPILER = ["clang++-16", "-std=c++20", "-fsyntax-only", "-x", "c++", "-Wall", "-Wextra", "-Werror",
            "-Wno-pragma-once-outside-header", "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED",
            "-DBOOST_BEAST_SEPARATE_COMPILATION", "-DBOOST_ASIO_DISABLE_BOOST_COROUTINE", "-Iheaders"]


def complaint(header):
    done = subprocess.run([*COMPILER, header], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.stderr if done.returncode else ""


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
