"""Phrases put together again, as their language writes them: Chinese and Japanese have no spaces between."""

from __future__ import annotations

from collections.abc import Iterable

_SPACELESS = (
    ("\u2e80", "\u303f"),  # radicals, marks: 、。「」
    ("\u3040", "\u30ff"),  # hiragana, katakana
    ("\u3100", "\u312f"),  # bopomofo
    ("\u31f0", "\u9fff"),  # more kana, ideographs
    ("\uf900", "\ufaff"),
    ("\uff01", "\uff65"),  # wide marks: ！，．？
    ("\U00020000", "\U0003134f"),
)


def joined(pieces: Iterable[str]) -> str:
    """The pieces with a space between two of them, but where both sides are written without; "" are left out.

    Thai, Lao and Khmer have no space between words, and one between phrases.
    """
    text = ""
    for piece in pieces:
        if text and piece:
            text += piece if _spaceless(text[-1]) and _spaceless(piece[0]) else f" {piece}"
        else:
            text += piece
    return text


def _spaceless(character: str) -> bool:
    return any(first <= character <= last for first, last in _SPACELESS)
