"""When speech is doubted, and what the turn manager does about it."""

from __future__ import annotations

from aywa.turn.doubt import Doubt
from aywa.turn.events import (
    AudioWritten,
    CallerSpeech,
    CallStarted,
    Decided,
    FinalText,
    GateShut,
    ModelToken,
    PlayedTo,
    Resume,
    SpeechDoubted,
    Yield,
)
from aywa.turn.manager import TurnManager
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State

WINDOW_S = 0.032
SETTINGS = TurnSettings()


def verdicts(doubt: Doubt, *probabilities: float, start: int = 1000) -> list[float | None]:
    return [doubt.judged(start + 256 * (n + 1), WINDOW_S, p) for n, p in enumerate(probabilities)]


def test_ten_windows_without_a_voice_are_doubted_once() -> None:
    doubt = Doubt(SETTINGS)
    doubt.speech_started(1000)
    assert verdicts(doubt, *[0.1] * 8, 0.2, 0.1, 0.1, 0.1) == [None] * 9 + [0.2, None, None]


def test_one_window_with_a_voice_settles_it() -> None:
    doubt = Doubt(SETTINGS)
    doubt.speech_started(1000)
    assert verdicts(doubt, 0.1, 0.35, *[0.0] * 30) == [None] * 32


def test_what_lies_before_the_onset_or_behind_the_end_does_not_count() -> None:
    doubt = Doubt(SETTINGS)
    assert verdicts(doubt, *[0.0] * 30) == [None] * 30
    doubt.speech_started(100_000)
    assert verdicts(doubt, *[0.9] * 30) == [None] * 30
    assert verdicts(doubt, *[0.0] * 10, start=100_000)[-1] == 0.0
    doubt.speech_started(200_000)
    doubt.speech_stopped()
    assert verdicts(doubt, *[0.0] * 30, start=200_000) == [None] * 30


def yielded() -> TurnManager:
    """The assistant was speaking and the engine cut it."""
    manager = TurnManager(TurnSettings(greet=False))
    manager.receive(CallStarted(), 0.0)
    manager.receive(FinalText("is a room free"), 0.0)
    while manager.state is State.LISTENING:
        assert manager.deadline is not None
        manager.handle_timers(manager.deadline[0])
    manager.receive(ModelToken(1, "The room is free. It has a view."), 1.0)
    manager.receive(AudioWritten(1, 0, 8000), 1.0)
    manager.receive(PlayedTo(1600, 10_000), 1.2)
    assert manager.state is State.SPEAKING
    manager.receive(CallerSpeech(10_000, 1), 1.3)
    manager.receive(GateShut(1, 2000, 10_400), 1.3)
    assert any(isinstance(action, Yield) for action in manager.actions())
    return manager


def test_a_noise_that_cut_the_answer_gives_it_back() -> None:
    manager = yielded()
    manager.receive(SpeechDoubted(10_000, 0.2), 1.6)
    actions = manager.actions()
    assert [action for action in actions if isinstance(action, Resume)] == [Resume(1, 1)]
    assert manager.state is State.SPEAKING
    decisions = [action for action in actions if isinstance(action, Decided)]
    assert decisions[0].kind == "turn.doubted"
    assert decisions[0].data == {
        "sample": 10_000,
        "probability": 0.2,
        "voice_probability": 0.35,
        "doubt_after_s": 0.32,
        "state": "YIELDED",
    }


def test_words_after_the_doubt_still_cut_it() -> None:
    manager = yielded()
    manager.receive(SpeechDoubted(10_000, 0.2), 1.6)
    manager.receive(FinalText("stop please"), 2.0)
    while manager.state is State.SPEAKING:
        assert manager.deadline is not None
        manager.handle_timers(manager.deadline[0])
    assert manager.state is not State.YIELDED
    assert manager.turn != 1


def test_a_doubt_that_comes_late_changes_nothing() -> None:
    manager = yielded()
    manager.receive(FinalText("stop please"), 1.5)
    state = manager.state
    manager.actions()
    manager.receive(SpeechDoubted(10_000, 0.2), 1.6)
    assert manager.state is state
    assert not any(isinstance(action, Resume) for action in manager.actions())
