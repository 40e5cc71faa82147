"""A call on hold: nobody is silent, and no answer is late."""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.events import (
    AudioWritten,
    CallEnded,
    CallStarted,
    Decided,
    EndTurn,
    FinalText,
    HangUp,
    LineHeld,
    ModelDone,
    ModelToken,
    PhraseWritten,
    PlayedTo,
    StartGeneration,
    TurnAction,
)
from aywa.turn.manager import TurnManager
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State

WORDS = "The room is free."


def run(manager: TurnManager, now: float, until: float) -> list[TurnAction]:
    """Wake the manager at its deadlines; all it wants meanwhile."""
    wanted = manager.actions()
    while (deadline := manager.deadline) is not None and deadline[0] <= until:
        now = max(now, deadline[0])
        manager.handle_timers(now)
        wanted += manager.actions()
    return wanted


def listening(**settings: float) -> TurnManager:
    manager = TurnManager(TurnSettings(greet=False, **settings))  # type: ignore[arg-type]
    manager.receive(CallStarted(), 0.0)
    manager.actions()
    return manager


def answering(manager: TurnManager, now: float) -> None:
    """The caller asks; the answer of a second is in the ring whole."""
    manager.receive(FinalText("is a room free"), now)
    while manager.state is State.LISTENING:
        assert manager.deadline is not None
        manager.handle_timers(manager.deadline[0])
    manager.receive(ModelToken(1, WORDS), now + 2)
    manager.receive(ModelDone(1), now + 2)
    manager.receive(AudioWritten(1, 0, 8000), now + 2)
    manager.receive(PhraseWritten(1, 0), now + 2)


def test_silence_on_hold_is_not_the_callers() -> None:
    manager = listening(max_duration_s=10_000.0)
    manager.receive(LineHeld(True), 1.0)
    assert run(manager, 1.0, 5000.0) == []
    manager.receive(LineHeld(False), 5000.0)
    assert run(manager, 5000.0, 5001.0) == []
    assert [action for action in run(manager, 5001.0, 6000.0) if isinstance(action, StartGeneration)]


def test_the_longest_duration_holds_on_hold_too() -> None:
    manager = listening(max_duration_s=100.0)
    manager.receive(LineHeld(True), 1.0)
    (hang_up,) = [action for action in run(manager, 1.0, 1000.0) if isinstance(action, HangUp)]
    assert hang_up.code is EndCode.MAX_DURATION


def test_an_answer_waits_for_the_end_of_the_hold_and_is_heard_after_it() -> None:
    manager = listening(silence_timeout_s=1000.0, max_duration_s=10_000.0)
    manager.receive(LineHeld(True), 1.0)
    answering(manager, 2.0)
    late = run(manager, 4.0, 600.0)
    assert not [a for a in late if isinstance(a, Decided) and a.kind == "turn.overdue"]
    assert manager.state is State.THINKING
    assert manager.ledger.unplayed == 8000
    manager.receive(LineHeld(False), 600.0)
    assert run(manager, 600.0, 600.9) == []
    manager.receive(PlayedTo(8000, 4_808_000), 601.0)
    (end,) = [action for action in manager.actions() if isinstance(action, EndTurn)]
    assert (end.heard, end.interrupted) == (WORDS, False)


def test_a_call_that_ends_on_hold_has_heard_nothing_of_the_answer() -> None:
    manager = listening()
    manager.receive(LineHeld(True), 1.0)
    answering(manager, 2.0)
    run(manager, 4.0, 30.0)
    manager.receive(PlayedTo(0, 240_000), 30.0)
    manager.receive(CallEnded(), 30.0)
    (end,) = [action for action in manager.actions() if isinstance(action, EndTurn)]
    assert end.heard == ""


def test_lost_marks_are_noticed_after_the_hold() -> None:
    manager = listening(silence_timeout_s=1000.0, silence_prompt_s=1000.0)
    manager.receive(LineHeld(True), 1.0)
    answering(manager, 2.0)
    manager.receive(LineHeld(False), 100.0)
    late = run(manager, 100.0, 120.0)
    assert [a.data["cause"] for a in late if isinstance(a, Decided) and a.kind == "turn.overdue"] == [
        "PLAYOUT_LOST"
    ]
