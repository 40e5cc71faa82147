"""One door into a state, no blind catching, nothing public without words."""

from __future__ import annotations

import pytest

from tests.house.rules_code import bare_shields, broad_excepts, logged_messages, state_writes, undocumented
from tests.house.sources import SHIPPED, Source, assert_kept, files


def test_states_are_written_by_enter_only() -> None:
    assert_kept(state_writes, files(".py", under=SHIPPED))


def test_broad_excepts_stand_at_the_blast_walls_with_their_reasons() -> None:
    shipped = files(".py", under=(*SHIPPED, "scripts/"))
    assert_kept(broad_excepts, shipped)


def test_everything_public_is_documented() -> None:
    assert_kept(undocumented, files(".py", under=(*SHIPPED, "scripts/")))


def test_shields_have_deadlines() -> None:
    assert_kept(bare_shields, files(".py", under=SHIPPED))


@pytest.mark.parametrize(
    "text",
    [
        "class M:\n    def run(self):\n        self.state = State.DONE\n",
        "class M:\n    def run(self):\n        self._state: State = State.DONE\n",
        "def f(call):\n    call.state = State.DONE\n",
        "class M:\n    def run(self):\n        self.x, self.state = 1, State.DONE\n",
    ],
)
def test_a_second_door_into_a_state_is_found(text: str) -> None:
    assert "outside _enter" in next(state_writes(Source("x.py", text)))


def test_the_door_itself_is_not() -> None:
    init = "    def __init__(self):\n        self.state = A\n"
    enter = "    def _enter(self, s):\n        self.state = s\n"
    text = "class M:\n    state: State\n" + init + enter
    assert list(state_writes(Source("x.py", text))) == []


@pytest.mark.parametrize(
    "caught", ["except Exception:", "except:", "except (OSError, BaseException):", "except* Exception:"]
)
def test_a_blind_except_is_found(caught: str) -> None:
    text = f"try:\n    f()\n{caught}\n    pass\n"
    assert "outside the blast walls" in next(broad_excepts(Source("x.py", text)))
    assert "without its reason" in next(broad_excepts(Source("x.py", text), frozenset({"x.py"})))
    suppressed = text.replace(":\n    pass", ":  # noqa: BLE001\n    pass")
    assert "without its reason" in next(broad_excepts(Source("x.py", suppressed), frozenset({"x.py"})))
    reasoned = text.replace(":\n    pass", ":  # noqa: BLE001  # one call must not end the others\n    pass")
    assert list(broad_excepts(Source("x.py", reasoned), frozenset({"x.py"}))) == []


def test_tidying_up_is_no_blind_except() -> None:
    text = "try:\n    f()\nexcept BaseException:\n    tidy()\n    raise\n"
    assert list(broad_excepts(Source("x.py", text))) == []
    assert list(broad_excepts(Source("x.py", text.replace("    raise", "    raise Other()")))) != []


def test_missing_words_are_found() -> None:
    text = "class C:\n    def m(self): ...\ndef f(): ...\ndef _g(): ...\n"
    found = [finding.partition(": ")[2] for finding in undocumented(Source("x.py", text))]
    assert found == [
        "the module has no docstring",
        "C has no docstring",
        "m has no docstring",
        "f has no docstring",
    ]


def test_a_bare_shield_is_found() -> None:
    assert list(bare_shields(Source("x.py", "with trio.CancelScope(shield=True):\n    pass\n"))) != []
    assert (
        list(bare_shields(Source("x.py", "with trio.CancelScope(shield=True, deadline=d):\n    pass\n")))
        == []
    )
    ended = "self.scope = trio.CancelScope(shield=True)\nself.scope.{}\n"
    assert list(bare_shields(Source("x.py", ended.format("cancel()")))) == []
    assert list(bare_shields(Source("x.py", ended.format("cancelled_caught")))) != []


def test_no_log_line_carries_an_exceptions_message() -> None:
    assert_kept(logged_messages, files(".py", under=SHIPPED))


def test_logged_messages_are_found() -> None:
    assert len(list(logged_messages(Source("x.py", '_log.exception("x")\n_log.error("x", exc_info=e)')))) == 2
    assert not list(logged_messages(Source("x.py", 'process.exception("x")\n_log.error("x", places=[])')))
