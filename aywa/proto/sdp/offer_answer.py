"""Offer and answer (RFC 3264) for one audio stream over RTP or SRTP.

Decisions:
* The answer names one codec and one telephone-event, under the offer's numbers: then there is no doubt about
  what is sent. §6.1 recommends the offer's order; here the local one decides unless the settings say
  otherwise (`choose_codec`), because G.711 on the leg to the PBX is what the density of calls rests on. An
  answer to an offer of ours may name several codecs, then its first is sent and all are taken.
* The first usable audio stream is taken; every other stream is refused with port 0 (§6).
* An offered ptime is followed, within what the codec allows.
* RTP/AVP, RTP/AVPF and the SRTP profiles with keys in the description (RTP/SAVP, RTP/SAVPF) are answered in
  kind; feedback is neither asked for nor sent. RTP/AVP with keys is taken too: it is how best effort is
  offered in the field. Keys by DTLS are refused: NoCommonCodec, which answers 488.
* Hold comes as a direction or, from RFC 2543 peers, as the address 0.0.0.0: then nothing is sent there.
* Media is IPv4: a stream at an IPv6 address is refused before the call is answered, not dropped after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aywa.errors import LocalProtocolError

from .attributes import Direction, direction_of, first, has_flag, milliseconds_of, rtcp_of
from .audio import Accepted, CodecOrder, LocalAudio, NoCommonCodec
from .choice import choose_codec, choose_event, choose_noise, meaning_of, packet_ms, served
from .crypto import CryptoKeys, CryptoLine, LocalSrtp, SrtpUse, cryptos_of
from .description import Attribute, Connection, MediaDescription, Origin, SessionDescription
from .formats import PCMA, PCMU, TELEPHONE_EVENT, AudioFormat, formats_of
from .peer import our_direction, remote_of, their_direction

__all__ = [
    "PCMA",
    "PCMU",
    "TELEPHONE_EVENT",
    "Accepted",
    "AudioFormat",
    "Direction",
    "LocalAudio",
    "NoCommonCodec",
    "accept_answer",
    "accept_offer",
    "make_offer",
    "offer_again",
]

_PLAIN = ("RTP/AVP", "RTP/AVPF")
_SECURE = ("RTP/SAVP", "RTP/SAVPF")


def make_offer(
    local: LocalAudio, session_id: int, version: int, direction: Direction = Direction.SENDRECV
) -> SessionDescription:
    """An offer of one audio stream. A new offer in the same session has `version` one higher (§8)."""
    secure = local.srtp.use is SrtpUse.REQUIRED
    return _offer(local, session_id, version, direction, _SECURE[0] if secure else _PLAIN[0])


def offer_again(
    previous: SessionDescription, local: LocalAudio, direction: Direction = Direction.SENDRECV
) -> SessionDescription:
    """A new offer in a session in which this side sent `previous` last.

    Every stream of the session keeps its line and its profile, those refused stay refused; an equal offer
    keeps its version, another one gets the next (§8).
    """
    index = _active(previous)
    profile = previous.media[index].protocol
    offer = _offer(local, previous.origin.session_id, previous.origin.version, direction, profile)
    streams = list(previous.media)
    streams[index] = offer.media[0]
    return _next_version(replace(offer, media=tuple(streams)), previous)


def accept_offer(
    offer: SessionDescription,
    local: LocalAudio,
    *,
    session_id: int | None = None,
    version: int = 1,
    direction: Direction = Direction.SENDRECV,
    previous: SessionDescription | None = None,
) -> Accepted:
    """Answer an offer, or NoCommonCodec.

    `direction` is what this side wants; the answer gives no more than the offer allows. `previous` is what it
    sent last in the session: an equal answer keeps its version, another one gets the next (§8). Without
    it the session id is the one given, else the offer's, which its sender made unique.
    """
    index, medium, codec, line = _choose(offer, local)
    theirs = formats_of(medium)
    remote = remote_of(offer, medium)
    ours = our_direction(their_direction(offer, medium), direction)
    event = choose_event(codec, theirs, local.formats)
    noise = choose_noise(codec, theirs, local.formats)
    ptime_ms = packet_ms(medium, codec, local.ptime_ms)
    formats = tuple(_ours(audio, local.formats) for audio in (codec, *noise, *((event,) if event else ())))
    keys = None if line is None else CryptoKeys(line.suite, local.srtp.key(line.suite), line.key)
    mux = has_flag(medium, "rtcp-mux")
    answered = _medium(
        replace(local, ptime_ms=ptime_ms, rtcp_mux=mux),
        formats,
        ours,
        medium.protocol,
        () if line is None else (replace(line, key=local.srtp.key(line.suite)),),
        says_rtcp=first(medium.attributes, "rtcp") is not None,
    )
    streams = [_refused(stream) for stream in offer.media]
    streams[index] = answered
    session_id = offer.origin.session_id if session_id is None else session_id
    answer = replace(_session(local.host, session_id, version), media=tuple(streams))
    if previous is not None:
        answer = _next_version(answer, previous)
    return Accepted(
        answer=answer,
        remote=remote,
        send=codec,
        receive=(formats[0],),
        events=event,
        receive_events=(event,) if event else (),
        comfort_noise=noise,
        ptime_ms=ptime_ms,
        direction=ours,
        rtcp=remote if mux else rtcp_of(medium, remote),
        rtcp_mux=mux,
        crypto=keys,
        meanings=tuple(theirs),
    )


def accept_answer(
    offer: SessionDescription, answer: SessionDescription, *, srtp: SrtpUse = SrtpUse.OPTIONAL
) -> Accepted:
    """Read the answer to an offer made here, or NoCommonCodec if it refuses the audio or speaks past it.

    `srtp` REQUIRED: an answer that takes none of the offered keys refuses the audio, whatever the profile.
    """
    index = _active(offer)
    mine = offer.media[index]
    medium = answer.media[index] if index < len(answer.media) else None
    if medium is None or medium.kind != "audio" or medium.port == 0:
        raise NoCommonCodec("The answer has no audio stream")
    if medium.protocol.upper() != mine.protocol.upper():
        raise NoCommonCodec(f"The answer is not {mine.protocol}, which was offered")
    theirs, offered = formats_of(medium), formats_of(mine)
    codec = choose_codec(theirs, offered, CodecOrder.OFFER)
    if codec is None:
        raise NoCommonCodec("No offered codec is in the answer")
    keys = _answered_keys(mine, medium)
    if keys is None and srtp is SrtpUse.REQUIRED:
        raise NoCommonCodec("SRTP is required here")
    remote = remote_of(answer, medium)
    event = choose_event(codec, theirs, offered)
    answered = served(theirs, offered)
    codecs = [codec, *(audio for audio in answered if audio.is_codec and audio is not codec)]
    mux = has_flag(mine, "rtcp-mux") and has_flag(medium, "rtcp-mux")
    return Accepted(
        answer=answer,
        remote=remote,
        send=codec,
        receive=_received(codecs, offered),
        events=event,
        receive_events=_received([audio for audio in answered if audio.is_event], offered),
        comfort_noise=_received(list(choose_noise(codec, theirs, offered)), offered),
        ptime_ms=packet_ms(medium, codec, milliseconds_of(mine, "ptime") or 20),
        direction=our_direction(their_direction(answer, medium), direction_of(offer, mine)),
        rtcp=remote if mux else rtcp_of(medium, remote),
        rtcp_mux=mux,
        crypto=keys,
        meanings=(*offered, *theirs),
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
    description: SessionDescription, local: LocalAudio
) -> tuple[int, MediaDescription, AudioFormat, CryptoLine | None]:
    """The first audio stream that can be carried, with its codec and its crypto line."""
    detail = "No audio stream is offered"
    for index, medium in enumerate(description.media):
        if medium.kind != "audio" or medium.port == 0:
            continue
        line, fault = _security(medium, local.srtp)
        codec = choose_codec(formats_of(medium), local.formats, local.order)
        if fault:
            detail = fault
        elif codec is None:
            detail = "No offered codec is served here"
        else:
            return index, medium, codec, line
    raise NoCommonCodec(detail)


def _security(medium: MediaDescription, srtp: LocalSrtp) -> tuple[CryptoLine | None, str]:
    """The crypto line that is taken, and why the stream cannot be carried, if it cannot."""
    profile = medium.protocol.upper()
    if profile not in (*_PLAIN, *_SECURE):
        return None, "A media profile that is not spoken here"
    line = srtp.choose(cryptos_of(medium))
    if profile in _SECURE and srtp.use is SrtpUse.OFF:
        return None, "SRTP is switched off here"
    if line is None and profile in _SECURE:
        return None, "No key for SRTP that can be used"
    if line is None and srtp.use is SrtpUse.REQUIRED:
        return None, "SRTP is required here"
    return line, ""


def _answered_keys(mine: MediaDescription, medium: MediaDescription) -> CryptoKeys | None:
    """The keys of an answer: those of the offered line that it took (RFC 4568 §5.1.3)."""
    offered = {(line.tag, line.suite): line for line in cryptos_of(mine)}
    for line in cryptos_of(medium):
        if (line.tag, line.suite) in offered:
            return CryptoKeys(line.suite, offered[line.tag, line.suite].key, line.key)
    if mine.protocol.upper() in _SECURE:
        raise NoCommonCodec("The answer takes no offered key for SRTP")
    return None


def _ours(theirs: AudioFormat, ours: Sequence[AudioFormat]) -> AudioFormat:
    """This side's wording of a format of theirs, under their number."""
    mine = meaning_of(theirs, ours)
    assert mine is not None, "only what is served is chosen"
    return replace(mine, payload_type=theirs.payload_type)


