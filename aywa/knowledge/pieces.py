"""Cuts a text into pieces that answer one question each. Pure.

A piece never reaches over a heading, keeps paragraphs whole where they are short enough, and carries the
headings above it: "## Dogs" is often the only place that says what "They cost 15 euros a night" is about.
"""

from __future__ import annotations

import re

from aywa.ports.knowledge import Piece

GOOD_WORDS = 90  # from here on a piece is long enough for one question
MOST_WORDS = 180  # a longer paragraph is cut between sentences
MAX_PIECES = 20_000  # of one file: some ten thousand pages
MAX_HEADING = 300  # characters
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*")
_RULED = re.compile(r"(=+|-+)\s*")  # under a line: it is a heading (CommonMark §4.3)
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)]*\s+")
_BLANK = re.compile(r"[ \t\x0b\x0c\xa0\u2000-\u200a]+")


def cut(text: str) -> list[Piece]:
    """The pieces of a text, with Markdown's headings where it has any."""
    pieces: list[Piece] = []
    headings: list[tuple[int, str]] = []
    paragraphs: list[str] = []

    def close() -> None:
        heading = " > ".join(title for _, title in headings)[:MAX_HEADING]
        pieces.extend(Piece(heading, body) for body in _joined(paragraphs))
        paragraphs.clear()

    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")):
        lines = [_BLANK.sub(" ", line).strip() for line in block.split("\n")]
        lines = [line for line in lines if line]
        body: list[str] = []
        for at, line in enumerate(lines):
            ruled = at == 1 and len(line) > 2 and _RULED.fullmatch(line) is not None
            marked = _HEADING.fullmatch(line)
            if not (ruled or marked):
                body.append(line)
                continue
            level, title = (len(marked[1]), marked[2]) if marked else (1 if line[0] == "=" else 2, body.pop())
            if body:
                paragraphs.append("\n".join(body))
                body = []
            close()
            headings = [each for each in headings if each[0] < level] + [(level, title)]
        if body:
            paragraphs.append("\n".join(body))
        if len(pieces) >= MAX_PIECES:
            break
    close()
    return pieces[:MAX_PIECES]


def _joined(paragraphs: list[str]) -> list[str]:
    """Short paragraphs together, long ones in parts; in order."""
    bodies: list[str] = []
    open_words = 0
    for paragraph in paragraphs:
        for part in _parts(paragraph):
            words = len(part.split())
            if bodies and open_words and open_words + words <= GOOD_WORDS:
                bodies[-1] += "\n" + part
                open_words += words
            else:
                bodies.append(part)
                open_words = words
    return bodies


def _parts(paragraph: str) -> list[str]:
    """A paragraph in parts of at most `MOST_WORDS`, cut between sentences where there are any."""
    if len(paragraph.split()) <= MOST_WORDS:
        return [paragraph]
    parts: list[str] = []
    kept: list[str] = []
    for sentence in _SENTENCE.split(paragraph):
        words = sentence.split()
        if kept and len(kept) + len(words) > MOST_WORDS:
            parts.append(" ".join(kept))
            kept = []
        while len(words) > MOST_WORDS:
            parts.append(" ".join(words[:MOST_WORDS]))
            words = words[MOST_WORDS:]
        kept += words
    if kept:
        parts.append(" ".join(kept))
    return parts
