"""What a text says about whether its speaker is done: clues for the model in `completeness`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind, WordPack, folded

_TOKEN = re.compile(r"\d+(?:[.,:/\-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*'?")
_TERMINAL = re.compile(r"[.!?。？！]+[\"'”»)]*(?=\s|$)")
_OPENERS = (Kind.ARTICLE, Kind.PREPOSITION, Kind.CONJUNCTION)
_NOUN_FOLLOWS = (Kind.ARTICLE, Kind.DETERMINER, Kind.MODIFIER)
_VERBS = (Kind.AUXILIARY, Kind.TAKES_OBJECT)
_BY_ITSELF = (Kind.ANSWER, Kind.CLOSER, Kind.HESITATION)
_MAX_TEXT = 600  # the end decides; the rest only costs time


@dataclass(frozen=True, slots=True)
class Sentence:
    """The last sentence of a text, as words folded for the lists; `mark` is what stands behind it."""

    words: tuple[str, ...]
    raw: tuple[str, ...]  # the same in lower case, with their accents
    mark: str  # "", ",", ".", "?", "...", ":"
    earlier: bool  # other sentences stand before it


def last_sentence(text: str, pack: WordPack) -> Sentence:
    """Cut the last sentence out of `text`."""
    text = text[-_MAX_TEXT:].replace("’", "'").rstrip().rstrip("\"'”») ")
    mark = _mark(text)
    body = text.rstrip(" .!?…,;:-–—。？！")
    start = 0
    for found in _TERMINAL.finditer(body):
        if not _left_open(body[start : found.start()], pack):
            start = found.end()
    raw: list[str] = []
    for token in _TOKEN.findall(body[start:].casefold()):
        if "'" in token and (pack.split_apostrophe or folded(token, pack.code) not in pack.kinds):
            raw.extend(part for part in token.split("'") if part)
        else:
            raw.append(token)
    words = tuple(folded(token, pack.code) for token in raw)
    return Sentence(words, tuple(raw), mark, start > 0)


def _left_open(sentence: str, pack: WordPack) -> bool:
    """Whether a mark stands where no sentence ends: recognisers write one at every pause."""
    words = _TOKEN.findall(sentence.casefold()[-40:])
    return bool(words) and kind_of(folded(words[-1], pack.code), pack) in _OPENERS


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


def kinds_of(sentence: Sentence, pack: WordPack) -> list[Kind]:
    """The kinds of its words, each as it stands among the others."""
    kinds: list[Kind] = []
    for at, (word, raw) in enumerate(zip(sentence.words, sentence.raw, strict=True)):
        kind = pack.exact_kinds.get(raw) or kind_of(word, pack)
        before = kinds[-1] if kinds else None
        if word in pack.negation_set and not _stands_alone(sentence.words, at, pack):
            kind = Kind.AUXILIARY
        elif kind is Kind.OTHER and len(word) > 4 and word.endswith(pack.modifier_endings or "\0"):
            kind = Kind.MODIFIER
        elif kind is Kind.TAKES_OBJECT and pack.verbs_are_nouns and before in _NOUN_FOLLOWS:
            kind = Kind.OTHER
        kinds.append(kind)
    return kinds


def _stands_alone(words: tuple[str, ...], at: int, pack: WordPack) -> bool:
    """Whether a negation is an answer: "no", "no gracias", but not "no hay" and "pero no"."""
    following = words[at + 1] if at + 1 < len(words) else None
    return at == 0 and (following is None or kind_of(following, pack) in _BY_ITSELF)


def clues_of(text: str, code: str) -> dict[str, float]:
    """The clues that are there, by name; without a word only "silent"."""
    pack = PACKS[code]
    sentence = last_sentence(text, pack)
    words = sentence.words
    if not words:
        return {"silent": 1.0}
    clues: dict[str, float] = {"bias": 1.0}
    kinds = kinds_of(sentence, pack)
    if len(words) > 2 and all(len(word) == 1 for word in words[-3:]):
        kinds[-1] = Kind.OTHER  # letters of a name
        clues["spelled"] = 1.0
    last = kinds[-1]
    clues["last " + last.name] = 1.0
    if len(words) > 1:
        clues["before " + kinds[-2].name] = 1.0
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
    _add_shape(clues, words, kinds, pack)
    _add_grammar(clues, words, kinds, pack)
    return clues


def _add_shape(clues: dict[str, float], words: tuple[str, ...], kinds: list[Kind], pack: WordPack) -> None:
    """The sentence as a whole: its length, how it began, what its last word looks like."""
    count, last = len(words), kinds[-1]
    clues[f"words {count if count < 4 else ('4-6' if count < 7 else '7+')}"] = 1.0
    if last is Kind.OTHER:
        if _infinitive(words[-1], pack):
            clues["infinitive"] = 1.0
        elif _verb_form(words[-1], pack):
            clues["verb form"] = 1.0
    if words[0] in pack.subordinator_set and count < 7 and not _main_clause(words, kinds, pack):
        clues["clause before another"] = 1.0
    if count < 4 and all(kind in _BY_ITSELF for kind in kinds) and Kind.ANSWER in kinds:
        clues["answer"] = 1.0
    if words[0] in pack.ask_set and count > 2 and last is Kind.TAKES_OBJECT:
        clues["question ends in its verb"] = 1.0
    if last is Kind.NUMBER and Kind.TAKES_OBJECT in kinds[-3:-1]:
        clues["number after verb"] = 1.0
    if last is Kind.TAKES_OBJECT and count > 1 and kinds[-2] is Kind.PREPOSITION:
        clues["verb after preposition"] = 1.0


def _add_grammar(clues: dict[str, float], words: tuple[str, ...], kinds: list[Kind], pack: WordPack) -> None:
    """What the words before the last one leave open: a noun that is to come, a clause without its verb."""
    last, count = kinds[-1], len(words)
    if last in (Kind.MODIFIER, Kind.NUMBER):
        at = count - 2
        while at >= 0 and kinds[at] in (Kind.MODIFIER, Kind.NUMBER, Kind.DEGREE):
            at -= 1
        if at >= 0 and kinds[at] in _NOUN_FOLLOWS:
            clues[f"{last.name.lower()} before a noun"] = 1.0
        elif last is Kind.MODIFIER and at >= 0 and kinds[at] is Kind.AUXILIARY:
            clues["modifier as predicate"] = 1.0
    if last is Kind.OTHER and count > 1 and words[-1].endswith(pack.adverb_endings or "\0"):
        clues["adverb after " + ("auxiliary" if kinds[-2] is Kind.AUXILIARY else "another")] = 1.0
    if last in _OPENERS or count < 2:
        return
    verbs = _verbs(words, kinds, pack)
    clause = max((at for at in range(count) if kinds[at] is Kind.CONJUNCTION), default=-1)
    if not verbs:
        clues["no verb"] = 1.0
    elif clause > 0 and verbs[-1] < clause:
        clues["no verb since the conjunction"] = 1.0


def _main_clause(words: tuple[str, ...], kinds: list[Kind], pack: WordPack) -> bool:
    """Whether the clause that the first one needs has its verb: "to hear it press"."""
    behind = 3 if kinds[0] is not Kind.PREPOSITION or (len(kinds) > 1 and kinds[1] in _VERBS) else 2
    return any(at >= behind and kinds[at] in _VERBS for at in _verbs(words, kinds, pack))


def _verbs(words: tuple[str, ...], kinds: list[Kind], pack: WordPack) -> list[int]:
    """Where verbs stand, as far as lists and endings tell."""
    return [
        at
        for at, (word, kind) in enumerate(zip(words, kinds, strict=True))
        if kind in _VERBS or (kind is Kind.OTHER and (_verb_form(word, pack) or _infinitive(word, pack)))
    ]


def _infinitive(word: str, pack: WordPack) -> bool:
    return len(word) > 3 and word.endswith(pack.infinitive_endings or "\0")


def _verb_form(word: str, pack: WordPack) -> bool:
    return len(word) > 4 and word.endswith(pack.verb_endings or "\0")


def _ends(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    """The length of the longest phrase that the words end with; 0 for none."""
    return max((len(phrase) for phrase in phrases if words[-len(phrase) :] == phrase), default=0)
