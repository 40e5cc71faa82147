"""What a text says about whether its speaker is done: clues for the model in `completeness`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind, WordPack, folded

_TOKEN = re.compile(r"\d+(?:[.,:/\-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*'?")
_TERMINAL = re.compile(r"[.!?。？！]+[\"'”»)]*(?=\s|$)")
_OPENERS = (Kind.ARTICLE, Kind.PREPOSITION, Kind.CONJUNCTION)
_MAX_TEXT = 600  # the end decides; the rest only costs time


@dataclass(frozen=True, slots=True)
class Sentence:
    """The last sentence of a text, as words folded for the lists; `mark` is what stands behind it."""

    words: tuple[str, ...]
    last_raw: str  # in lower case, with its accents
    mark: str  # "", ",", ".", "?", "...", ":"
    earlier: bool  # other sentences stand before it


def last_sentence(text: str, pack: WordPack) -> Sentence:
    """Cut the last sentence out of `text`."""
    text = text[-_MAX_TEXT:].replace("’", "'").rstrip().rstrip("\"'”») ")
    mark = _mark(text)
    body = text.rstrip(" .!?…,;:-–—。？！")
    start = 0
    for found in _TERMINAL.finditer(body):
        start = found.end()
    raw = _TOKEN.findall(body[start:].casefold())
    words: list[str] = []
    for token in raw:
        plain = folded(token, pack.code)
        if "'" in plain and (pack.split_apostrophe or plain not in pack.kinds):
            words.extend(part for part in plain.split("'") if part)
        else:
            words.append(plain)
    return Sentence(tuple(words), raw[-1] if raw else "", mark, start > 0)


def _mark(text: str) -> str:
    if text.endswith(("...", "…")):
        return "..."
    if text.endswith(("?", "？")):
        return "?"
    if text.endswith((".", "!", "。", "！")):
        return "."
    if text.endswith((",", ";")):
        return ","
    return ":" if text.endswith((":", "-", "–", "—")) else ""


def kind_of(word: str, pack: WordPack) -> Kind:
    """The kind of one folded word."""
    if word[:1].isdecimal():
        return Kind.NUMBER
    return pack.kinds.get(word, Kind.OTHER)


def clues_of(text: str, code: str) -> dict[str, float]:
    """The clues that are there, by name; without a word only "silent"."""
    pack = PACKS[code]
    sentence = last_sentence(text, pack)
    words = sentence.words
    if not words:
        return {"silent": 1.0}
    clues: dict[str, float] = {"bias": 1.0}
    last = kind_of(words[-1], pack)
    if sentence.last_raw in pack.exact_set:
        last = Kind.CLOSER
    before = kind_of(words[-2], pack) if len(words) > 1 else None
    clues["last " + last.name] = 1.0
    if before is not None:
        clues["before " + before.name] = 1.0
    opened = _ends(words, pack.open_phrases)
    closed = _ends(words, pack.closed_phrases)
    if opened > closed:
        clues["open phrase"] = 1.0
    elif closed:
        clues["closed phrase"] = 1.0
    openness = opened > closed or (last in _OPENERS and not closed) or last is Kind.HESITATION
    if sentence.mark:
        clues[f"mark {sentence.mark}"] = 1.0
        if openness and sentence.mark == ".":
            clues["mark after open"] = 1.0
    elif sentence.earlier:
        clues["no mark"] = 1.0  # the recogniser writes marks, and none is here
    _add_shape(clues, words, pack, last, before)
    return clues


def _add_shape(
    clues: dict[str, float], words: tuple[str, ...], pack: WordPack, last: Kind, before: Kind | None
) -> None:
    """The clause as a whole: its length, its verb, how it began."""
    count = len(words)
    clues[f"words {count if count < 4 else ('4-6' if count < 7 else '7+')}"] = 1.0
    kinds = [kind_of(word, pack) for word in words]
    if last is Kind.OTHER:
        word = words[-1]
        if pack.modifier_endings and len(word) > 4 and word.endswith(pack.modifier_endings):
            clues["adjective"] = 1.0
        elif pack.infinitive_endings and len(word) > 3 and word.endswith(pack.infinitive_endings):
            clues["infinitive"] = 1.0
        elif pack.verb_endings and len(word) > 4 and word.endswith(pack.verb_endings):
            clues["verb form"] = 1.0
    if words[0] in pack.subordinator_set and count < 7:
        clues["clause before another"] = 1.0
    if kinds[0] is Kind.ANSWER and count < 3:
        clues["answer"] = 1.0
    if words[0] in pack.ask_set and count > 2 and last is Kind.TAKES_OBJECT:
        clues["question ends in its verb"] = 1.0
    if last is Kind.NUMBER and before is Kind.TAKES_OBJECT:
        clues["number after verb"] = 1.0


def _ends(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    """The length of the longest phrase that the words end with; 0 for none."""
    return max((len(phrase) for phrase in phrases if words[-len(phrase) :] == phrase), default=0)
