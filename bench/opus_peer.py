"""Opus at 16 kHz through libopus itself, with its own concealment and its in-band FEC, as a peer for ours.

By ctypes, because PyAV's decoder can be told neither of a lost packet nor to decode the FEC of the next one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes.util import find_library
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.int16]

RATE, FRAME = 16000, 320
VOIP, SET_BITRATE, SET_INBAND_FEC, SET_PACKET_LOSS = 2048, 4002, 4012, 4014  # opus_defines.h
BITRATE = 24000


@lru_cache
def library() -> ctypes.CDLL | None:
    """libopus, None where it is not installed."""
    name = find_library("opus")
    if name is None:
        return None
    opus = ctypes.CDLL(name)
    opus.opus_encoder_create.restype = opus.opus_decoder_create.restype = ctypes.c_void_p
    opus.opus_get_version_string.restype = ctypes.c_char_p
    return opus


def _encoded(opus: ctypes.CDLL, pcm: Samples, loss_percent: int) -> list[bytes]:
    """20 ms packets; with FEC when losses are expected."""
    error = ctypes.c_int()
    encoder = ctypes.c_void_p(opus.opus_encoder_create(RATE, 1, VOIP, ctypes.byref(error)))
    opus.opus_encoder_ctl(encoder, SET_BITRATE, ctypes.c_int(BITRATE))
    opus.opus_encoder_ctl(encoder, SET_INBAND_FEC, ctypes.c_int(loss_percent > 0))
    opus.opus_encoder_ctl(encoder, SET_PACKET_LOSS, ctypes.c_int(loss_percent))
    out, packets = ctypes.create_string_buffer(1500), []
    for at in range(0, len(pcm), FRAME):
        frame = np.ascontiguousarray(pcm[at : at + FRAME])
        length = opus.opus_encode(encoder, ctypes.c_void_p(frame.ctypes.data), FRAME, out, 1500)
        packets.append(out.raw[:length])
    opus.opus_encoder_destroy(encoder)
    return packets


def _decoded(opus: ctypes.CDLL, packets: Sequence[bytes], lost: Sequence[bool], fec: bool) -> Samples:
    error = ctypes.c_int()
    decoder = ctypes.c_void_p(opus.opus_decoder_create(RATE, 1, ctypes.byref(error)))
    frame, frames = np.zeros(FRAME, np.int16), []
    target = ctypes.c_void_p(frame.ctypes.data)
    for index, gone in enumerate(lost):
        if not gone:
            opus.opus_decode(decoder, packets[index], len(packets[index]), target, FRAME, 0)
        elif fec and index + 1 < len(lost) and not lost[index + 1]:
            opus.opus_decode(decoder, packets[index + 1], len(packets[index + 1]), target, FRAME, 1)
        else:
            opus.opus_decode(decoder, None, 0, target, FRAME, 0)
        frames.append(frame.copy())
    opus.opus_decoder_destroy(decoder)
    return np.concatenate(frames)


def opus_repaired(clean: Samples, lost: Sequence[bool], fec: bool) -> Samples | None:
    """8 kHz speech through Opus at 16 kHz and back, losing the same 20 ms; None without libopus."""
    opus = library()
    if opus is None:
        return None
    wide = soxr.resample(clean, 8000, RATE, quality="HQ")[: 2 * len(clean)]
    wide = np.pad(wide, (0, 2 * len(clean) - len(wide)))
    percent = max(1, round(100 * sum(lost) / len(lost))) if fec else 0
    decoded = _decoded(opus, _encoded(opus, wide, percent), lost, fec)
    return np.asarray(soxr.resample(decoded, RATE, 8000, quality="HQ"))
