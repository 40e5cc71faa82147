"""Ten thousand interruptions: nothing that was cut is heard, and nothing that was not is lost."""

from __future__ import annotations

from random import Random

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.events import (
    AudioWritten,
    CancelGeneration,
    EndTurn,
    FinalText,
    Hushed,
    KeyPressed,
    LineHeld,
    ModelDone,
    ModelToken,
    PartialText,
    PhraseWritten,
    SayRequest,
    StartGeneration,
    UserSaid,
    Yield,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld

INTERRUPTIONS = 10_000
TEXT = "We have a quiet room. It has a view of the old town. Breakfast is served from seven to ten."
SOUNDS = ("cough", "noise", "guess", "uh-huh", "words", "late words", "final only", "key", "twice")
MIXED = (*SOUNDS, "hold", "mute", "notice", "says now", "goes on")
LASTING = TurnSettings(max_duration_s=1e9, silence_prompt_s=1e8, silence_timeout_s=1e9)


def answer(world: TurnWorld, rng: Random) -> None:
    """Whoever is to speak is given a text, and some of its audio, at whatever pace."""
    turn = world.manager.turn
    if turn is None:
        world.say("tell me more", seconds=0.2, final_after=0.05)
        turn = world.manager.turn
    assert turn is not None
    world.send(ModelToken(turn, TEXT))
    if rng.random() < 0.8:
        world.send(ModelDone(turn))
    world.synthesize(seconds=rng.uniform(0.2, 3.0), phrases=rng.randint(1, 4))
    world.wait(rng.uniform(0.0, 1.5))


def straggle(world: TurnWorld) -> None:
    """The task of a turn that is gone tells of what it still had: nobody listens."""
    for turn in list(world.cancelled)[-2:]:
        world.send(AudioWritten(turn, 0, 800))
        world.send(PhraseWritten(turn, 0))
        world.send(ModelToken(turn, "And another thing."))


def interrupt(world: TurnWorld, sound: str, rng: Random) -> None:
    if sound == "notice":
        world.send(SayRequest("This call is recorded.", interrupt=rng.random() < 0.5, protected=True))
        world.wait(0.1)
        world.synthesize(seconds=1.0)
        world.wait(rng.uniform(0.1, 0.5))
    world.speech()
    world.wait(rng.uniform(0.05, 0.5))
    match sound:
        case "hold":
            world.send(LineHeld(True))
            world.wait(rng.uniform(0.1, 2.0))
            world.send(LineHeld(False))
        case "mute":
            world.send(Hushed(True))
            world.wait(rng.uniform(0.1, 2.0))
            world.send(Hushed(False))
        case "says now":
            world.send(SayRequest("Listen.", interrupt=True))
        case "goes on":  # after a pause in which an answer was made ahead
            world.send(PartialText("a room for", 0.9))
            world.silence()
            world.wait(rng.uniform(0.1, 0.4))
            world.speech()
            world.send(PartialText("a room for two nights", 0.9))
        case "guess":
            world.send(PartialText("the other"))
        case "uh-huh":
            world.send(PartialText("uh-huh", 0.9))
        case "words":
            world.send(PartialText("the other room", 0.9))
        case "key":
            world.send(KeyPressed("1"))
        case "twice":
            world.silence()
            world.wait(rng.uniform(0.05, 0.9))
            world.speech()
    world.silence()
    straggle(world)
    if sound == "late words":
        world.wait(rng.uniform(0.5, 0.9))
        world.send(PartialText("the other room", 0.9))
    world.wait(rng.uniform(0.05, 0.4))
    texts = {"uh-huh": "uh-huh", "words": "the other room", "late words": "the other room"}
    if rng.random() < 0.9:
        world.send(FinalText(texts.get(sound, "the other one" if sound == "final only" else "")))
    straggle(world)
    world.wait(rng.uniform(0.1, 1.0))


def test_ten_thousand_interruptions() -> None:
    rng = Random(20261121)
    world = TurnWorld(LASTING)
    world.step_s = 0.1
    world.start()
    interruptions = 0
    while interruptions < INTERRUPTIONS:
        answer(world, rng)
        before = len(world.log)
        interrupt(world, rng.choice(MIXED), rng)
        interruptions += sum(isinstance(action, Yield) for action in world.log[before:])
        assert world.manager.deadline is not None
        if len(world.log) > 5000:
            check(world)
            world.log.clear()
    check(world)
    assert min(world.made_ahead[-1], len(world.adopted), len(world.cancelled)) > 500, "all of it was mixed in"


def check(world: TurnWorld) -> None:
    """What was cut and what was heard to its end are told apart; `TurnWorld` watches the audio itself."""
    for action in world.log:
        if isinstance(action, EndTurn) and not action.interrupted:
            assert action.turn not in world.cancelled
        if isinstance(action, CancelGeneration):
            assert action.turn in world.cancelled


def test_a_noise_costs_not_one_sample() -> None:
    """Of answers with coughs and acknowledgements in them every one is heard to its last sample."""
    rng = Random(4)
    world = TurnWorld(LASTING)
    world.step_s = 0.05
    world.start()
    for _ in range(300):
        turn = world.manager.turn
        if turn is None:
            world.say("tell me more", seconds=0.2, final_after=0.05)
            turn = world.manager.turn
        assert turn is not None
        world.send(ModelToken(turn, "We have a quiet room."))
        world.send(ModelDone(turn))
        world.synthesize(seconds=4.0)
        world.wait(rng.uniform(0.1, 1.0))
        for _ in range(rng.randint(1, 3)):
            kind = rng.choice(("cough", "noise", "uh-huh"))
            world.speech()
            world.wait(rng.uniform(0.1, 0.6))
            if kind == "uh-huh":
                world.send(PartialText("uh-huh", 0.9))
            world.silence()
            ended = world.now
            while world.state_is(State.YIELDED):
                world.wait(0.01)
            assert world.now - ended <= 0.8
            world.wait(rng.uniform(0.0, 0.3))
        while not world.state_is(State.LISTENING):
            world.wait(0.5)
        assert world.heard[turn] == 4 * 8000
        world.wait(2.5)
    assert not world.cancelled
    assert len(world.of(StartGeneration)) == 300
    spoken = [action for action in world.log if isinstance(action, UserSaid) and action.counts]
    assert len(spoken) == 299


def test_modes_without_a_gate_are_no_staler() -> None:
    for mode in (BargeInMode.WORDS, BargeInMode.VOICE, BargeInMode.OFF):
        rng = Random(7)
        settings = TurnSettings(
            max_duration_s=1e9,
            silence_prompt_s=1e8,
            silence_timeout_s=1e9,
            barge=BargeInSettings(mode=mode, num_words=2),
        )
        world = TurnWorld(settings, gate=False)
        world.step_s = 0.1
        world.start()
        for _ in range(150):
            answer(world, rng)
            interrupt(world, rng.choice(SOUNDS), rng)
        check(world)
