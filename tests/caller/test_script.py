"""Cues on the command line."""

import pytest

from aywa.caller.script import Cue, Line, parse_line
from aywa.errors import RequestError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("friday.wav", Line("friday.wav")),
        ("friday.wav@2.5", Line("friday.wav", Cue.ANSWER, 2.5)),
        ("friday.wav@+1", Line("friday.wav", Cue.SPEECH, 1.0)),
        ("at@home/friday.wav", Line("at@home/friday.wav")),
        ("at@home/friday.wav@+0.5", Line("at@home/friday.wav", Cue.SPEECH, 0.5)),
        ("friday.wav@soon", Line("friday.wav@soon")),
        ("friday.wav@-1", Line("friday.wav@-1")),
    ],
)
def test_a_line_is_a_file_and_a_cue(text: str, line: Line) -> None:
    assert parse_line(text) == line


@pytest.mark.parametrize("text", ["", "@2", "@+1.5"])
def test_a_line_without_a_file_is_refused_and_names_the_field(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_line(text)
    assert caught.value.field == "play"
