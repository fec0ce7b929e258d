"""The project's C++ files as text to look through."""

import functools
import re
import subprocess

from harness.binaries import ROOT

# Comments, then string and character literals (raw ones too): what a look for code must not see.
_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""",
                    re.DOTALL)


@functools.cache
def files(*patterns):
    """Paths (relative to the checkout) of the files that git knows or would add."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [path for path in sorted(set(listed)) if (ROOT / path).exists()]


@functools.cache
def text(path):
    return (ROOT / path).read_text()


@functools.cache
def code(path):
    """The text without comments and without what stands inside literals; every line keeps its number.

    A line with #include keeps its path, as that is no literal.
    """

    def blank(match):
        token = match.group()
        newlines = "\n" * token.count("\n")
        return newlines if token.startswith("/") else '""' + newlines

    lines = text(path).split("\n")
    includes = {number: line for number, line in enumerate(lines) if re.match(r"\s*#\s*include\b", line)}
    result = _TOKEN.sub(blank, text(path)).split("\n")
    for number, line in includes.items():
        result[number] = re.sub(r"\s*//.*", "", line)
    return "\n".join(result)


def line_of(path, position):
    return f"{path}:{code(path).count(chr(10), 0, position) + 1}"


def module_of(path):
    """"kube" for source/kube/x.cpp and headers/soteria/kube/x.hpp; None elsewhere."""
    found = re.match(r"(?:source|headers/soteria)/([a-z_]+)/", path)
    return found and found.group(1)
