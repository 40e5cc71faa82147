"""G.711 against the recommendation, for every input there is."""

from __future__ import annotations

from struct import pack, unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native import g711
from tests.kit.oracles import g711 as oracle

ALL_SAMPLES = pack("<65536h", *range(-32768, 32768))
ALL_CODES = bytes(range(256))


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_encodes_all_65536_samples_as_the_recommendation(law: str) -> None:
    assert getattr(g711, f"encode_{law}")(ALL_SAMPLES) == getattr(oracle, f"encode_{law}")(ALL_SAMPLES)


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_decodes_all_256_code_words_as_the_recommendation(law: str) -> None:
    assert getattr(g711, f"decode_{law}")(ALL_CODES) == getattr(oracle, f"decode_{law}")(ALL_CODES)


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_encoding_what_was_decoded_gives_the_same_code_word(law: str) -> None:
    again = getattr(g711, f"encode_{law}")(getattr(g711, f"decode_{law}")(ALL_CODES))
    expected = ALL_CODES
    if law == "ulaw":
        # Mu-law has two zeros; 0x7F (minus zero) decodes to 0, which is encoded as 0xFF.
        expected = ALL_CODES[:0x7F] + b"\xff" + ALL_CODES[0x80:]
    assert again == expected


def test_points_printed_in_the_recommendation() -> None:
    # Tables 2 and 1 in 16 bits: the largest and smallest values are 8031 * 4 and 0, 4032 * 8 and 1 * 8.
    assert unpack("<4h", g711.decode_ulaw(b"\x80\x00\xff\x7f")) == (32124, -32124, 0, 0)
    assert unpack("<4h", g711.decode_alaw(b"\xaa\x2a\xd5\x55")) == (32256, -32256, 8, -8)
    assert g711.encode_ulaw(pack("<4h", 0, -1, 32767, -32768)) == b"\xff\x7f\x80\x00"
    assert g711.encode_alaw(pack("<4h", 0, -1, 32767, -32768)) == b"\xd5\x55\xaa\x2a"


@given(st.binary(max_size=2000))
def test_any_length_keeps_its_place(codes: bytes) -> None:
    # Vectorised loops have a remainder: every length must give what the single code words give.
    pcm = g711.decode_ulaw(codes)
    assert pcm == oracle.decode_ulaw(codes)
    assert g711.encode_alaw(pcm) == oracle.encode_alaw(pcm)
    assert g711.encode_ulaw(pcm) == oracle.encode_ulaw(pcm)


@pytest.mark.parametrize("encode", [g711.encode_ulaw, g711.encode_alaw])
def test_half_a_sample_is_refused(encode: object) -> None:
    with pytest.raises(ValueError, match="even number of bytes"):
        encode(b"\x00\x00\x00")  # type: ignore[operator]
