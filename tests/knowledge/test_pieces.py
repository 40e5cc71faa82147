"""Files as text, and texts in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.knowledge.formats import UnreadableFileError, decoded, kind_of, text_of
from aywa.knowledge.language import language_of
from aywa.knowledge.pieces import GOOD_WORDS, MOST_WORDS, cut

GERMAN = "Das Zimmer ist nicht für Hunde, und der Hof wird auf Wunsch geöffnet."


def test_pieces_stand_under_their_headings() -> None:
    text = "Before.\n\n# Hotel\n\n## Dogs\n15 euros.\nTwo at most.\n\n## Pool ##\n\nOpen"
    text += "\n\nBeach\n=====\n\nSand."
    assert [(piece.heading, piece.text) for piece in cut(text)] == [
        ("", "Before."),
        ("Hotel > Dogs", "15 euros.\nTwo at most."),
        ("Hotel > Pool", "Open"),
        ("Beach", "Sand."),
    ]


def test_short_paragraphs_come_together_and_long_ones_are_cut_between_sentences() -> None:
    short = "\n\n".join(["ten words are in this paragraph and not one more"] * 20)
    assert all(len(piece.text.split()) <= GOOD_WORDS for piece in cut(short))
    assert len(cut(short)) == 3
    long = "Every sentence has exactly six words. " * 100
    pieces = cut(long)
    assert all(piece.text.endswith("words.") and len(piece.text.split()) <= MOST_WORDS for piece in pieces)
    assert sum(len(piece.text.split()) for piece in pieces) == 600


@given(st.text(alphabet=st.sampled_from("ab .#=-\n\r\x00é。"), max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_or_doubled(text: str) -> None:
    pieces = cut(text)
    plain = "".join(character for character in "".join(piece.text for piece in pieces) if character.isalpha())
    wanted = "".join(character for character in text if character.isalpha())
    headed = sum(character.isalpha() for character in wanted) - len(plain)
    assert headed >= 0, "a letter stands in the text or in a heading, and in the text once"
    assert all(piece.text.strip() and len(piece.text.split()) <= MOST_WORDS for piece in pieces)


def test_languages_are_told_by_their_small_words() -> None:
    assert language_of("The pool is open and the sauna is not, for this is what you have asked.") == "english"
    assert language_of(GERMAN) == "german"
    assert language_of("Les chiens sont admis dans une chambre avec vous, pour 15 euros.") == "french"
    assert language_of("Собаки и кошки не в номере, это для гостей или по просьбе.") == "russian"
    assert language_of("12345 67890") == "simple"
    assert language_of("the") == "simple"


def test_html_is_read_with_its_headings_and_without_its_machinery() -> None:
    page = (
        b"<html><head><title>no</title><style>p{}</style></head><body><nav>Menu</nav><h1>Hotel</h1>"
        b"<h2>Dogs &amp; cats</h2><p>15 <b>euros</b><br>a night</p><script>alert(1)</script>"
        b"<table><tr><td>Pool</td><td>7 to 22</td></tr></table></body></html>"
    )
    pieces = cut(text_of(page, "text/html"))
    assert [(piece.heading, piece.text) for piece in pieces] == [
        ("Hotel > Dogs & cats", "15 euros\na night\nPool 7 to 22")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_every_usual_encoding(encoding: str) -> None:
    assert decoded(GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "text/plain"),
        (b" \n\t", "text/markdown"),
        (bytes(range(256)) * 20, "text/plain"),
        (b"%PDF-1.4 no more", "application/pdf"),
        (b"", "application/pdf"),
        (b"<script>only()</script>", "text/html"),
    ],
)
def test_what_has_no_text_says_so(content: bytes, kind: str) -> None:
    with pytest.raises(UnreadableFileError):
        text_of(content, kind)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_bytes_never_raise_anything_else(content: bytes) -> None:
    for kind in ("text/plain", "text/html", "application/pdf"):
        try:
            assert text_of(content, kind)
        except UnreadableFileError:
            continue


@pytest.mark.parametrize(
    ("mimetype", "name", "kind"),
    [
        ("text/plain", "a.md", "text/markdown"),
        ("text/plain; charset=utf-8", "a.txt", "text/plain"),
        ("application/octet-stream", "a.PDF", "application/pdf"),
        ("application/octet-stream", "a.wav", ""),
        ("application/xhtml+xml", "a", "text/html"),
        ("audio/wav", "a.txt", ""),
    ],
)
def test_kinds_are_known_by_type_then_by_name(mimetype: str, name: str, kind: str) -> None:
    assert kind_of(mimetype, name) == kind
