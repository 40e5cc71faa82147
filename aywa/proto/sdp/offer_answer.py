"""Offer and answer (RFC 3264) for one audio stream of G.711 and telephone-event over RTP/AVP.

Decisions:
* The answer names one codec, the offer's first that is served here, and one telephone-event: the peer cannot
  switch codecs in mid-stream, which the media engine would have to follow. The answer's payload types are the
  offer's. G.711 must have its static number (0, 8); telephone-event may have any, at 8000 Hz.
* The first usable audio stream is taken; every other stream is refused with port 0 (§6).
* `ptime_ms` of the result is what this side sends: always the local one. An offered ptime is a wish, and
  receivers take what comes; even a `maxptime` below ours is no reason to refuse a call.
* SRTP profiles (RTP/SAVP...) are refused: NoCommonCodec, which answers 488.
* Hold comes as a direction or, from RFC 2543 peers, as the address 0.0.0.0: then nothing is sent there.
* Media is IPv4: a stream at an IPv6 address is refused before the call is answered, not dropped after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address

from aywa.errors import EndCode, LocalProtocolError, ProtocolError

from .attributes import (
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    AudioFormat,
    Direction,
    direction_of,
    formats_of,
    milliseconds_of,
    rtcp_of,
)
from .description import Attribute, Connection, MediaDescription, Origin, SessionDescription

__all__ = [
    "PCMA",
    "PCMU",
    "TELEPHONE_EVENT",
    "Accepted",
    "AcceptedAnswer",
    "AcceptedOffer",
    "AudioFormat",
    "Direction",
    "LocalAudio",
    "NoCommonCodec",
    "accept_answer",
    "accept_offer",
    "make_offer",
    "offer_again",
]

PROFILE = "RTP/AVP"
EVENTS = "0-15"  # RFC 4733 §2.4.1: the digits 0-9, *, #, A-D
_UNSPECIFIED = "0.0.0.0"


class NoCommonCodec(ProtocolError):  # noqa: N818  (named as the field names it; the base says it is an error)
    """No audio stream in the description can be carried here."""

    code = "no-common-codec"
    end_code = EndCode.UNACCEPTABLE_OFFER

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, status_hint=488)


@dataclass(frozen=True, slots=True)
class LocalAudio:
    """This side's stream: RTP address, formats in order of preference, packet time.

    `max_ptime_ms` is the longest packet that can be taken; None says nothing about it.
    """

    host: str
    port: int
    formats: tuple[AudioFormat, ...] = (PCMU, PCMA, TELEPHONE_EVENT)
    ptime_ms: int = 20
    max_ptime_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What both sides agreed on.

    `answer` is the answer, made or received; `remote` the peer's RTP address (0.0.0.0 on an old hold: send
    only if `direction.sends`); `direction` is this side's; `ptime_ms` is what this side sends.
    """

    answer: SessionDescription
    remote: tuple[str, int]
    payload_type: int
    event_payload_type: int | None
    ptime_ms: int
    direction: Direction
    rtcp: tuple[str, int]

    @property
    def has_address(self) -> bool:
        """False on an old hold, which names no address."""
        return self.remote[0] != _UNSPECIFIED


AcceptedOffer = Accepted
AcceptedAnswer = Accepted


def make_offer(
    local: LocalAudio, session_id: int, version: int, direction: Direction = Direction.SENDRECV
) -> SessionDescription:
    """An offer of one audio stream. A new offer in the same session has `version` one higher (§8)."""
    return _describe(local, local.formats, session_id, version, direction)


def offer_again(
    previous: SessionDescription, local: LocalAudio, direction: Direction = Direction.SENDRECV
) -> SessionDescription:
    """A new offer in a session in which this side sent `previous` last.

    Every stream of the session keeps its line, those refused stay refused; an equal offer keeps its version,
    another one gets the next (§8).
    """
    offer = make_offer(local, previous.origin.session_id, previous.origin.version, direction)
    streams = list(previous.media)
    streams[_active(previous)] = offer.media[0]
    return _next_version(replace(offer, media=tuple(streams)), previous)


def accept_offer(
    offer: SessionDescription,
    local: LocalAudio,
    *,
    session_id: int | None = None,
    version: int = 1,
    direction: Direction = Direction.SENDRECV,
    previous: SessionDescription | None = None,
) -> AcceptedOffer:
    """Answer an offer, or NoCommonCodec.

    `direction` is what this side wants; the answer gives no more than the offer allows. `previous` is what it
    sent last in the session: an equal answer keeps its version, another one gets the next (§8). Without
    it the session id is the one given, else the offer's, which its sender made unique.
    """
    index, medium, audio = _choose(offer, local.formats)
    remote = _remote(offer, medium)
    theirs = _their_direction(offer, medium)
    ours = Direction.of(
        sends=theirs.receives and direction.sends, receives=theirs.sends and direction.receives
    )
    event = _common_event(formats_of(medium), local.formats)
    chosen = (audio,) if event is None else (audio, event)
    session_id = offer.origin.session_id if session_id is None else session_id
    answer = _describe(local, chosen, session_id, version, ours)
    streams = [_refused(stream) for stream in offer.media]
    streams[index] = answer.media[0]
    answer = replace(answer, media=tuple(streams))
    if previous is not None:
        answer = _next_version(answer, previous)
    return Accepted(
        answer,
        remote,
        audio.payload_type,
        event.payload_type if event else None,
        local.ptime_ms,
        ours,
        rtcp_of(medium, remote),
    )


