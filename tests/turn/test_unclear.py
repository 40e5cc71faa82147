"""Speech that was heard and not understood: asked about when somebody waits, and not for ever."""

from __future__ import annotations

from aywa.turn.events import FinalText, PartialText, Resume, Speak, SpeechDoubted, StartGeneration, Trigger
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_talk import decided
from tests.kit.turn_world import TurnWorld, greeted, speaking

REPROMPT = TurnSettings().phrases.reprompt


def mumble(world: TurnWorld, seconds: float = 0.8) -> None:
    """Speech whose final has no words."""
    world.speech()
    world.wait(seconds)
    world.silence()
    world.send(FinalText(""))


def spoken(world: TurnWorld) -> list[str]:
    return [action.text for action in world.of(Speak) if isinstance(action, Speak)]


def test_a_guess_does_not_cut_the_answer() -> None:
    world = speaking()
    world.speech()
    world.wait(0.4)
    world.send(PartialText("cancel"))
    assert world.state_is(State.YIELDED)
    world.wait(0.2)
    world.silence()
    actions = world.send(FinalText(""))
    assert [type(action) for action in actions if isinstance(action, Resume)] == [Resume]
    assert world.state_is(State.SPEAKING)
    assert REPROMPT not in spoken(world)


def test_words_that_cut_the_answer_and_come_to_nothing_are_asked_for_again() -> None:
    world = speaking()
    world.speech()
    world.wait(0.2)
    world.send(PartialText("cancel", 0.9))
    assert world.state_is(State.LISTENING)
    world.silence()
    world.send(FinalText(""))
    assert world.state_is(State.THINKING)
    assert spoken(world)[-1] == REPROMPT
    started = world.of(StartGeneration)[-1]
    assert isinstance(started, StartGeneration)
    assert started.trigger is Trigger.REPROMPT


def test_speech_that_is_not_understood_is_asked_for_twice_at_most() -> None:
    world = greeted()
    for _ in range(4):
        mumble(world)
        world.synthesize()
        world.wait(3.0)
    assert spoken(world).count(REPROMPT) == 2
    world.say("a room please", partial=False)
    world.answer("Certainly.")
    world.synthesize()
    world.wait(2.0)
    mumble(world)
    assert spoken(world).count(REPROMPT) == 3, "understood once, the count begins anew"


def test_a_noise_in_which_there_is_no_voice_is_not_asked_about() -> None:
    """A recogniser without partials tells no cough from a word that it could not make out."""
    world = greeted()
    world.speech()
    world.wait(0.5)
    world.send(SpeechDoubted(world.timeline - 4000, 0.05))
    world.wait(0.3)
    world.silence()
    world.send(FinalText(""))
    world.wait(1.0)
    assert world.state_is(State.LISTENING)
    nothing = decided(world, "turn.nothing")[-1].data
    assert (nothing["voiceless"], nothing["asked"]) == (True, False)
    mumble(world)
    assert spoken(world)[-1] == REPROMPT, "the next sound is another"


def test_a_word_beside_a_noise_is_asked_about() -> None:
    world = greeted()
    world.speech()
    world.wait(0.8)
    world.silence()
    world.wait(0.1)
    world.speech()
    world.send(SpeechDoubted(world.timeline, 0.05))
    world.wait(0.3)
    world.silence()
    world.send(FinalText(""))
    world.wait(0.6)
    assert spoken(world)[-1] == REPROMPT


def test_a_cough_is_not_asked_about() -> None:
    world = greeted()
    mumble(world, seconds=0.2)
    world.wait(1.0)
    assert world.state_is(State.LISTENING)
    assert REPROMPT not in spoken(world)