def _received(theirs: Sequence[AudioFormat], ours: Sequence[AudioFormat]) -> tuple[AudioFormat, ...]:
    """What arrives under which number: our offer's; the answer's too, which some peers send under, if our
    offer did not give it another meaning.
    """
    mine = [meaning for audio in theirs if (meaning := meaning_of(audio, ours)) is not None]
    used = {audio.payload_type for audio in ours}
    spare = [_ours(audio, ours) for audio in theirs if audio.payload_type not in used]
    return tuple({audio.payload_type: audio for audio in (*mine, *spare)}.values())


def _offer(
    local: LocalAudio, session_id: int, version: int, direction: Direction, profile: str
) -> SessionDescription:
    medium = _medium(local, local.formats, direction, profile, local.srtp.lines())
    return replace(_session(local.host, session_id, version), media=(medium,))


def _session(host: str, session_id: int, version: int) -> SessionDescription:
    connection = Connection.of_host(host)
    return SessionDescription(Origin("-", session_id, version, connection), (), connection)


def _medium(
    local: LocalAudio,
    formats: Sequence[AudioFormat],
    direction: Direction,
    profile: str,
    lines: Sequence[CryptoLine],
    *,
    says_rtcp: bool = False,
) -> MediaDescription:
    attributes: list[Attribute] = []
    for audio in formats:
        attributes.extend(audio.attributes)
    attributes.append(("ptime", str(local.ptime_ms)))
    if local.max_ptime_ms is not None:
        attributes.append(("maxptime", str(local.max_ptime_ms)))
    attributes.extend(line.attribute for line in lines)
    if says_rtcp:
        attributes.append(("rtcp", str(local.port if local.rtcp_mux else local.port + 1)))
    if local.rtcp_mux:
        attributes.append(("rtcp-mux", None))
    attributes.append((direction.value, None))
    numbers = tuple(str(audio.payload_type) for audio in formats)
    return MediaDescription("audio", local.port, profile, numbers, attributes=tuple(attributes))


def _refused(medium: MediaDescription) -> MediaDescription:
    """The answer to a stream that is not taken: the same line with port 0 and no attributes (§6)."""
    return MediaDescription(medium.kind, 0, medium.protocol, medium.formats)
