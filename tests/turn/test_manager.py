"""The turn manager in the situations that others get wrong."""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.events import (
    CancelGeneration,
    Commit,
    Decided,
    EndTurn,
    FinalText,
    GateShut,
    PartialText,
    Resume,
    StartGeneration,
    Trigger,
    Truncate,
    UserAmended,
    UserSaid,
    Yield,
)
from aywa.turn.states import TRANSITIONS, State
from tests.kit.turn_world import TurnWorld, greeted, speaking


def test_a_conversation() -> None:
    world = greeted()
    world.say("a room please")
    assert world.state_is(State.THINKING)
    world.answer("For how many nights?")
    world.synthesize()
    world.wait(1.5)
    world.say("three")
    world.answer("Done. Goodbye.", end_call=True)
    assert world.state_is(State.CLOSING)
    world.synthesize()
    world.wait(1.9)
    assert world.hung_up is None, "the last sentence is heard whole"
    world.wait(0.2)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.ASSISTANT_HANGUP
    assert world.context() == [
        ("assistant", "Good morning."),
        ("user", "a room please"),
        ("assistant", "For how many nights?"),
        ("user", "three"),
        ("assistant", "Done. Goodbye."),
    ]


def test_every_decision_carries_its_inputs() -> None:
    world = greeted()
    world.say("a room please")
    taken = next(action for action in world.log if getattr(action, "kind", "") == "turn.taken")
    assert taken.data["wait_s"] == world.settings.wait_s  # type: ignore[union-attr]
    assert taken.data["why"] == "FINAL"  # type: ignore[union-attr]
    assert all(
        (a, c, b) in {(x.name, y.name, z.name) for x, y, z in TRANSITIONS} for a, c, b in world.transitions
    )


def test_the_caller_speaks_before_the_greeting() -> None:
    """Nothing of it was heard: it is not spoken over the caller, and the caller is answered."""
    world = TurnWorld()
    world.start()
    world.say("hello, is anybody there")
    assert [start.trigger for start in world.started] == [Trigger.GREETING, Trigger.USER]
    assert world.played == 0
    assert world.context() == [("user", "hello, is anybody there")]


def test_speech_over_the_whole_greeting() -> None:
    world = TurnWorld()
    world.start()
    world.answer("Good morning, this is the hotel.")
    world.synthesize(seconds=2.0)
    world.wait(0.1)
    world.speech()
    world.wait(4.0)
    assert world.state_is(State.YIELDED)
    world.silence()
    world.send(FinalText("I need a room"))
    world.wait(0.5)
    assert world.state_is(State.THINKING)
    assert world.played == 800, "the greeting is not played behind the caller's back"
    assert world.context() == [("user", "I need a room")]


def test_a_cough_before_the_first_reply() -> None:
    """The answer is being made: it must come all the same, once."""
    world = greeted()
    world.say("a room please")
    world.speech()
    assert world.state_is(State.YIELDED)
    world.wait(0.2)
    world.silence()
    world.send(FinalText(""))
    assert world.state_is(State.THINKING)
    world.answer("Certainly.")
    world.synthesize()
    world.wait(2.0)
    assert world.state_is(State.LISTENING)
    assert len(world.started) == 2
    assert world.context()[-1] == ("assistant", "Certainly.")


def test_a_cough_in_the_answer_goes_on_at_the_exact_sample() -> None:
    world = speaking(seconds=4.0)
    before = world.played
    world.speech()
    actions = world.wait(0.5)
    assert world.played == before
    world.silence()
    actions += world.wait(2.5)  # the recogniser never answers
    assert [type(a) for a in actions if isinstance(a, Resume | Commit | CancelGeneration)] == [Resume]
    assert world.state_is(State.SPEAKING)
    world.wait(4.0)
    assert world.played == 8000 + 4 * 8000
    assert world.context()[-1] == ("assistant", "We have a room.")


def test_words_cut_the_answer() -> None:
    """A partial is enough: the answer is dropped at once, the turn is taken later."""
    world = speaking("One two three four.", seconds=4.0)
    actions = [action for action in world.speech() if not isinstance(action, Decided)]
    assert isinstance(actions[0], Yield)
    world.wait(0.3)
    actions = world.send(PartialText("wait", 0.9))
    kinds = [type(a) for a in actions if not isinstance(a, UserSaid)]
    assert kinds.index(CancelGeneration) < kinds.index(Commit)
    (cut,) = [a for a in actions if isinstance(a, Truncate)]
    assert cut.heard == "One"  # a second of four, of nineteen characters
    assert world.state_is(State.LISTENING)
    world.wait(0.5)
    world.silence()
    world.send(FinalText("wait a moment"))
    world.wait(0.5)
    assert world.state_is(State.THINKING)
    assert world.context()[-2:] == [("assistant", "One"), ("user", "wait a moment")]
    ended = world.of(EndTurn)[-1]
    assert isinstance(ended, EndTurn)
    assert ended.interrupted


