"""Reversible interruptions: what takes the floor, what gives it back, and when."""

from __future__ import annotations

from aywa.turn.events import (
    CancelGeneration,
    Commit,
    EndTurn,
    FinalText,
    PartialText,
    Speak,
    StartGeneration,
)
from aywa.turn.states import State
from tests.kit.turn_talk import ANSWER, decided, kinds, said, talking
from tests.kit.turn_world import greeted

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


def test_a_guess_that_was_taken_back_holds_nothing() -> None:
    world = talking()
    world.speech()
    world.wait(0.2)
    world.send(PartialText("the"))
    world.send(PartialText(""))
    world.silence()
    world.wait(0.52)
    assert world.state_is(State.SPEAKING)


def test_an_acknowledgement_of_the_last_words_starts_no_generation() -> None:
    """The answer is over when its turn is taken: it was said into the answer all the same."""
    world = talking()
    world.wait(6.6)
    world.speech()
    world.wait(0.3)
    world.send(PartialText("uh-huh", 0.9))
    world.silence()
    world.wait(0.3)
    world.send(FinalText("uh-huh"))
    started = len(world.started)
    world.wait(4.0)
    assert world.state_is(State.LISTENING)
    assert len(world.started) == started
    assert said(world)[-1] == ("uh-huh", False)
    world.say("okay")  # and this is said into silence
    assert len(world.started) == started + 1


def test_a_transcript_of_marks_only_says_nothing() -> None:
    world = talking()
    world.speech()
    world.wait(0.3)
    world.silence()
    world.send(FinalText("..."))
    world.wait(9.0)
    assert len(world.started) == 2
    assert said(world)[-1] == ("...", False)


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