def accept_answer(offer: SessionDescription, answer: SessionDescription) -> AcceptedAnswer:
    """Read the answer to an offer made here, or NoCommonCodec if it refuses the audio or speaks past it."""
    index = _active(offer)
    if index >= len(answer.media):
        raise NoCommonCodec("The answer has no audio stream")
    mine = offer.media[index]
    offered = tuple(formats_of(mine))
    answered = replace(answer, media=(answer.media[index],))
    _, medium, audio = _choose(answered, offered)
    remote = _remote(answer, medium)
    theirs = _their_direction(answer, medium)
    wanted = direction_of(offer, mine)
    ours = Direction.of(sends=theirs.receives and wanted.sends, receives=theirs.sends and wanted.receives)
    event = _common_event(formats_of(medium), offered)
    ptime_ms = milliseconds_of(mine, "ptime") or 20
    event_payload_type = event.payload_type if event else None
    return Accepted(
        answer, remote, audio.payload_type, event_payload_type, ptime_ms, ours, rtcp_of(medium, remote)
    )


def _active(description: SessionDescription) -> int:
    """The audio stream of a description that was made here."""
    for index, medium in enumerate(description.media):
        if medium.kind == "audio" and medium.port:
            return index
    raise LocalProtocolError("The description has no audio stream")


def _next_version(description: SessionDescription, previous: SessionDescription) -> SessionDescription:
    """With the origin that follows on `previous`: the same one if nothing else has changed (§8)."""
    same = replace(description, origin=previous.origin)
    if same == previous:
        return same
    return replace(same, origin=replace(previous.origin, version=previous.origin.version + 1))


def _choose(
    description: SessionDescription, local: Sequence[AudioFormat]
) -> tuple[int, MediaDescription, AudioFormat]:
    """The first audio stream that can be carried, with the first codec in it that is served."""
    detail = "No audio stream is offered"
    for index, medium in enumerate(description.media):
        if medium.kind != "audio" or medium.port == 0:
            continue
        if medium.protocol.upper() != PROFILE:
            detail = f"Only {PROFILE} is spoken here"
            continue
        detail = "No offered codec is served here"
        for offered in formats_of(medium):
            if not _is_event(offered) and any(
                offered.payload_type == mine.payload_type and offered.matches(mine) for mine in local
            ):
                return index, medium, offered
    raise NoCommonCodec(detail)


def _common_event(offered: Sequence[AudioFormat], local: Sequence[AudioFormat]) -> AudioFormat | None:
    """The peer's telephone-event at 8000 Hz, under the peer's payload type, if this side has it."""
    if not any(_is_event(mine) for mine in local):
        return None
    return next((audio for audio in offered if _is_event(audio)), None)


def _is_event(audio: AudioFormat) -> bool:
    return audio.matches(TELEPHONE_EVENT)


def _remote(description: SessionDescription, medium: MediaDescription) -> tuple[str, int]:
    """The peer's RTP address: the stream's connection, else the session's (RFC 8866 §5.7)."""
    connection = medium.connection or description.connection
    if connection is None or connection.network_type != "IN":
        raise NoCommonCodec("The audio stream has no address")
    if connection.address_type != "IP4":
        raise NoCommonCodec("Only IPv4 media is served here")
    try:
        address = IPv4Address(connection.address)
    except AddressValueError:
        # A host name is legal (RFC 8866 §5.7), but no peer that is served here sends one.
        raise NoCommonCodec("The address of the audio stream is not an IPv4 address") from None
    if address.is_multicast:
        raise NoCommonCodec("Multicast audio is not served")
    return str(address), medium.port


def _their_direction(description: SessionDescription, medium: MediaDescription) -> Direction:
    """The peer's direction; an unspecified address means that it does not receive (RFC 3264 §8.4)."""
    direction = direction_of(description, medium)
    if _remote(description, medium)[0] == _UNSPECIFIED:
        return Direction.of(sends=direction.sends, receives=False)
    return direction


def _describe(
    local: LocalAudio,
    formats: Sequence[AudioFormat],
    session_id: int,
    version: int,
    direction: Direction,
) -> SessionDescription:
    connection = Connection.of_host(local.host)
    attributes: list[Attribute] = []
    for audio in formats:
        attributes.append(audio.rtpmap)
        if _is_event(audio):
            attributes.append(("fmtp", f"{audio.payload_type} {EVENTS}"))
    attributes.append(("ptime", str(local.ptime_ms)))
    if local.max_ptime_ms is not None:
        attributes.append(("maxptime", str(local.max_ptime_ms)))
    attributes.append((direction.value, None))
    numbers = tuple(str(audio.payload_type) for audio in formats)
    medium = MediaDescription("audio", local.port, PROFILE, numbers, attributes=tuple(attributes))
    origin = Origin("-", session_id, version, connection)
    return SessionDescription(origin, (medium,), connection)


def _refused(medium: MediaDescription) -> MediaDescription:
    """The answer to a stream that is not taken: the same line with port 0 and no attributes (§6)."""
    return MediaDescription(medium.kind, 0, medium.protocol, medium.formats)