def test_a_cut_is_where_the_audio_stopped() -> None:
    """The words that decide it come later; a turn of which nothing was played stopped nowhere."""
    world = speaking("One two three four.", seconds=4.0)
    stopped = world.timeline
    world.speech()
    world.wait(0.7)
    (cut,) = [a for a in world.send(PartialText("wait", 0.9)) if isinstance(a, Truncate)]
    assert cut.sample == stopped
    world.silence()
    world.send(FinalText("wait a moment"))
    world.wait(0.5)
    world.speech()
    (cut,) = [a for a in world.send(PartialText("please", 0.9)) if isinstance(a, Truncate)]
    assert (cut.heard, cut.sample) == ("", None)


def test_an_acknowledgement_changes_nothing() -> None:
    """ "uh-huh" is in the transcript, not in the context; the answer goes on."""
    world = speaking()
    world.speech()
    world.wait(0.3)
    world.send(PartialText("uh", 0.9))
    world.send(PartialText("uh-huh", 0.9))
    assert world.state_is(State.YIELDED)
    world.silence()
    world.send(FinalText("Uh-huh."))
    world.wait(0.5)
    assert world.state_is(State.SPEAKING)
    assert [a.counts for a in world.of(UserSaid) if isinstance(a, UserSaid)] == [True, False]
    assert len(world.started) == 2


def test_the_caller_goes_on_before_the_answer_is_heard() -> None:
    """A pause for breath: one turn, answered once, with all the words."""
    world = greeted()
    world.say("a room")
    world.answer("For when?")
    world.say("for Friday")
    assert world.state_is(State.THINKING)
    assert [start.trigger for start in world.started] == [Trigger.GREETING, Trigger.USER, Trigger.USER]
    assert world.context()[1:] == [("user", "a room"), ("user", "for Friday")]
    assert world.played == 8000


def test_a_final_that_comes_late_and_differs() -> None:
    """Taken from the partial; the final corrects it before anything was heard: asked again."""
    world = greeted()
    world.speech()
    world.send(PartialText("a broom"))
    world.silence()
    world.wait(2.1)
    assert world.state_is(State.THINKING)
    actions = world.send(FinalText("a room"))
    assert [type(a) for a in actions if isinstance(a, UserAmended | CancelGeneration | StartGeneration)] == [
        UserAmended,
        CancelGeneration,
        StartGeneration,
    ]
    assert world.state_is(State.THINKING)


def test_a_correction_while_the_answer_is_heard_only_amends() -> None:
    world = greeted()
    world.speech()
    world.send(PartialText("a broom"))
    world.silence()
    world.wait(2.1)
    world.answer("We have brooms.")
    world.synthesize()
    world.wait(0.5)
    world.send(FinalText("a room"))
    assert world.state_is(State.SPEAKING)
    assert len(world.started) == 2


def test_a_double_final_starts_one_generation() -> None:
    world = greeted()
    world.say("yes")
    world.send(FinalText("Yes."))
    world.wait(3.0)
    assert len(world.started) == 2


def test_an_interruption_when_all_audio_is_written() -> None:
    """The model and the synthesizer are done, the ring is full: the caller is heard all the same."""
    world = speaking(seconds=4.0)
    assert not world.speak
    world.speech()
    world.send(FinalText("stop"))
    before = world.played
    world.wait(3.0)
    assert world.played == before


def test_lost_marks() -> None:
    """Bounded by the samples written."""
    world = greeted()
    world.say("a room please")
    world.answer("Certainly.")
    world.synthesize(seconds=2.0)
    world.wait(2.9, marks=False)
    assert world.state_is(State.THINKING)
    world.wait(0.2, marks=False)
    assert world.state_is(State.LISTENING)
    assert world.context()[-1] == ("assistant", "Certainly.")


def test_a_lost_speech_event_does_not_leave_the_gate_shut() -> None:
    world = speaking()
    world.epoch += 1
    world.send(GateShut(world.epoch, world.played, world.timeline))
    assert world.state_is(State.YIELDED)
    world.wait(20.0)
    assert world.state_is(State.LISTENING)
    assert world.context()[-1] == ("assistant", "We have a room.")
