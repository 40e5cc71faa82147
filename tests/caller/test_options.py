"""What `aywa call` offers by its options."""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import pytest

from aywa.caller.session import PLAIN_MEDIA
from aywa.errors import RequestError
from aywa_server.cli_call import media_from, plan_from, register


def parsed(*options: str) -> argparse.Namespace:
    """The command line as `aywa` reads it."""
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    return parser.parse_args(["call", "--to", "sip:1000@127.0.0.1", *options])


def test_plain_g711_unless_told_otherwise() -> None:
    assert media_from(parsed()) == PLAIN_MEDIA
    assert (PLAIN_MEDIA.codecs, PLAIN_MEDIA.srtp, PLAIN_MEDIA.ptime_ms) == (("PCMU", "PCMA"), "off", 20)


def test_codecs_in_the_order_they_are_named() -> None:
    options = ("--codec", "opus,g722", "--codec", "PCMU", "--srtp", "required", "--ptime", "40")
    media = media_from(parsed(*options))
    assert media.codecs == ("opus", "G722", "PCMU")
    assert (media.srtp, media.ptime_ms) == ("required", 40)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        *((("--codec", "G729"), "codec"), (("--codec", "PCMU,speex"), "codec")),
        *((("--ptime", "5"), "ptime"), (("--ptime", "25"), "ptime"), (("--ptime", "70"), "ptime")),
    ],
)
def test_what_cannot_be_offered_is_named(options: tuple[str, str], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        plan_from(parsed(*options))
    assert caught.value.field == field


@pytest.mark.parametrize(("codecs", "rate_hz"), [("PCMU,PCMA", 8000), ("G722", 16000), ("PCMU,opus", 16000)])
def test_clips_are_read_as_wide_as_the_codecs_are(tmp_path: Path, codecs: str, rate_hz: int) -> None:
    path = str(tmp_path / "clip.wav")
    with wave.open(path, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16000)
        sink.writeframes(b"\0\x10" * 16000)
    ((_, clip),) = plan_from(parsed("--play", path, "--codec", codecs)).lines
    assert (clip.rate_hz, len(clip.pcm)) == (rate_hz, 2 * rate_hz)
