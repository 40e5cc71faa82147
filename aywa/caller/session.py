"""Places one call, plays the script and keeps what was sent and heard on one sample clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import numpy as np
import trio

from aywa.caller.clips import PHONE_RATE_HZ, Clip
from aywa.caller.listener import Listener
from aywa.caller.measure import PlayedClip, Turn, at_phone_rate, first_audible, measure_turns
from aywa.caller.report import CallReport, Network
from aywa.caller.script import Cue, Line
from aywa.ids import new_ssrc
from aywa.media.engine import MediaEngine
from aywa.media.events import LegEvent, Mark
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.negotiated import local_audio, media_format, summary
from aywa.media.ports import PortPair
from aywa.proto.sdp.crypto import SrtpUse
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import NoCommonCodec, accept_answer, make_offer
from aywa.proto.sip.uri import Uri
from aywa.settings import MediaSettings
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session
from aywa.ua.user_agent import UserAgent

_STEP_S = 0.01  # how often the script looks at what was heard; half a frame
_GOODBYE_S = 4.0  # for the BYE and its answer, whatever happens around it
_MARK_WAIT_S = 1.0  # a clip's mark comes within a frame of its end

# What a call offers unless it is told otherwise: what every PBX has, so that figures compare.
PLAIN_MEDIA = MediaSettings(codecs=("PCMU", "PCMA"), srtp="off")

Observer = Callable[[str, dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call to place. Seconds, except where the name says otherwise."""

    target: Uri
    from_uri: Uri
    lines: tuple[tuple[Line, Clip], ...] = ()
    turn_gap_s: float = 0.8  # silence after which the other side has finished its turn
    turn_timeout_s: float = 15.0  # how long an answer is waited for before the script goes on
    linger_s: float = 3.0  # silence after the last clip before this side hangs up
    ring_timeout_s: float = 30.0
    max_s: float = 300.0
    headers: tuple[tuple[str, str], ...] = ()
    media: MediaSettings = PLAIN_MEDIA  # what is offered


@dataclass(slots=True)
class _Progress:
    """What a call in progress has gathered."""

    listener: Listener
    frames: bytearray = field(default_factory=bytearray)
    played: list[PlayedClip] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)
    ended_by: str = "us"
    _stepped: trio.Event = field(default_factory=trio.Event)

    async def next_step(self) -> None:
        """Wait until the audio has been looked at once more."""
        await self._stepped.wait()

    def step(self, frames: bytes) -> None:
        """Take what was recorded since the last step and wake whoever follows it."""
        self.frames += frames
        self.listener.receive(frames)
        self._stepped.set()
        self._stepped = trio.Event()


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """The report, and the interleaved 16-bit stereo at `rate_hz`: left heard, right sent."""

    report: CallReport
    stereo: bytes
    rate_hz: int = PHONE_RATE_HZ


async def place_call(
    agent: UserAgent, engine: MediaEngine, plan: CallPlan, *, rng: Random, observer: Observer
) -> PlacedCall:
    """Place the call, play every line, hang up (or be hung up on) and measure.

    A refused or unanswered call is a report too, with the SIP status; it raises nothing. Neither does an
    answer that cannot be carried: that call is hung up, and its status is 488.
    """
    ports = engine.reserve_port()
    local = local_audio(ports.host, ports.port, plan.media, rng)
    offer = make_offer(local, rng.getrandbits(31), 1)
    began = trio.current_time()
    observer("calling", {"to": str(plan.target)})
    try:
        session = await agent.invite(
            plan.target,
            from_uri=plan.from_uri,
            offer=offer,
            headers=plan.headers,
            ring_timeout_s=plan.ring_timeout_s,
        )
    except InviteFailed as failure:
        ports.release()
        elapsed = (trio.current_time() - began) * 1000
        refused = "no answer" if failure.status in (408, 480, 487) else "refused"
        call_id = "" if failure.response is None else failure.response.call_id
        return PlacedCall(
            CallReport(str(plan.target), call_id, None, None, elapsed, refused, failure.status), b""
        )
    except BaseException:
        ports.release()
        raise
    try:
        return await _talk(session, engine, ports, plan, offer, rng=rng, observer=observer, began=began)
    finally:
        # Whatever went wrong, nobody is left in a session without a leg.
        with trio.move_on_after(_GOODBYE_S, shield=True):
            await session.hangup()


async def _talk(
    session: Session,
    engine: MediaEngine,
    ports: PortPair,
    plan: CallPlan,
    offer: SessionDescription,
    *,
    rng: Random,
    observer: Observer,
    began: float,
) -> PlacedCall:
    """The answered call; takes over `ports`."""
    answered = trio.current_time()
    observer("answered", {"sip_call_id": session.sip_call_id, "ms": round((answered - began) * 1000, 1)})
    assert session.answer is not None, "an established session has been described"
    try:
        accepted = accept_answer(offer, session.answer, srtp=SrtpUse(plan.media.srtp))
    except NoCommonCodec as error:
        ports.release()
        observer("unusable", {"detail": error.detail})
        elapsed, why = (answered - began) * 1000, "no common codec"
        return PlacedCall(
            CallReport(str(plan.target), session.sip_call_id, None, None, elapsed, why, error.status_hint),
            b"",
        )
    parameters = LegParameters(
        remote=accepted.remote,
        format=media_format(accepted),
        ssrc=new_ssrc(rng),
        barge_in=BargeInPolicy.OFF,
        record=True,
        echo_guard=False,  # what comes back is what is measured
    )
    observer("agreed", summary(accepted))
    async with engine.open_leg(parameters, ports=ports) as leg:
        progress = _Progress(Listener(leg.rate_hz))
        await _converse(session, leg, plan, progress, observer)
        ended = trio.current_time()
    while frames := leg.read_recording():
        progress.step(frames)
    return _placed(session, plan, progress, _network(leg), (began, answered, ended), leg.rate_hz)


