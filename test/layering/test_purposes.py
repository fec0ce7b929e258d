"""What a call is for has a name in its module's purposes.hpp, so that the fault suite knows of every call."""

import re

from layering.sources import code, files, line_of

PRODUCT = files("headers/*.hpp", "source/*.cpp", "source/*.hpp")
# A purpose that is spelt out where it is used.
SPELT_OUT = re.compile(r'(?:\b(?:(?:call_)?options|one_try)\s*[({][^;]*?|\beffect_budget\s*(?:\w+\s*)?[({][^;]*?|string(?:_view)? purpose\s*=\s*)"[^"\n]*"')


def spelt_out(text):
    return [found.start() for found in SPELT_OUT.finditer(text)]


def test_the_check_finds_what_it_looks_for():
    assert spelt_out('kube::call_options options(until, "record/read");')
    assert spelt_out('co_await client.list(options("poller/refresh"));')
    assert spelt_out('effect_budget budget{until, timeout, "claim/release"};')
    assert not spelt_out("kube::call_options options(until, std::string(purposes::read_record));")


def test_no_purpose_is_spelt_out_where_it_is_used():
    wrong = [line_of(path, position) for path in PRODUCT for position in spelt_out(code(path))]
    assert not wrong, "\n".join(wrong)
