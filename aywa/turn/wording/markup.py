"""Marks that are for the eye: markdown, tags, emoji, quotation marks, dashes, line ends."""

from __future__ import annotations

import re

from aywa.turn.wording.draft import Draft

_TAG = re.compile(r"</?[A-Za-z!][^<>\n]{0,200}>")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\)")
_FENCE = re.compile(r"```[A-Za-z]*\n?|~~~[A-Za-z]*\n?")
_HEADING = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?)", re.M)
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.M)
_BULLET = re.compile(r"^[ \t]*[-*+•‣◦▪][ \t]+", re.M)
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1", re.S)
_CODE = re.compile(r"`+")
_TABLE = re.compile(r"[ \t]*\|[ \t]*")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?![\w*])")
_UNDERLINE = re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)")
_ASTERISKS = re.compile(r"\*+")
_QUOTES = re.compile("[\"“”„«»‹›]|(?<!\\w)['‘]|(?<=[.,!?…])['’](?!\\w)")
_DASH = re.compile(r"(?<=\S)[ \t]+[-–—][ \t]+(?=\S)|(?<=\w)—(?=\w)")
_LINE_END = re.compile(r"([.!?…,;:。！？]?)[ \t]*\n\s*")
_COLON = re.compile(r":(?=[ \t])")
_EMOJI = re.compile(
    "[\u203c\u2049\u2139\u2190-\u21ff\u231a-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\ufe0e\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u2028-\u202e\u2060\ufeff]")
_SPACE = re.compile(r"\s+")
_EDGES = re.compile(r"\A\s+|\s+\Z")
_BEFORE_MARK = re.compile(r"\s+(?=[.,!?;:](?:\s|$))")


def markdown(draft: Draft) -> None:
    """The marks go, the words stay; of a link the text stays."""
    draft.sub(_FENCE, "", settles=False)
    draft.sub(_LINK, lambda match: match.group(1), settles=False)
    draft.sub(_RULE, "", settles=False)
    draft.sub(_HEADING, "", settles=False)
    draft.sub(_BULLET, "", settles=False)
    draft.sub(_STRONG, lambda match: match.group(2), settles=False)
    draft.sub(_EMPHASIS, lambda match: match.group(1), settles=False)
    draft.sub(_UNDERLINE, lambda match: match.group(1), settles=False)
    draft.sub(_CODE, "", settles=False)
    draft.sub(_TABLE, lambda match: ", " if match.start() else "", settles=False)


def unspeakable(draft: Draft) -> None:
    """Tags, emoji and characters that no voice has a sound for."""
    draft.sub(_CONTROL, "", settles=False)
    draft.sub(_TAG, "", settles=False)
    draft.sub(_EMOJI, " ", settles=False)


def staging(draft: Draft) -> None:
    """What stands between asterisks ("*smiles*") is not spoken at all."""
    draft.sub(_EMPHASIS, "")


def asterisks(draft: Draft) -> None:
    """Asterisks that are left."""
    draft.sub(_ASTERISKS, "", settles=False)


def quotes(draft: Draft) -> None:
    """Quotation marks; an apostrophe stays."""
    draft.sub(_QUOTES, "", settles=False)


def dashes(draft: Draft) -> None:
    """A dash between words is a short pause."""
    draft.sub(_DASH, ", ", settles=False)


def line_ends(draft: Draft) -> None:
    """The end of a line is the end of a sentence."""
    draft.sub(_LINE_END, lambda match: f"{match.group(1) or '.'} ", settles=False)


def colons(draft: Draft) -> None:
    """A colon is a short pause."""
    draft.sub(_COLON, ",", settles=False)


def spaces(draft: Draft) -> None:
    """One between words, none at the edges or before a mark."""
    draft.sub(_SPACE, " ", all_of_it=True)
    draft.sub(_BEFORE_MARK, "", all_of_it=True)
    draft.sub(_EDGES, "", all_of_it=True)
