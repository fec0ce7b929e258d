"""Who may enter which room: modules include only what their row names, and the product knows nothing of its tests."""

import re

import pytest

from harness.binaries import ROOT
from layering.sources import code, files, line_of, module_of

# The architecture's table: module -> modules that it may include. Its own is always allowed.
MAY_INCLUDE = {
    "base": "",
    "domain": "base",
    "telemetry": "base",
    "config": "base",
    "async": "base",
    "net": "base async telemetry",
    "kube": "base async net",
    "records": "base domain kube",
    "longhorn": "base async net",
    "restic": "base domain",
    "backup": "base domain async kube longhorn restic records",
    "operations": "base domain async kube records backup telemetry",
    # async: the coroutine that keeps the inventory fresh waits for changes and deadlines.
    "inventory": "base domain async kube longhorn restic records",
    "events": "base async",
    # async: reviews of the API server have deadlines, and wait for each other.
    "auth": "base domain async kube telemetry",
    "metrics": "base domain telemetry inventory records",
    "web": "base domain async auth events inventory metrics records operations telemetry",
    "app": "base domain telemetry config async net kube records longhorn restic backup operations inventory events auth "
           "metrics web",
}
MAY_INCLUDE = {module: set(row.split()) for module, row in MAY_INCLUDE.items()}
PRODUCT = [path for path in files("headers/*.hpp", "source/*.cpp", "source/*.hpp") if not path.startswith("source/boost/")]


def includes(path):
    """(position, path) of each include of the project's own headers."""
    return [(found.start(), found.group(1)) for found in re.finditer(r'#\s*include\s*["<](soteria/[^">]+)[">]', code(path))]


def cmake_modules():
    """module -> what CMakeLists.txt lets it link."""
    rows = re.findall(r"^soteria_module\(([^)]*)\)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
    table = {}
    for row in rows:
        name, *words = row.split()
        depends = words[words.index("DEPENDS") + 1:] if "DEPENDS" in words else []
        table[name] = set(depends[:depends.index("PACKAGES")] if "PACKAGES" in depends else depends)
    return table


def test_no_module_includes_what_its_row_does_not_name():
    wrong = []
    for path in PRODUCT:
        module = module_of(path)
        for position, header in includes(path):
            other = header.split("/")[1]
            if other != module and other not in MAY_INCLUDE.get(module, ()):
                wrong.append(f"{line_of(path, position)}: {module} may not include <{header}>")
    assert not wrong, "\n".join(wrong)


def test_the_product_was_looked_through():
    assert len(PRODUCT) > 20 and sum(len(includes(path)) for path in PRODUCT) > 50


def test_every_folder_of_the_product_is_a_module_with_a_row():
    unknown = {module_of(path) for path in PRODUCT} - set(MAY_INCLUDE)
    assert not unknown, f"no row for {unknown}: which modules may they include?"


def test_the_build_links_no_more_than_the_rows_name():
    table = cmake_modules()
    assert "web" in table, table
    for module, linked in table.items():
        assert module in MAY_INCLUDE, f"CMakeLists.txt has a module {module} without a row"
        assert linked <= MAY_INCLUDE[module], f"{module} links {linked - MAY_INCLUDE[module]}"


def test_every_module_with_files_is_built():
    assert {module_of(path) for path in PRODUCT} <= set(cmake_modules())


def test_the_rows_have_one_direction():
    """No module reaches itself."""

    def reach(module, seen):
        for other in MAY_INCLUDE[module]:
            assert other != start, f"{start} reaches itself through {module}"
            if other not in seen:
                seen.add(other)
                reach(other, seen)

    for start in MAY_INCLUDE:
        reach(start, set())


def test_headers_and_sources_of_a_module_mirror_each_other():
    """A public header's module has its sources in the folder of the same name, and every namespace is the folder's."""
    wrong = [path for path in PRODUCT if path.startswith("headers/") and path.count("/") != 3]
    assert not wrong, f"a header stands in headers/soteria/<module>/, not deeper: {wrong}"


@pytest.mark.parametrize("what, pattern", [
    ("a path under test/ or bench/", r"\b(?:test|bench)/"),
    ("a simulator", r"\bsimulator::|#\s*include\s*[\"<][^\">]*simulator"),
    ("a test library", r"boost/test/"),
])
def test_the_product_names_nothing_of_its_tests(what, pattern):
    found = [line_of(path, match.start()) for path in PRODUCT for match in re.finditer(pattern, code(path))]
    assert not found, f"{what}: {found}"


def test_no_build_file_of_the_product_links_its_tests():
    product = (ROOT / "CMakeLists.txt").read_text() + (ROOT / "cmake/modules.cmake").read_text()
    assert not re.search(r"target_link_libraries\([^)]*(simulator|unit_test_framework)", product)


def test_no_result_is_a_bool():
    """Copied from one that may be changed, Boost's result<bool> becomes true whatever it was."""
    found = [line_of(path, match.start()) for path in files("source/*.?pp", "headers/*.?pp", "test/*.?pp")
             for match in re.finditer(r"\bresult<bool>", code(path))]
    assert not found, found
