"""Every kind of decision that turn taking writes down, with the inputs and thresholds it is taken on.

`Decided` carries one of these kinds and no datum that is not named here; docs/turns.md shows the table.
"""

from __future__ import annotations

from dataclasses import dataclass

_WORDS = "mode verdict reason words phrase begun question num_words resume_after_s"
_FAILURE = "failures max_failures"


@dataclass(frozen=True, slots=True)
class Decision:
    """A kind of decision: when it is taken, and the names of what is written down with it."""

    kind: str
    when: str
    data: str

    @property
    def names(self) -> frozenset[str]:
        """The data's names."""
        return frozenset(self.data.split())


DECISIONS: tuple[Decision, ...] = (
    Decision("turn.state", "whose turn it is has changed", "from to cause"),
    Decision(
        "turn.wait",
        "a wait was chosen for what the caller has said so far",
        "wait_s source unfinished clues language mode",
    ),
    Decision(
        "turn.taken",
        "the caller has finished",
        "why wait_s source final_timeout_s start_sample end_sample",
    ),
    Decision(
        "turn.nothing",
        "a sound came to nothing: the caller is asked again, or not",
        "why spoken_s final_timeout_s unclear_speech_s noisy voiceless asked",
    ),
    Decision(
        "turn.corrected",
        "the final of a turn that was taken from its partial has other words",
        "same_words unheard",
    ),
    Decision(
        "turn.stopped",
        "a sound has stopped the answer, which yields",
        f"{_WORDS} sample epoch voiceless_s",
    ),
    Decision(
        "turn.not_stopped",
        "a sound is no reason to stop the answer",
        "mode sample epoch protected begun voice_s",
    ),
    Decision(
        "turn.barge_in",
        "the words, or their absence, decide: the answer is dropped or resumed",
        f"{_WORDS} silent_s",
    ),
    Decision("turn.kept", "what was said does not interrupt; it is kept or only acknowledges", _WORDS),
    Decision("turn.voice", "the voice has lasted as long as takes the floor", "voice_s"),
    Decision(
        "turn.doubted",
        "no voice is in what was taken for speech",
        "sample probability voice_probability doubt_after_s state",
    ),
    Decision(
        "turn.noise",
        "the line has become noisy, or still again",
        "noisy noise_s noisy_after_s quiet_after_s",
    ),
    Decision("turn.backoff", "nothing is said for a while after an interruption", "backoff_s"),
    Decision("turn.urgent", "what was said during a protected sentence is answered now", "turns"),
    Decision("turn.other_speaker", "another voice's words were left out", "speaker caller words"),
    Decision("turn.key", "a key was pressed", "digit cuts protected"),
    Decision("turn.key_ignored", "keys mean nothing in this call", "digit"),
    Decision("turn.say", "an operator's sentence was taken", "interrupt protected end_call cuts"),
    Decision("turn.say_refused", "an operator's sentence came during the last words", "state"),
    Decision("turn.respond", "the model was told to speak, or the first message asked for", "first_message"),
    Decision(
        "turn.adopted",
        "another assistant leads from now on",
        "max_duration_s silence_timeout_s mode",
    ),
    Decision("turn.hushed", "the assistant was told to be silent, or no longer", "on"),
    Decision(
        "turn.limit",
        "a limit was reached",
        "limit max_duration_s silence_prompt_s silence_timeout_s",
    ),
    Decision("turn.filler", "something is said while a tool takes its time", "turn text"),
    Decision("turn.reprompt", "the model had nothing to say to the caller", "cause"),
    Decision("turn.end_phrase", "the answer holds a phrase that ends the call", "turn phrase"),
    Decision("turn.overdue", "something that had to come did not", "turn cause unplayed"),
    Decision("turn.speech_failed", "the synthesizer broke off", "turn phrase detail"),
    Decision("turn.model_failed", "the model broke off: apologise or give up", f"{_FAILURE} detail"),
    Decision(
        "turn.model_silent", "the model stopped answering: apologise or give up", f"{_FAILURE} timeout_s"
    ),
    Decision("turn.cannot_speak", "an answer could not be said: apologise or give up", f"{_FAILURE} cause"),
    Decision(
        "speculation.decided",
        "an answer is made ahead",
        "id words min_words in_turn max_per_turn",
    ),
    Decision(
        "speculation.passed",
        "no answer is made ahead of this pause",
        "words min_words in_turn max_per_turn",
    ),
)
# With a transition stand those figures of its cause that have no decision of their own.
OPEN_ENDED = frozenset({"turn.state"})