async def _converse(
    session: Session, leg: Leg, plan: CallPlan, progress: _Progress, observer: Observer
) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_follow_events, leg, progress)
        nursery.start_soon(_follow_audio, leg, progress)
        nursery.start_soon(_follow_session, session, progress, nursery.cancel_scope)
        with trio.move_on_after(plan.max_s):
            for index, (line, clip) in enumerate(plan.lines):
                await _wait_for_cue(line, leg, plan, progress)
                observer("plays", {"clip": clip.name, "cue": line.cue.name.lower()})
                await _play(leg, index, line, clip, progress)
            await _wait_for_silence(leg, plan.linger_s, plan.linger_s + plan.turn_timeout_s, progress)
            await session.hangup()
        nursery.cancel_scope.cancel()


async def _follow_events(leg: Leg, progress: _Progress) -> None:
    while True:
        event: LegEvent = await leg.next_event()
        if isinstance(event, Mark):
            progress.marks[event.mark_id] = event.timeline


async def _follow_audio(leg: Leg, progress: _Progress) -> None:
    while True:
        progress.step(leg.read_recording())
        await trio.sleep(_STEP_S)


async def _follow_session(session: Session, progress: _Progress, scope: trio.CancelScope) -> None:
    ended = await session.wait_ended()
    progress.ended_by = "them" if ended.by_remote else "us"
    scope.cancel()


def _floor(progress: _Progress) -> int:
    return progress.played[-1].stop if progress.played else 0


async def _wait_for_cue(line: Line, leg: Leg, plan: CallPlan, progress: _Progress) -> None:
    after = int(line.seconds * PHONE_RATE_HZ)
    match line.cue:
        case Cue.TURN:
            await _wait_for_silence(leg, plan.turn_gap_s, plan.turn_timeout_s, progress)
        case Cue.ANSWER:
            while leg.timeline < after:
                await progress.next_step()
        case Cue.SPEECH:
            with trio.move_on_after(plan.turn_timeout_s):
                while (began := progress.listener.speaking_since(_floor(progress))) is None:
                    await progress.next_step()
                while leg.timeline < began + after:
                    await progress.next_step()


async def _wait_for_silence(leg: Leg, gap_s: float, timeout_s: float, progress: _Progress) -> None:
    gap = int(gap_s * PHONE_RATE_HZ)
    with trio.move_on_after(timeout_s) as limit:
        while not progress.listener.silent_for(gap, _floor(progress)):
            if progress.listener.last_heard is not None and progress.listener.last_heard > _floor(progress):
                limit.deadline = trio.current_time() + timeout_s  # it is speaking: the limit is on silence
            await progress.next_step()


async def _play(leg: Leg, index: int, line: Line, clip: Clip, progress: _Progress) -> None:
    await leg.write(clip.at(leg.rate_hz), leg.epoch)
    leg.mark_nowait(index)
    with trio.move_on_after(clip.seconds + _MARK_WAIT_S):
        while index not in progress.marks:
            await progress.next_step()
    stop = progress.marks.get(index, leg.timeline)
    start = max(0, stop - round(clip.seconds * PHONE_RATE_HZ))
    progress.played.append(PlayedClip(clip.name, start, stop, line.cue is not Cue.TURN))


def _network(leg: Leg) -> Network:
    stats = leg.stats()
    return Network(
        received=stats.received,
        lost=stats.lost,
        duplicate=stats.duplicate,
        late=stats.late,
        max_gap_ms=stats.max_gap_ms,
        gaps_over_40_ms=stats.gaps_over_40_ms,
        jitter_ms=stats.jitter_ms,
    )


def _placed(
    session: Session,
    plan: CallPlan,
    progress: _Progress,
    network: Network,
    times: tuple[float, float, float],
    rate_hz: int,
) -> PlacedCall:
    began, answered, ended = times
    stereo = bytes(progress.frames)
    tracks = np.frombuffer(stereo, dtype="<i2").reshape(-1, 2)
    received, sent = (at_phone_rate(track, rate_hz) for track in (tracks[:, 0], tracks[:, 1]))
    turns: list[Turn] = measure_turns(received, sent, progress.played)
    heard = first_audible(received)
    report = CallReport(
        target=str(plan.target),
        sip_call_id=session.sip_call_id,
        answered_ms=round((answered - began) * 1000, 1),
        first_audio_ms=None if heard is None else heard * 1000 / PHONE_RATE_HZ,
        duration_ms=round((ended - answered) * 1000, 1),
        ended_by=progress.ended_by,
        sip_status=200,
        turns=tuple(turns),
        network=network,
    )
    return PlacedCall(report, stereo, rate_hz)
