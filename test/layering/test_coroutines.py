"""The house rule for coroutines: name it, then await it. g++ 12 destroys some temporaries of a co_await's operand twice.

Each check is shown to find what it looks for, on lines of its own.
"""

import re

import pytest

from layering.sources import code, files, line_of

ALL = files("*.cpp", "*.hpp")
PRODUCT = files("headers/*.hpp", "source/*.cpp", "source/*.hpp")


def operands(text):
    """(position, operand) of each co_await: up to the `;` or `,` or closing bracket that ends it."""
    for found in re.finditer(r"\bco_await\b", text):
        depth, end = 0, found.end()
        while end < len(text):
            character = text[end]
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
            if depth < 0 or (depth == 0 and character in ";,?"):
                break
            end += 1
        yield found.start(), text[found.end():end]


def braces_or_choice(text):
    """An operand that holds braces (an aggregate, a lambda's body) or a conditional expression."""
    return [position for position, operand in operands(text) if re.search(r"[{?]", operand)]


def awaits_in_conditions(text):
    """co_await in the head of a loop."""
    wrong = []
    for found in re.finditer(r"\b(?:while|for)\s*\(", text):
        depth, end = 1, found.end()
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if re.search(r"\bco_await\b", text[found.end():end]):
            wrong.append(found.start())
    return wrong


def awaits_in_braces(text):
    """co_await inside an initialiser list: an opening brace that belongs to an expression, not to a block."""
    wrong = []
    for position, _ in operands(text):
        opened, at = 0, position - 1
        while at >= 0 and not (text[at] == ";" and opened == 0):
            if text[at] in "}":
                opened += 1
            elif text[at] == "{":
                if opened == 0:
                    before = text[:at].rstrip()
                    # A block's brace follows `)`, a word such as else or const, `}`, `;` or `{`.
                    block = re.search(r"(?:[){};:]|\b(?:else|do|try|mutable|const|noexcept|override|final))$", before) \
                        or re.search(r"->\s*[\w:<>,\s&*]+$", before)
                    if not block:
                        wrong.append(position)
                    break
                opened -= 1
            at -= 1
    return wrong


def detached(text):
    """A coroutine that nobody joins."""
    return [found.start() for found in re.finditer(r"asio::detached\b|\bco_spawn\b[^;]*\bdetached\b", text)]


def capturing_coroutine_called_at_once(text):
    """[captures]() -> awaitable<...> {...}(): its captures die with the full expression, before the coroutine ends."""
    return [found.start() for found in
            re.finditer(r"\[[^\]\n]+\]\s*(?:\([^()]*\))?[^;{]*awaitable<[^{;]*\{(?:[^{}]|\{[^{}]*\})*\}\s*\(\s*\)", text)]


CHECKS = {
    braces_or_choice: (ALL, "auto r = co_await send(request{1});", "auto r = co_await send(ready ? a : b);",
                       "co_await group.run([x] { return x; });"),
    awaits_in_conditions: (ALL, "while (co_await next()) {}", "for (auto x = co_await f(); x; --x) {}"),
    awaits_in_braces: (ALL, "co_return answer{co_await f()};", "auto x = point{1, co_await f()};"),
    detached: (PRODUCT, "co_spawn(context, f(), asio::detached);", "co_spawn(context, f(), detached);"),
    capturing_coroutine_called_at_once: (ALL, "auto t = [this]() -> awaitable<void> { co_return; }();"),
}
GOOD = """
    auto request = make(ready ? a : b);
    auto answer = co_await client.send(std::move(request), until);
    if (auto found = co_await look(name); !found) { co_return found.error(); }
    co_await timer.async_wait(use_awaitable);
    group.spawn("loop", [this]() -> awaitable<void> { co_await run(); });
    for (auto& one : all) { co_await visit(one); }
    if (x) { y(); } else { co_await z(); }
    auto both = co_await (std::move(a) || std::move(b));
"""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_source_has(check):
    paths = CHECKS[check][0]
    assert paths
    found = [line_of(path, position) for path in paths for position in check(code(path))]
    assert not found, f"{check.__doc__} {found}"


@pytest.mark.parametrize("check, line", [(check, line) for check, (_, *lines) in CHECKS.items() for line in lines],
                         ids=lambda value: getattr(value, "__name__", value))
def test_the_check_finds(check, line):
    assert check(f"void f() {{\n    {line}\n}}\n")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_check_lets_pass_what_the_house_writes(check):
    assert not check(f"awaitable<void> f() {{\n{GOOD}\n}}\n")
