"""Laws that hold whatever happens in whatever order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.turn.events import (
    CancelGeneration,
    Cause,
    EndTurn,
    FinalText,
    Hushed,
    KeyPressed,
    LineHeld,
    ModelDone,
    ModelFailed,
    ModelToken,
    PartialText,
    SayRequest,
    SpeechFailed,
    StartGeneration,
    ToolFinished,
    ToolStarted,
    Trigger,
    UserSaid,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import TRANSITIONS, State
from tests.kit.turn_world import TurnWorld

ALLOWED = {(a.name, cause.name, b.name) for a, cause, b in TRANSITIONS}

step = st.one_of(
    st.sampled_from(["speech", "silence", "synthesize", "synthesize one", "tokens", "done", "end call"]),
    st.sampled_from(
        ["model fails", "speech fails", "tool", "tool done", "say", "say now", "say and end", "hush", "speak"]
    ),
    st.sampled_from(
        ["final yes", "final no words", "final uh-huh", "partial yes", "partial ", "digit 1", "digit #"]
    ),
    st.sampled_from(["partial yes please", "partial yes please do", "final yes", "hold", "go on"]),
    st.floats(min_value=0.02, max_value=6.0),
    st.floats(min_value=0.02, max_value=0.6),
)


def perform(world: TurnWorld, action: str | float, lost_marks: bool) -> None:
    """One random thing happens."""
    turn = world.manager.turn or 0
    match action:
        case float():
            world.wait(action, marks=not lost_marks)
        case "speech":
            world.speech()
        case "silence":
            world.silence()
        case "synthesize":
            world.synthesize(seconds=1.3)
        case "synthesize one":
            world.synthesize(seconds=0.4, phrases=1)
        case "tokens":
            world.send(ModelToken(turn, "Good morning, this is a hotel. How may I help"))
        case "done":
            world.send(ModelDone(turn))
        case "end call":
            world.send(ModelDone(turn, end_call=True))
        case "model fails":
            world.send(ModelFailed(turn))
        case "speech fails":
            world.send(SpeechFailed(turn, 0))
        case "tool":
            world.send(ToolStarted(turn, "book", 5.0))
        case "tool done":
            world.send(ToolFinished(turn, "book"))
        case "say":
            world.send(SayRequest("One moment."))
        case "say now":
            world.send(SayRequest("Listen.", interrupt=True))
        case "say and end":
            world.send(SayRequest("Goodbye.", end_call=True))
        case "hush":
            world.send(Hushed(True))
        case "speak":
            world.send(Hushed(False))
        case "hold":
            world.send(LineHeld(True))
        case "go on":
            world.send(LineHeld(False))
        case "final yes":
            world.send(FinalText("yes please"))
        case "final no words":
            world.send(FinalText(""))
        case "final uh-huh":
            world.send(FinalText("uh-huh"))
        case str() if action.startswith("partial"):
            world.send(PartialText(action.removeprefix("partial "), 0.9))
        case str() if action.startswith("digit"):
            world.send(KeyPressed(action[-1]))


@settings(max_examples=300, deadline=None)
@given(st.lists(step, max_size=40), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_any_order_of_events(
    steps: list[str | float], barge_in: bool, gate: bool, greet: bool, lost_marks: bool
) -> None:
    """One generation at a time, each for new words; nothing cancelled is played; the end is reached."""
    world = TurnWorld(TurnSettings(greet=greet, barge_in=barge_in, max_duration_s=120.0), gate=gate)
    world.start()
    for action in steps:
        perform(world, action, lost_marks)
    # Nobody says or does anything more: no state lasts, whatever it was.
    world.wait(200.0, marks=not lost_marks)
    assert world.hung_up is not None
    assert world.state_is(State.ENDED)
    assert world.ahead is None, "an answer made ahead has no end"
    world.end()
    assert set(world.transitions) <= ALLOWED
    check_turns(world)


def check_turns(world: TurnWorld) -> None:
    """Each turn ends once; a model's answer to the caller follows words that no other answer had."""
    ended = [action.turn for action in world.log if isinstance(action, EndTurn)]
    started = [action.turn for action in world.log if isinstance(action, StartGeneration)]
    assert sorted(ended) == started
    new_words = False
    cancelled_for: Cause | None = None
    for action in world.log:
        if isinstance(action, UserSaid) and action.counts:
            new_words = True
        elif isinstance(action, CancelGeneration):
            cancelled_for = action.why
        elif isinstance(action, StartGeneration) and action.trigger is Trigger.USER:
            assert new_words or cancelled_for is Cause.AMENDED
            new_words = False
