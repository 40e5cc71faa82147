"""The dialogues of `bench.turns`: drawn from the seed alone, with the pauses where they say."""

from __future__ import annotations

import json
from random import Random

import numpy as np

from bench.turns.caller import FINAL_S, PARTIAL_S, Caller
from bench.turns.dialogue import PAUSE_MS, Dialogue, Disturb, Say, chosen, dialogues, with_pauses
from bench.turns.recordings import RATE, place_words, sentences, words_of
from bench.turns.voice import answer_text, say


def _says(drawn: list[Dialogue]) -> list[Say]:
    return [act for each in drawn for act in each.acts if isinstance(act, Say)]


def test_a_seed_draws_the_same_dialogues_and_another_one_others() -> None:
    first, again, other = (dialogues(40, seed, ("en",)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_pauses_are_silent_and_as_long_as_asked() -> None:
    says = _says(dialogues(60, 3, ("en",)))
    pauses = [(act, pause) for act in says for pause in act.pauses]
    assert len(pauses) > 40
    for act, pause in pauses:
        assert PAUSE_MS[0] - 1 <= pause.ms <= PAUSE_MS[1]
        assert not act.pcm[pause.start : pause.end].any()
        assert 0 < pause.start < pause.end < len(act.pcm)
        assert not any(word.start < pause.start < word.end for word in act.words)


def test_every_word_is_kept_in_order() -> None:
    for act in _says(dialogues(30, 4, ("en",))):
        assert [word.word for word in act.words] == words_of(act.text)
        bounds = [edge for word in act.words for edge in (word.start, word.end)]
        assert bounds == sorted(bounds)


def test_the_halves_of_the_prompts_share_none() -> None:
    judged, tuned = ({each.name for each in chosen("en", half)} for half in ("judged", "tuned"))
    assert judged
    assert tuned
    assert not judged & tuned
    assert judged | tuned == {each.name for each in sentences("en")}


def test_words_are_parted_where_it_is_quiet() -> None:
    loud, quiet = np.full(2400, 3000.0), np.zeros(800)
    pcm = np.concatenate([loud, quiet, loud, quiet, loud])
    first, second, third = place_words(pcm, ["same", "long", "word"])
    assert 2400 <= first.end <= 3200
    assert 5600 <= second.end <= 6400
    assert third.end == len(pcm)


def test_a_dialogue_has_what_is_asked_of_callers() -> None:
    acts = [act for each in dialogues(200, 1, ("en",)) for act in each.acts]
    kinds = {act.kind.value for act in acts if isinstance(act, Disturb) and act.after_s is not None}
    assert kinds == {"backchannel", "cough", "tone", "babble", "echo"}
    assert any(isinstance(act, Disturb) and act.after_s is None for act in acts)
    offsets = [act.after_s for act in acts if isinstance(act, Say) and act.after_s is not None]
    assert min(offsets) < 1.0 < 2.0 < max(offsets)


def test_the_recogniser_is_told_when_it_would_know() -> None:
    recording = chosen("en", "judged")[0]
    act = with_pauses(recording, [900.0], Random(2), None)
    told: list[tuple[float, dict[str, object]]] = []
    clock = [0.0]
    caller = Caller(
        Dialogue("1.en", "en", (act,), 0.0, 0.0, None, 1),
        lambda message: told.append((clock[0], json.loads(message))),
        lambda: None,
    )
    caller.heard(0.0, 1, 0, b"\x10" * 160)  # a greeting
    for tick in range(600):
        clock[0] = tick * 0.02
        caller.tick(clock[0])
    begun = caller.result.acts[0].begun
    partials = [(at, message) for at, message in told if message["kind"] == "partial"]
    assert len(partials) == len(act.words)
    for (at, _), word in zip(partials, act.words, strict=True):
        assert 0 <= at - (begun + word.end / RATE + PARTIAL_S) <= 0.021
    finals = [(at, message) for at, message in told if message["kind"] == "final"]
    assert len(finals) == 2  # the pause parts them
    assert " ".join(str(message["text"]) for _, message in finals) == " ".join(words_of(act.text))
    assert 0 <= finals[0][0] - (begun + act.pauses[0].start / RATE + FINAL_S) <= 0.021


def test_the_voice_says_the_same_text_in_the_same_way_and_no_two_alike() -> None:
    text = answer_text("en", "1.en", 1, 8)
    assert len(words_of(text)) == 8
    assert say("en", "1.en", text) == say("en", "1.en", text)
    window = say("en", "1.en", text).codes[4000:4024]
    assert window not in say("en", "2.en", text).codes
    assert [word.word for word in say("en", "1.en", text).words] == words_of(text)
