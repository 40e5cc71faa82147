"""Sound files from elsewhere: what is read of them, and that nothing but ParseError comes out."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sound_file import Coding, parse_sound, parse_wav


def wav(
    tag: int, bits: int, samples: bytes, *, rate: int = 8000, channels: int = 1, size: int | None = None
) -> bytes:
    """A WAV file, with a chunk before its samples that nobody needs."""
    block = bits // 8 * channels
    header = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(header)) + header
    chunks += b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("tag", "bits", "coding"),
    [
        (1, 8, Coding.UNSIGNED_8),
        (1, 16, Coding.LITTLE_ENDIAN),
        (1, 24, Coding.LITTLE_ENDIAN),
        (1, 32, Coding.LITTLE_ENDIAN),
        (6, 8, Coding.ALAW),
        (7, 8, Coding.ULAW),
    ],
)
def test_wav_of_pcm_and_g711(tag: int, bits: int, coding: Coding) -> None:
    sound = parse_wav(wav(tag, bits, bytes(960), rate=16_000, channels=2))
    assert (sound.coding, sound.rate_hz, sound.channels, sound.width) == (coding, 16_000, 2, bits // 8)
    assert bytes(sound.data) == bytes(960)
    assert sound.seconds == 960 / (2 * bits // 8 * 16_000)


def test_what_the_standard_library_writes_is_read_alike() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, 44_100, 0, "NONE", ""))
        writer.writeframes(bytes(range(200)))
    sound = parse_sound(file.getvalue(), "text/html", "hold.ulaw")  # its own header counts
    assert (sound.rate_hz, sound.channels, bytes(sound.data)) == (44_100, 2, bytes(range(200)))


def test_the_extensible_form() -> None:
    plain = wav(0xFFFE, 16, bytes(4))
    at = plain.index(b"fmt ") + 4
    tail = struct.pack("<HHI", 22, 16, 4) + bytes.fromhex("0100000000001000800000aa00389b71")
    data = plain[:at] + struct.pack("<I", 40) + plain[at + 4 : at + 20] + tail + plain[at + 20 :]
    assert parse_wav(data).coding is Coding.LITTLE_ENDIAN
    with pytest.raises(ParseError):
        parse_wav(data.replace(tail, tail[:8] + b"\x03\0" + tail[10:]))  # floating point


def test_a_stream_that_promises_more_is_taken_for_what_it_holds() -> None:
    sound = parse_wav(wav(7, 8, bytes(81), channels=2, size=0xFFFFFFFF))
    assert (len(sound.data), sound.cut) == (80, True)


@pytest.mark.parametrize(
    ("media_type", "path", "expected"),
    [
        ("audio/basic", "", (Coding.ULAW, 8000, 1)),
        ("audio/PCMA", "x.ulaw", (Coding.ALAW, 8000, 1)),
        ("audio/L16; rate=16000;channels=2", "", (Coding.BIG_ENDIAN_16, 16_000, 2)),
        ("", "/a/b.ul", (Coding.ULAW, 8000, 1)),
        ("application/octet-stream", "hold.sln16", (Coding.LITTLE_ENDIAN, 16_000, 1)),
        ("text/html", "hold.sln16", None),
        ("audio/l16", "", None),
        ("audio/l16;rate=9999999", "", None),
        ("audio/l16;rate=8000;channels=9", "", None),
        ("", "hold.mp3", None),
        ("", "", None),
    ],
)
def test_without_a_header_the_type_or_else_the_name_counts(
    media_type: str, path: str, expected: tuple[Coding, int, int] | None
) -> None:
    if expected is None:
        with pytest.raises(ParseError):
            parse_sound(bytes(100), media_type, path)
        return
    sound = parse_sound(bytes(100), media_type, path)
    assert (sound.coding, sound.rate_hz, sound.channels) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF\0\0\0\0AVI ",
        wav(3, 32, bytes(8)),
        wav(1, 12, bytes(8)),
        wav(7, 16, bytes(8)),
        wav(1, 16, bytes(8), rate=3999),
        wav(1, 16, bytes(8), channels=0),
        wav(1, 16, bytes(8)).replace(b"fmt ", b"fnt "),
        wav(1, 16, bytes(8)).replace(b"data", b"dara"),
        wav(1, 16, bytes(8))[:30],
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_wav(data)


@given(st.binary(max_size=80), st.integers(0, 80), st.text(max_size=30), st.text(max_size=12))
def test_nothing_but_parse_error_comes_out(noise: bytes, at: int, media_type: str, path: str) -> None:
    good = wav(1, 16, bytes(20))
    for data in (noise, good[:at] + noise + good[at + len(noise) :]):
        try:
            sound = parse_sound(data, media_type, path)
        except ParseError:
            continue
        assert len(sound.data) % (sound.width * sound.channels) == 0
