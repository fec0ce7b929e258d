"""What the documentation repeats must be what the program says."""

import json
import re
import subprocess

from harness.binaries import ROOT, binary

README = (ROOT / "README.md").read_text()


def test_the_configuration_table_is_the_programs_own():
    table = subprocess.run([binary("soteria"), "--help=markdown"], capture_output=True, text=True, check=True).stdout
    begin, end = "<!-- configuration: begin (printed by soteria --help=markdown) -->\n", "<!-- configuration: end -->"
    shown = README[README.index(begin) + len(begin):README.index(end)]
    assert shown == table, "the README's table is old: put the output of `soteria --help=markdown` there"


def test_the_step_tables_are_the_codes_own():
    listed = json.loads(subprocess.run([binary("list-effects")], capture_output=True, text=True, check=True).stdout)
    for kind, column in (("backup", 0), ("restore", 2)):
        rows = re.findall(r"^\|" + r" *(\w*) *\|" * 4 + "$", README, re.M)
        shown = {row[column]: row[column + 1] for row in rows if row[column + 1] and row[column] != "backup"}
        for driver in ("longhorn", "restic"):
            assert shown.items() >= {step["step"]: step["undo"] for step in listed[driver][kind] if step["undo"]}.items()


def test_the_picture_and_the_two_commands_are_on_the_first_screen():
    first_screen = "\n".join(README.splitlines()[:20])
    picture = re.search(r"!\[.+\]\((.+\.png)\)", first_screen)
    assert picture and (ROOT / picture.group(1)).read_bytes().startswith(b"\x89PNG")
    assert "make demo" in first_screen and "make test" in first_screen
