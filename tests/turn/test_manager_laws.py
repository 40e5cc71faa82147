"""Laws that hold whatever happens in whatever order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.events import (
    AnswerExpected,
    AskEndpointing,
    CancelGeneration,
    Cause,
    EndpointingAdvised,
    EndTurn,
    FinalText,
    HandedOver,
    Hushed,
    KeyPressed,
    LineHeld,
    ModelDone,
    ModelFailed,
    ModelToken,
    PartialText,
    SayRequest,
    SoundJudged,
    SpeechDoubted,
    SpeechFailed,
    StartGeneration,
    ToolFinished,
    ToolStarted,
    Trigger,
    UserSaid,
)
from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.idle import IdleSettings
from aywa.turn.keypad import KeypadSettings
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_settings import SpeculationSettings
from aywa.turn.states import TRANSITIONS, State
from tests.kit.turn_world import TurnWorld, greeted

NOTICE = "This call is recorded."
BOUND_S = 45.0  # the longest that anything but listening may last: a tool's bound and the model's
ALLOWED = {(a.name, cause.name, b.name) for a, cause, b in TRANSITIONS}

step = st.one_of(
    st.sampled_from(["speech", "silence", "synthesize", "synthesize one", "tokens", "done", "end call"]),
    st.sampled_from(
        ["model fails", "speech fails", "tool", "tool done", "say", "say now", "say and end", "hush", "speak"]
    ),
    st.sampled_from(
        [
            "final yes please",
            "final no words",
            "final uh-huh",
            "final stop",
            "partial yes please",
            "partial uh-huh",
            "partial ",
            "guess maybe",
            "digit 1",
            "digit #",
        ]
    ),
    st.sampled_from(["partial yes please", "partial yes please do", "final yes", "hold", "go on"]),
    st.sampled_from(["say protected", "say protected now", "doubt", "away", "back", "judged"]),
    st.sampled_from(["asked", "a pause after words", "a pause after words", "more words"]),
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
        case "final no words":
            world.send(FinalText(""))
        case str() if action.startswith("final"):
            world.send(FinalText(action.removeprefix("final ")))
        case str() if action.startswith("guess"):
            world.send(PartialText(action.removeprefix("guess ")))
        case str() if action.startswith("partial"):
            world.send(PartialText(action.removeprefix("partial "), 0.9))
        case str() if action.startswith("digit"):
            world.send(KeyPressed(action[-1]))
        case _:
            perform_more(world, action, lost_marks)


def perform_more(world: TurnWorld, action: str, lost_marks: bool) -> None:
    """What an operator, a second ear or a server has to say, and a caller who stops and goes on."""
    match action:
        case "say protected":
            world.send(SayRequest(NOTICE, protected=True))
        case "say protected now":
            world.send(SayRequest(NOTICE, interrupt=True, protected=True))
        case "doubt":
            world.send(SpeechDoubted(world.timeline, 0.04))
        case "away" | "back":
            world.send(HandedOver(action == "away"))
        case "judged":
            world.send(SoundJudged(world.timeline, 0.9))
        case "advised":
            for asked in world.of(AskEndpointing)[-1:]:
                assert isinstance(asked, AskEndpointing)
                world.send(EndpointingAdvised(asked.text, 0.2))
        case "voice a" | "voice b":
            world.send(PartialText("one thing", 0.9, speaker=action))
            world.send(FinalText("one thing more", speaker=action))
        case "asked":
            world.send(AnswerExpected(Expectation(ValueKind.PHONE, digits=7)))
        case "a pause after words":
            world.speech()
            world.wait(0.3, marks=not lost_marks)
            world.send(PartialText("a room for two", 0.9))
            world.silence()
            world.send(FinalText("a room for two"))
        case "more words":
            world.speech()
            world.send(PartialText("and breakfast", 0.9))
        case _:
            raise AssertionError(action)


def released(world: TurnWorld) -> None:
    """Whatever an operator or the far side had stopped goes on."""
    world.send(HandedOver(False))
    world.send(LineHeld(False))
    world.send(Hushed(False))
    world.silence()


turn_settings = st.builds(
    TurnSettings,
    greet=st.booleans(),
    barge_in=st.booleans(),
    max_duration_s=st.just(120.0),
    endpointing=st.builds(EndpointingSettings, mode=st.sampled_from(EndpointingMode)),
    speculation=st.builds(
        SpeculationSettings,
        enabled=st.booleans(),
        min_words=st.integers(1, 3),
        max_per_turn=st.integers(1, 3),
    ),
    barge=st.builds(
        BargeInSettings,
        mode=st.sampled_from(BargeInMode),
        num_words=st.integers(1, 3),
        voice_s=st.floats(0, 0.5),
        backoff_s=st.sampled_from([0.0, 0.3, 4.0]),
        first_message=st.booleans(),
        protected=st.sampled_from([(), ("How may I help",), (NOTICE,)]),
    ),
    idle=st.builds(IdleSettings, max_spoken=st.integers(1, 3), reset_on_speech=st.booleans()),
    keypad=st.builds(
        KeypadSettings,
        enabled=st.booleans(),
        wait_s=st.sampled_from([0.0, 2.0]),
        delimiter=st.sampled_from(["", "#"]),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(step, max_size=40), turn_settings, st.booleans(), st.booleans())
def test_any_order_of_events(
    steps: list[str | float], how: TurnSettings, gate: bool, lost_marks: bool
) -> None:
    """One generation at a time, each for new words; nothing cancelled is played; the end is reached.

    There is always a moment at which the manager wants to be woken.
    """
    world = TurnWorld(how, gate=gate)
    world.start()
    away = False  # a colleague talks with the caller: what lasts is not the assistant's
    for action in steps:
        perform(world, action, lost_marks)
        away = {"away": True, "back": False}.get(str(action), away)
        assert world.manager.deadline is not None or away or world.state_is(State.ENDED)
    released(world)
    no_state_lasts(world, lost_marks)
    # Nobody says or does anything more: the call comes to its end, whatever it was.
    world.wait(200.0, marks=not lost_marks)
    assert world.hung_up is not None
    assert world.state_is(State.ENDED)
    assert world.ahead is None, "an answer made ahead has no end"
    world.end()
    assert set(world.transitions) <= ALLOWED
    check_turns(world)


noise = st.one_of(
    st.sampled_from(["speech", "silence", "final no words", "partial ", "doubt", "judged", "voice b"]),
    st.sampled_from(["a noise", "a noise, and nothing understood", "a voice b"]),
    st.floats(min_value=0.02, max_value=4.0),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(noise, max_size=30), st.sampled_from(BargeInMode), st.sampled_from(EndpointingMode))
def test_nothing_is_said_into_noise(
    steps: list[str | float], mode: BargeInMode, how: EndpointingMode
) -> None:
    """On an idle line sounds without words of the caller, however many and long, are answered by nobody."""
    world = greeted(
        TurnSettings(
            silence_prompt_s=1e6,
            silence_timeout_s=1e6,
            max_duration_s=1e6,
            barge=BargeInSettings(mode=mode),
            endpointing=EndpointingSettings(how),
        ),
        gate=mode is not BargeInMode.OFF,
    )
    world.speech()  # the recogniser reports partials, and knows the caller as voice a
    world.send(PartialText("a room please", 0.9, speaker="voice a"))
    world.silence()
    world.send(FinalText("a room please", speaker="voice a"))
    world.wait(4.0)
    world.answer("Here you are.")
    world.synthesize()
    world.wait(2.0)
    assert world.state_is(State.LISTENING)
    began = len(world.started)
    spent = 0.0
    for action in steps:
        spent += action if isinstance(action, float) else 0.0
        if str(action).endswith("voice b") and spent > 8.0:
            continue  # who goes on speaking while the caller is silent is taken for him in the end
        if str(action).startswith("a "):
            world.speech()
            world.wait(0.5)
            if action == "a voice b":
                perform(world, "voice b", False)
            world.silence()
            if action == "a noise, and nothing understood":
                world.send(FinalText(""))
            spent += 0.5
            continue
        perform(world, action, False)
    world.silence()
    world.wait(30.0)
    assert len(world.started) == began
    assert world.state_is(State.LISTENING)


def no_state_lasts(world: TurnWorld, lost_marks: bool) -> None:
    """Out of everything but listening something leads, and not only the end of the call."""
    since, state = world.now, world.manager.state
    for _ in range(90):
        world.wait(1.0, marks=not lost_marks)
        if world.manager.state is not state or state in (State.LISTENING, State.ENDED):
            since, state = world.now, world.manager.state
        assert world.now - since <= BOUND_S, state


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
