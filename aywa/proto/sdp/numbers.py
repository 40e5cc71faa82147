"""Offers in mid-call: payload types keep their meaning for as long as the session lasts (RFC 3264 §8.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .audio import Accepted, LocalAudio
from .choice import meaning_of
from .crypto import SrtpUse
from .formats import FIRST_DYNAMIC, LAST_DYNAMIC, AudioFormat


def remembered(known: tuple[AudioFormat, ...], accepted: Accepted) -> tuple[AudioFormat, ...]:
    """The dynamic payload types of a session so far with those of its last offer and answer: the first
    meaning of a number stays.
    """
    meanings = {audio.payload_type: audio for audio in (*accepted.meanings, *known) if _is_dynamic(audio)}
    return tuple(meanings.values())


def continued(local: LocalAudio, current: Accepted, known: Sequence[AudioFormat]) -> LocalAudio:
    """What this side offers in a session that stands: everything it can do, the present codec first, under
    the numbers that are known, with the present packet time, RTCP port and encryption.
    """
    first = [mine for mine in local.formats if mine.matches(current.send)]
    rest = [mine for mine in local.formats if not mine.matches(current.send)]
    if current.crypto is None:
        srtp = replace(local.srtp, use=SrtpUse.OFF)
    else:
        srtp = replace(local.srtp, suites=(current.crypto.suite,))
    return replace(
        local,
        formats=renumbered((*first, *rest), known),
        ptime_ms=current.ptime_ms,
        rtcp_mux=current.rtcp_mux,
        srtp=srtp,
    )


def renumbered(formats: Iterable[AudioFormat], known: Sequence[AudioFormat]) -> tuple[AudioFormat, ...]:
    """Formats under the numbers that the session knows them by; new ones get numbers that it does not know.

    What is left without a number is not offered: 32 dynamic ones are all there are.
    """
    wanted = list(formats)
    taken = {audio.payload_type for audio in known}
    spare = [n for n in range(FIRST_DYNAMIC, LAST_DYNAMIC + 1) if n not in taken]
    for mine in wanted:
        if mine.payload_type in spare:
            spare.remove(mine.payload_type)
    given: list[AudioFormat] = []
    for mine in wanted:
        same = meaning_of(mine, (audio for audio in known if audio.is_sound))
        if not _is_dynamic(mine) or (same is None and mine.payload_type not in taken):
            given.append(mine)
        elif same is not None:
            given.append(replace(mine, payload_type=same.payload_type))
        elif spare:
            given.append(replace(mine, payload_type=spare.pop(0)))
    return tuple(given)


def _is_dynamic(audio: AudioFormat) -> bool:
    return audio.payload_type >= FIRST_DYNAMIC
