"""Laws of the code itself: who writes a state, who catches what, what is said about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

from tests.house.sources import SHIPPED, Source, files

_STATES = {"state", "_state"}
_WRITERS = {"__init__", "_enter"}
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BROAD = {"Exception", "BaseException"}

# Where a broad `except` is law: the blast walls and the borders of threads and processes.
BROAD_EXCEPT_FILES = frozenset(
    {
        "aywa/ua/endpoint.py",  # one input of the socket
        "aywa/ua/registrations.py",  # the registration of one trunk
        "aywa/ua/session.py",  # the application's answer to a re-INVITE
        "aywa/ua/user_agent.py",  # one incoming call
        "aywa/call/table.py",  # one call
        "aywa/call/dial_attempt.py",  # the block of one call's caller, whose error goes on out of a group
        "aywa/call/colleague_side.py",  # the colleague's leg of one transfer
        "aywa/transports/listener.py",  # one connection
        "aywa/providers/speech/lane.py",  # one connection to a voice
        "aywa/providers/failover/wall.py",  # one request's listener, whose error goes on out of a group
        "aywa/scenarios/tools.py",  # one tool of a scenario, which is its author's code
    }
)


def logged_messages(source: Source) -> Iterator[str]:
    """Log lines with an exception's message, which may quote a caller; `aywa.log.places` does not."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        logs = isinstance(node.func.value, ast.Name) and node.func.value.id == "_log"
        if logs and (node.func.attr == "exception" or any(word.arg == "exc_info" for word in node.keywords)):
            yield source.at(node.lineno, "an exception's message is logged: log places(error)")


def state_writes(source: Source) -> Iterator[str]:
    """Assignments to a `state` outside `_enter` and `__init__`: a machine has one door."""
    yield from _state_writes(source, source.tree, "")


def _state_writes(source: Source, node: ast.AST, function: str) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    if function not in _WRITERS:
        for target in _targets(node):
            if isinstance(target, ast.Attribute) and target.attr in _STATES:
                yield source.at(target.lineno, f"{ast.unparse(target)} is written outside _enter")
    for child in ast.iter_child_nodes(node):
        yield from _state_writes(source, child, function)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from target.elts if isinstance(target, ast.Tuple) else [target]
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        yield node.target


def broad_excepts(source: Source, allowed: frozenset[str] = BROAD_EXCEPT_FILES) -> Iterator[str]:
    """Broad handlers: only at the borders listed, with their reason. Tidying up and raising again is fine."""
    for function, node in _handlers(source.tree, None):
        if not _is_broad(node.type) or _raises_again(node):
            continue
        if source.path not in allowed:
            yield source.at(node.lineno, "a broad except outside the blast walls")
        elif not _has_reason(source, node, function):
            yield source.at(node.lineno, "a broad except without its reason")


def _handlers(
    node: ast.AST, function: _Function | None
) -> Iterator[tuple[_Function | None, ast.ExceptHandler]]:
    """Every handler with the function it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            yield function, child
        yield from _handlers(child, child if isinstance(child, _FUNCTIONS) else function)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _has_reason(source: Source, handler: ast.ExceptHandler, function: _Function | None) -> bool:
    """In the line, a comment right above or below it, or the docstring of a function that is a blast wall."""
    line = handler.lineno - 1
    told = re.sub(r"noqa(: \w+)?", "", source.lines[line].partition("#")[2])
    beside = source.lines[line - 1 : line] + source.lines[line + 1 : line + 2]
    if len(re.findall(r"\w+", told)) >= 3 or any(text.strip().startswith("#") for text in beside):
        return True
    return function is not None and "blast wall" in (ast.get_docstring(function) or "")


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in _BROAD for name in names)


def undocumented(source: Source) -> Iterator[str]:
    """Modules, public classes, public functions and public methods without a docstring."""
    if source.tree.body and ast.get_docstring(source.tree) is None:
        yield source.at(1, "the module has no docstring")
    yield from _undocumented(source, source.tree.body, frozenset())


def _undocumented(source: Source, body: list[ast.stmt], inherited: frozenset[str]) -> Iterator[str]:
    for node in body:
        if not isinstance(
            node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and node.name not in inherited and not _speaks_elsewhere(node):
            yield source.at(node.lineno, f"{node.name} has no docstring")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(source, node.body, _documented_in_bases(source, node))


def _documented_in_bases(source: Source, subclass: ast.ClassDef) -> frozenset[str]:
    """What a class's bases, here or elsewhere in the project, have already said about its methods."""
    names = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in subclass.bases}
    here = [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    found: set[str] = set()
    for base in (*here, *_classes()):
        if base.name in names and base is not subclass:
            methods = [child for child in base.body if isinstance(child, _FUNCTIONS)]
            found |= {method.name for method in methods if ast.get_docstring(method)}
    return frozenset(found)


@cache
def _classes() -> tuple[ast.ClassDef, ...]:
    shipped = files(".py", under=SHIPPED)
    return tuple(node for source in shipped for node in source.tree.body if isinstance(node, ast.ClassDef))


def _speaks_elsewhere(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A setter speaks through its property, an overload through its implementation, a promise by its name."""
    marks = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    promised = "property" in marks and ast.unparse(node.body[-1]) == "..."
    return promised or bool(marks & {"setter", "overload"})


def bare_shields(source: Source) -> Iterator[str]:
    """`CancelScope(shield=True)` that nothing ends: no deadline, none set later, never cancelled."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("CancelScope"):
            continue
        given = {keyword.arg for keyword in node.keywords}
        if (
            "shield" in given
            and not given & {"deadline", "relative_deadline"}
            and not _is_ended(source, node)
        ):
            yield source.at(node.lineno, "a shield without a deadline")


def _is_ended(source: Source, scope: ast.Call) -> bool:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and node.value is scope:
            name = re.escape(ast.unparse(node.targets[0]))
            return re.search(rf"{name}\.(cancel\(|deadline = )", source.text) is not None
    return False
