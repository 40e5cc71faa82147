"""What is said while a tool runs: at its start or after a while, once, never over the answer."""

from __future__ import annotations

from aywa.turn.filler import Fillers
from aywa.turn.inputs import ModelDone, ModelToken, ToolFinished, ToolStarted
from aywa.turn.settings import TurnSettings
from aywa.turn.speaking_settings import FillerSettings, SpeakingSettings
from aywa.turn.states import State
from aywa.turn.tool_messages import MessageKind, ToolMessage
from tests.kit.turn_world import TurnWorld, greeted

VARIANTS = FillerSettings().phrases
START, DELAYED = MessageKind.START, MessageKind.DELAYED


def with_tool(*messages: ToolMessage, said: str = "", settings: FillerSettings | None = None) -> TurnWorld:
    """A call whose tool runs since a moment; `said` was spoken before."""
    speaking = SpeakingSettings(fillers=settings or FillerSettings())
    world = greeted(TurnSettings(speaking=speaking))
    world.say("a room please")
    assert world.manager.turn is not None
    if said:
        world.send(ModelToken(world.manager.turn, said))
    world.send(ToolStarted(world.manager.turn, "search", 15.0, messages))
    return world


def texts(world: TurnWorld) -> list[str]:
    """What waits to be synthesized."""
    return [phrase.text for phrase in world.speak]


def answers(world: TurnWorld) -> None:
    """The tool and the model answer."""
    turn = world.manager.turn
    assert turn is not None
    world.send(ToolFinished(turn, "search"))
    world.send(ModelToken(turn, "Here it is."))
    world.send(ModelDone(turn))


def test_a_quick_tool_is_not_filled() -> None:
    world = with_tool()
    world.wait(1.9)
    answers(world)
    world.wait(1.0)
    assert texts(world) == ["Here it is."]


def test_a_slow_tool_is_filled_once_and_the_answer_follows() -> None:
    world = with_tool()
    world.wait(2.1)
    assert texts(world) == [VARIANTS[0]]
    world.synthesize()
    world.wait(9.0)
    assert texts(world) == [], "once"
    answers(world)
    assert texts(world) == ["Here it is."]
    world.synthesize()
    world.wait(3.0)
    assert world.state_is(State.LISTENING)
    assert world.context()[-1] == ("assistant", f"{VARIANTS[0]} Here it is.")
    assert [d.data["text"] for d in world.log if getattr(d, "kind", "") == "turn.filler"] == [VARIANTS[0]]


def test_silence_is_counted_from_what_was_said_before() -> None:
    world = with_tool(said="I will look that up for you now.")
    world.synthesize(seconds=4.0)
    world.wait(5.8)
    assert texts(world) == []
    world.wait(0.4)
    assert texts(world) == [VARIANTS[0]]


def test_while_what_was_said_before_is_still_made_nothing_is_said() -> None:
    world = with_tool(said="I will look that up for you now.")
    world.wait(5.0)
    assert texts(world) == ["I will look that up for you now."]


def test_a_tool_has_messages_of_its_own() -> None:
    world = with_tool(
        ToolMessage(START, "I am looking."),
        ToolMessage(DELAYED, "Still looking.", 3.0),
        ToolMessage(DELAYED, "Nearly there.", 6.0),
    )
    assert texts(world) == ["I am looking."]
    world.synthesize()
    world.wait(2.9)
    assert texts(world) == []
    world.wait(0.2)
    assert texts(world) == ["Still looking."]
    world.synthesize()
    world.wait(2.5)
    answers(world)
    world.wait(3.0)
    assert texts(world) == ["Here it is."], "the last one is dropped"


def test_an_interruption_drops_it() -> None:
    world = with_tool(said="I will look that up for you now.")
    world.synthesize(seconds=1.0)
    world.wait(0.5)
    world.say("stop that please now", seconds=0.6)
    world.wait(0.2)
    turn = world.manager.turn
    world.wait(5.0)
    assert VARIANTS[0] not in texts(world)
    assert turn is not None


def test_it_can_be_off() -> None:
    world = with_tool(settings=FillerSettings(delay_s=None))
    world.wait(9.0)
    assert texts(world) == []


def test_variants_follow_each_other_and_begin_with_the_seed() -> None:
    def said(seed: int) -> list[str | None]:
        fillers = Fillers(FillerSettings(delay_s=1.0, phrases=("a", "b", "c")), seed)
        chosen = []
        for turn in range(4):
            assert fillers.tool_started(turn + 1, (), 10.0 * turn) is None
            assert fillers.deadline == 10.0 * turn + 1.0
            chosen.append(fillers.due(10.0 * turn + 1.0, 10.0 * turn))
        return chosen

    assert said(0) == ["a", "b", "c", "a"]
    assert said(5) == ["c", "a", "b", "c"]


def test_one_of_several_beginnings_is_said() -> None:
    fillers = Fillers(FillerSettings())
    messages = (ToolMessage(START, "One."), ToolMessage(START, "Two."))
    assert [fillers.tool_started(turn, messages, 0.0) for turn in (1, 2, 3)] == ["One.", "Two.", "One."]
    assert fillers.deadline is None
