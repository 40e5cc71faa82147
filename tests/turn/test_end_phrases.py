"""Sentences after which the assistant hangs up."""

from __future__ import annotations

import pytest

from aywa.errors import EndCode
from aywa.turn.end_phrases import EndPhrases
from aywa.turn.inputs import SayRequest
from aywa.turn.settings import TurnSettings
from aywa.turn.speaking_settings import SpeakingSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld, greeted


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("goodbye", "Thank you. GOODBYE!", True),
        ("good bye", "Well,  good\nbye then.", True),
        ("bye", "Goodbye!", False),
        ("have a nice day", "Have a nice day.", True),
        ("have a nice day", "Have a nice holiday.", False),
        ("再见", "好的再见。", True),
        ("¡adiós!", "Muy bien, ¡Adiós!", True),
        ("c++", "I like c++ a lot", True),
    ],
)
def test_found(phrase: str, text: str, found: bool) -> None:
    assert EndPhrases((phrase,)).found(text) == (phrase if found else None)


def ending(**speaking: object) -> TurnWorld:
    return greeted(TurnSettings(speaking=SpeakingSettings(**speaking)))  # type: ignore[arg-type]


def test_the_call_ends_when_the_phrase_was_heard() -> None:
    world = ending(end_phrases=("goodbye",))
    world.say("that is all")
    world.answer("You are welcome. Good day, and goodbye.")
    assert world.hung_up is None
    world.synthesize(seconds=2.0)
    world.wait(1.0)
    assert world.hung_up is None, "it is still being heard"
    world.wait(5.0)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.END_PHRASE
    assert world.context()[-1] == ("assistant", "You are welcome. Good day, and goodbye.")


def test_what_the_caller_says_ends_nothing() -> None:
    world = ending(end_phrases=("goodbye",))
    world.say("goodbye")
    world.answer("Until soon.")
    world.synthesize()
    world.wait(3.0)
    assert world.hung_up is None
    assert world.state_is(State.LISTENING)


def test_an_operator_can_say_it_too() -> None:
    world = ending(end_phrases=("goodbye",))
    world.send(SayRequest("We are closing. Goodbye."))
    world.synthesize()
    world.wait(3.0)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.END_PHRASE


def test_an_assistant_that_ends_the_call_says_its_message() -> None:
    world = ending(end_message="Thank you for calling.", end_phrases=("thank you for calling",))
    world.say("that is all")
    world.answer("All done.", end_call=True)
    world.synthesize()
    world.wait(5.0)
    assert world.hung_up is not None
    assert world.hung_up.code is EndCode.ASSISTANT_SAID_GOODBYE
    assert world.context()[-1] == ("assistant", "All done. Thank you for calling.")


def test_a_model_that_only_ends_the_call_still_says_goodbye() -> None:
    world = ending(end_message="Thank you for calling.")
    world.say("that is all")
    world.answer("", end_call=True)
    world.synthesize()
    world.wait(5.0)
    assert world.hung_up is not None
    assert world.context()[-1] == ("assistant", "Thank you for calling.")
