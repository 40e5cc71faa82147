"""Interruptions: what takes the floor, what gives it back, and when."""

from __future__ import annotations

import pytest

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.events import (
    CancelGeneration,
    Commit,
    Decided,
    EndTurn,
    FinalText,
    KeyPressed,
    ModelDone,
    ModelToken,
    PartialText,
    SayRequest,
    Speak,
    StartGeneration,
    Trigger,
    TurnAction,
    UserSaid,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.turn_world import TurnWorld, greeted

ANSWER = "We have a quiet room with a view of the old town."


def talking(
    mode: BargeInMode = BargeInMode.REVERSIBLE, text: str = ANSWER, *, partials: bool = True, **barge: object
) -> TurnWorld:
    """An answer of eight seconds, of which one was heard."""
    settings = TurnSettings(barge=BargeInSettings(mode=mode, **barge))  # type: ignore[arg-type]
    world = greeted(settings, gate=mode is BargeInMode.REVERSIBLE)
    world.say("a room please", partial=partials)
    world.answer(text)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    assert world.state_is(State.SPEAKING)
    return world


def kinds(actions: list[TurnAction]) -> set[str]:
    return {type(action).__name__ for action in actions}


def decided(world: TurnWorld, kind: str) -> list[Decided]:
    return [action for action in world.log if isinstance(action, Decided) and action.kind == kind]


def said(world: TurnWorld) -> list[tuple[str, bool]]:
    return [(action.text, action.counts) for action in world.log if isinstance(action, UserSaid)]


# --- reversible


def test_a_cough_gives_the_floor_back_half_a_second_after_its_end() -> None:
    """Nobody waits for the recogniser to say that it has understood nothing."""
    world = talking()
    before = world.played
    world.speech()
    world.wait(0.2)
    assert world.played == before
    world.silence()
    world.wait(0.49)
    assert world.state_is(State.YIELDED)
    actions = world.wait(0.02)
    assert world.state_is(State.SPEAKING)
    assert {"Commit", "CancelGeneration"} & kinds(actions) == set()
    assert world.played - before <= 160, "from the exact sample"
    (decision,) = decided(world, "turn.barge_in")
    assert decision.data["reason"] == "NO_WORDS"
    assert decision.data["resume_after_s"] == 0.5
    assert decision.data["silent_s"] == 0.5
    world.wait(8.0)
    assert world.context()[-1] == ("assistant", ANSWER)
    assert world.played == 9 * 8000


def test_the_engines_own_wait_is_part_of_the_half_second() -> None:
    from aywa.turn.events import CallerSilence

    world = talking()
    world.speech()
    world.wait(0.65)
    world.send(CallerSilence(world.timeline - 3600, 0.45))
    world.wait(0.06)
    assert world.state_is(State.SPEAKING)


def test_words_that_come_after_that_cut_the_answer_at_once() -> None:
    world = talking()
    world.speech()
    world.wait(0.5)
    world.silence()
    world.wait(0.7)
    assert world.state_is(State.SPEAKING)
    actions = world.send(PartialText("the other one please", 0.9))
    assert {"Commit", "CancelGeneration"} <= kinds(actions)
    played = world.played
    world.send(FinalText("the other one please"))
    world.wait(1.0)
    assert world.state_is(State.THINKING)
    assert world.played == played
    assert said(world)[-1] == ("the other one please", True)


def test_an_acknowledgement_is_over_before_its_turn_is() -> None:
    """Its partial is enough, and its final starts no generation: not now, and not when it comes late."""
    world = talking()
    world.speech()
    world.wait(0.3)
    world.send(PartialText("uh-huh", 0.9))
    world.silence()
    world.wait(0.52)
    assert world.state_is(State.SPEAKING)
    started = len(world.started)
    world.send(FinalText("Uh-huh."))
    world.wait(8.0)
    assert len(world.started) == started
    assert said(world)[-1] == ("Uh-huh.", False)
    assert world.context()[-1] == ("assistant", ANSWER)


def test_an_acknowledgement_that_goes_on_is_none() -> None:
    world = talking()
    world.speech()
    world.send(PartialText("uh-huh", 0.9))
    world.silence()
    world.wait(0.6)
    assert world.state_is(State.SPEAKING)
    world.speech()
    world.send(PartialText("uh-huh but on Friday", 0.9))
    assert world.state_is(State.LISTENING)


def test_yes_to_a_question_takes_the_floor_and_uh_huh_in_a_statement_does_not() -> None:
    question = talking(text="Would you like breakfast? It is served from seven to ten.")
    question.wait(5.0)
    question.speech()
    question.send(PartialText("yes", 0.9))
    assert question.state_is(State.LISTENING)
    assert decided(question, "turn.barge_in")[-1].data["reason"] == "ANSWER"
    statement = talking()
    statement.speech()
    statement.send(PartialText("yes", 0.9))
    assert statement.state_is(State.YIELDED)


def test_the_assistants_own_words_are_an_echo() -> None:
    world = talking()
    world.wait(3.0)
    world.speech()
    world.send(PartialText("a quiet room", 0.9))
    assert world.state_is(State.YIELDED)
    world.silence()
    world.wait(0.52)
    assert world.state_is(State.SPEAKING)


def test_a_sound_that_does_not_end_gives_the_floor_back() -> None:
    """Music, a crowd: a recogniser that reports partials had none for three seconds."""
    world = talking()
    world.send(PartialText("", 0.9))  # it does report them
    world.speech()
    world.wait(2.9)
    assert world.state_is(State.YIELDED)
    world.wait(0.2)
    assert world.state_is(State.SPEAKING)


def test_who_speaks_for_long_to_a_recogniser_without_partials_is_not_talked_over() -> None:
    world = talking(partials=False)
    world.speech()
    world.wait(6.0)
    assert world.state_is(State.YIELDED)
    world.silence()
    world.send(FinalText("I want the one that you have mentioned before"))
    assert world.state_is(State.LISTENING)


def test_a_recogniser_that_has_only_finals_is_waited_for() -> None:
    """Nobody talks over an interruption whose words are still on their way; a noise has its empty final."""
    world = talking(partials=False)
    world.speech()
    world.wait(0.8)
    world.silence()
    world.wait(0.9)
    assert world.state_is(State.YIELDED)
    world.send(FinalText(""))
    assert world.state_is(State.SPEAKING)
    world.speech()
    world.wait(0.8)
    world.silence()
    world.wait(0.9)
    world.send(FinalText("the other room"))
    assert world.state_is(State.THINKING)


def test_a_guess_holds_the_answer_until_the_final_is_there() -> None:
    """No real interruption is talked over because its recogniser is not sure yet."""
    world = talking()
    world.speech()
    world.wait(0.4)
    world.send(PartialText("the other one"))
    world.silence()
    world.wait(1.0)
    assert world.state_is(State.YIELDED)
    actions = world.send(FinalText("the other one"))
    assert "Commit" in kinds(actions)
    assert world.state_is(State.THINKING)


def test_a_cough_and_then_words() -> None:
    """Each closes the gate; the words count for themselves."""
    world = talking()
    world.speech()
    world.wait(0.1)
    world.silence()
    world.wait(0.6)
    played = world.played
    assert world.state_is(State.SPEAKING)
    world.speech()
    world.wait(0.3)
    world.send(PartialText("stop", 0.9))
    assert world.state_is(State.LISTENING)
    assert world.played == played


def test_a_second_voice_in_the_background_is_not_understood_and_changes_nothing() -> None:
    world = talking()
    for _ in range(3):
        world.speech()
        world.wait(0.8)
        world.send(PartialText("mur", 0.1))
        world.wait(0.4)
        world.silence()
        world.send(FinalText(""))
        world.wait(0.1)
    assert world.state_is(State.SPEAKING)
    assert len(world.started) == 2
    world.wait(8.0)
    assert world.context()[-1] == ("assistant", ANSWER)


# --- the other modes


def test_off_keeps_what_is_said_and_answers_it_afterwards() -> None:
    world = talking(BargeInMode.OFF)
    world.say("and breakfast")
    assert world.state_is(State.SPEAKING)
    world.say("uh-huh")  # asks for nothing
    world.wait(8.0)
    assert [start.trigger for start in world.started][2:] == [Trigger.USER]
    assert world.context()[-2:] == [("assistant", ANSWER), ("user", "and breakfast")]


def test_an_engine_that_stops_the_assistant_against_the_mode_is_told_to_go_on() -> None:
    settings = TurnSettings(barge=BargeInSettings(mode=BargeInMode.WORDS, num_words=2))
    world = greeted(settings)  # its gate closes
    world.say("a room please")
    world.answer(ANSWER)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    actions = world.speech()
    assert "Resume" in kinds(actions)
    assert world.state_is(State.SPEAKING)


def test_words_let_the_assistant_go_on_until_there_are_enough() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.speech()
    world.send(PartialText("the other", 0.9))
    before = world.played
    world.wait(0.3)
    assert world.played > before
    world.send(PartialText("the other room", 0.9))
    assert world.state_is(State.LISTENING)


def test_too_few_words_are_answered_when_the_assistant_has_finished() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.say("Friday")
    assert world.state_is(State.SPEAKING)
    assert decided(world, "turn.kept")[-1].data["reason"] == "FEW_WORDS"
    world.wait(8.0)
    assert world.context()[-1] == ("user", "Friday")


def test_one_word_that_says_it_is_enough() -> None:
    world = talking(BargeInMode.WORDS, num_words=3)
    world.speech()
    world.send(PartialText("wait", 0.9))
    assert world.state_is(State.LISTENING)


def test_a_voice_takes_the_floor_by_its_length() -> None:
    world = talking(BargeInMode.VOICE, voice_s=0.3)
    world.speech()
    world.wait(0.28)
    assert world.state_is(State.SPEAKING)
    world.silence()
    world.wait(1.0)
    assert world.state_is(State.SPEAKING), "a cough is shorter"
    world.speech()
    world.wait(0.32)
    assert world.state_is(State.LISTENING)
    assert decided(world, "turn.voice")[-1].data["voice_s"] == 0.3


def test_a_voice_that_took_the_floor_and_said_nothing_is_asked() -> None:
    world = talking(BargeInMode.VOICE)
    world.speech()
    world.wait(0.5)
    world.silence()
    world.send(FinalText(""))
    assert world.started[-1].trigger is Trigger.REPROMPT


def test_a_voice_before_the_answer_is_heard_does_not_take_the_answer_away() -> None:
    """A cough before the first reply: it must come all the same."""
    settings = TurnSettings(barge=BargeInSettings(mode=BargeInMode.VOICE))
    world = greeted(settings, gate=False)
    world.say("a room please")
    world.speech()
    world.wait(0.4)
    world.silence()
    world.send(FinalText(""))
    assert world.state_is(State.THINKING)
    assert len(world.started) == 2


# --- what may not be interrupted, and the pause afterwards


@pytest.mark.parametrize("words", ["I want something else", "stop"])
def test_a_notice_is_heard_whole_and_what_was_said_is_answered_right_after_it(words: str) -> None:
    notice = "This call may be recorded."
    world = talking(text=f"{notice} We have a room. It has a view. It is quiet.", protected=(notice,))
    world.wait(0.5)
    played = world.played
    world.say(words, seconds=0.5)
    assert world.state_is(State.SPEAKING), "the notice goes on"
    assert world.played - played == round(8000 * (0.5 + 0.1 + world.settings.wait_s)), "without a stutter"
    world.wait(12.0)
    heard = [text for side, text in world.context() if side == "assistant"]
    assert heard[-1] == notice
    assert world.context()[-1] == ("user", words)
    assert world.state_is(State.THINKING)


def test_behind_the_notice_the_caller_may_interrupt() -> None:
    notice = "This call may be recorded."
    world = talking(text=f"{notice} We have a room. It has a view.", protected=(notice,))
    world.wait(8.0)
    world.speech()
    world.send(PartialText("wait", 0.9))
    assert world.state_is(State.LISTENING)


def test_a_first_message_that_may_not_be_interrupted() -> None:
    world = TurnWorld(TurnSettings(barge=BargeInSettings(first_message=False)))
    world.start()
    world.say("hello, is anybody there")  # before it begins
    world.answer("Good morning, this is the hotel.")
    world.synthesize(seconds=3.0)
    world.wait(1.0)
    world.say("I need a room", seconds=0.5)
    world.send(KeyPressed("1"))
    assert world.state_is(State.SPEAKING)
    world.wait(4.0)
    assert world.context()[0] == ("assistant", "Good morning, this is the hotel.")
    assert world.context()[1:3] == [("user", "hello, is anybody there"), ("user", "I need a room")]


def test_an_operators_notice_is_heard_whole() -> None:
    world = greeted()
    world.send(SayRequest("The call is recorded.", protected=True))
    world.synthesize(seconds=3.0)
    world.wait(0.5)
    world.say("wait")
    world.wait(3.0)
    assert ("assistant", "The call is recorded.") in world.context()
    assert world.started[-1].trigger is Trigger.USER


def test_after_an_interruption_nothing_is_said_for_a_while() -> None:
    world = talking(backoff_s=3.0)
    world.speech()
    cut_at = world.now
    world.send(PartialText("stop", 0.9))
    world.silence()
    world.send(FinalText("stop"))
    world.wait(0.6)
    assert world.state_is(State.THINKING)
    turn = world.manager.turn
    assert turn is not None
    assert "Speak" not in kinds(world.send(ModelToken(turn, "Certainly. ")) + world.send(ModelDone(turn)))
    while not world.speak:
        world.wait(0.1)
    assert world.now - cut_at >= 3.0
    world.synthesize()
    world.wait(2.0)
    assert world.context()[-1] == ("assistant", "Certainly.")


def test_an_answer_that_waits_for_the_back_off_is_not_late() -> None:
    settings = TurnSettings(barge=BargeInSettings(backoff_s=10.0), model_timeout_s=2.0, speech_timeout_s=2.0)
    world = greeted(settings)
    world.say("a room please")
    world.answer(ANSWER)
    world.synthesize(seconds=8.0)
    world.wait(1.0)
    world.speech()
    world.send(PartialText("stop", 0.9))
    world.silence()
    world.send(FinalText("stop"))
    world.wait(0.6)
    world.answer("Yes?")
    world.wait(9.5)
    assert not decided(world, "turn.overdue")
    assert [phrase.text for phrase in world.speak] == ["Yes?"]


# --- what users of other systems suffer from


def test_an_acknowledgement_while_the_answer_is_made_does_not_make_it_again() -> None:
    """The reply would repeat itself."""
    world = greeted()
    world.say("a room please")
    world.say("mm-hmm", seconds=0.3)
    assert len(world.started) == 2
    assert world.state_is(State.THINKING)
    world.answer(ANSWER)
    world.synthesize(seconds=2.0)
    world.wait(3.0)
    assert world.context()[-1] == ("assistant", ANSWER)


def test_hmm_and_wait_listen_at_the_same_threshold() -> None:
    world = talking()
    world.speech()
    world.send(PartialText("hmm", 0.9))
    world.silence()
    world.wait(0.6)
    assert world.state_is(State.SPEAKING)
    world.send(FinalText("hmm"))
    world.wait(0.6)
    world.speech()
    world.send(PartialText("wait", 0.9))
    assert world.state_is(State.LISTENING)


def test_an_interruption_when_all_was_sent_and_plays_still() -> None:
    """Written whole, the model long done: it stops where it is."""
    world = talking()
    world.speech()
    actions = world.send(PartialText("stop", 0.9))
    (end,) = [action for action in actions if isinstance(action, EndTurn)]
    assert end.interrupted
    assert ANSWER.startswith(end.heard)
    assert 0 < len(end.heard) < len(ANSWER) / 2


def test_a_flush_drops_the_interrupted_sentence_and_not_the_next() -> None:
    world = talking()
    world.speech()
    world.send(PartialText("stop", 0.9))
    world.silence()
    world.send(FinalText("stop"))
    world.wait(0.6)
    world.answer("Certainly.")
    world.synthesize()
    commits = len(world.of(Commit))
    world.wait(2.0)
    assert len(world.of(Commit)) == commits
    assert world.context()[-1] == ("assistant", "Certainly.")


def test_a_tool_that_was_called_runs_on_and_only_the_speech_stops() -> None:
    """The machine cancels the generation, which leaves running tools alone; it does so once."""
    world = talking()
    world.speech()
    world.send(PartialText("stop", 0.9))
    world.send(PartialText("stop it", 0.9))
    cancelled = world.of(CancelGeneration)
    assert len(cancelled) == 1
    assert not world.of(StartGeneration)[2:]
    assert not world.of(Speak)[2:]
