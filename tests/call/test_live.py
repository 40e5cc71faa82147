"""A call over real SIP and RTP on loopback: the real user agent and engine, with fake providers."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import pytest
import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.table import CallTable, open_call_table
from aywa.errors import EndCode
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.negotiated import media_format
from aywa.proto.sdp.attributes import direction_of
from aywa.proto.sdp.offer_answer import Direction, LocalAudio, accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import MediaSettings, SipSettings
from aywa.turn.states import State
from aywa.ua.session import Session
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import UserAgent, open_user_agent
from tests.kit.call_world import RECORDED, happens
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeSynthesizer, FakeTranscriber, says
from tests.kit.fake_store import FakeRecordings, FakeStore
from tests.kit.recordings import read_recording, require_recordings

pytestmark = pytest.mark.live


class Rig:
    """A runtime without HTTP, and a caller."""

    def __init__(self, model: FakeModel) -> None:
        self.stt = FakeTranscriber()
        self.tts = FakeSynthesizer()
        self.model = model
        self.store = FakeStore()
        self.recordings = FakeRecordings()

    def dependencies(self, engine: MediaEngine) -> CallDependencies:
        return CallDependencies(
            engine=engine,
            transcriber=self.stt,
            model=self.model,
            synthesizer=self.tts,
            scenario=FakeScenario(),
            store=self.store,
            recordings=self.recordings,
            settings=RECORDED,
            rng=Random(2),
            clock=lambda: datetime.now(UTC),
            observer=lambda entry: None,
        )

    @asynccontextmanager
    async def call(self) -> AsyncIterator[tuple[CallTable, Session, Leg]]:
        """An answered call: the table, the caller's session and the caller's leg."""
        media = MediaSettings(rtp_port_min=28_000, rtp_port_max=28_200, realtime=False, port_quarantine_s=0)
        tables: list[CallTable] = []

        async def take(call: IncomingCall) -> None:
            await tables[0].take_incoming(call)

        async with (
            open_media_engine(media, rng=Random(1)) as engine,
            open_user_agent(SipSettings(port=0), rng=Random(3), on_call=take) as callee,
            open_call_table(self.dependencies(engine)) as table,
            open_user_agent(SipSettings(port=0), rng=Random(4), on_call=take) as caller,
        ):
            tables.append(table)
            async with dial(engine, caller, callee) as (session, leg):
                yield table, session, leg


@asynccontextmanager
async def dial(
    engine: MediaEngine, caller: UserAgent, callee: UserAgent
) -> AsyncIterator[tuple[Session, Leg]]:
    """Call the table as a phone would."""
    ports = engine.reserve_port()
    offer = make_offer(LocalAudio(ports.host, ports.port), 1, 1)
    target = parse_uri(f"sip:hotel@{callee.local[0]}:{callee.local[1]}")
    session = await caller.invite(target, from_uri=parse_uri("sip:guest@127.0.0.1"), offer=offer)
    assert session.answer is not None
    agreed = accept_answer(offer, session.answer)
    parameters = LegParameters(
        agreed.remote,
        media_format(agreed),
        ssrc=7,
        barge_in=BargeInPolicy.OFF,
        record=True,
    )
    async with engine.open_leg(parameters, ports=ports) as leg:
        yield session, leg


async def listen(leg: Leg, heard: bytearray) -> None:
    """Keep what the caller's leg records."""
    while True:
        await trio.sleep(0.1)
        heard += b"".join(iter(leg.read_recording, b""))


def audible_ms(recording: bytearray) -> float:
    """How much of the left channel (what came from the other side) can be heard."""
    samples = array("h")
    samples.frombytes(recording)
    return sum(abs(sample) > 4000 for sample in samples[::2]) / 8


@pytest.mark.parametrize("understood", [False, True])
async def test_an_interruption_over_the_wire(understood: bool) -> None:
    """A human voice cuts the tone; without words it goes on to its last sample, with words it does not."""
    require_recordings()
    rig = Rig(FakeModel(says("Sixty characters are three seconds of a tone to be heard here"), says("Yes.")))
    heard = bytearray()
    with trio.fail_after(30):
        async with rig.call() as (table, session, leg), trio.open_nursery() as nursery:
            nursery.start_soon(listen, leg, heard)
            (live,) = table.live()
            manager = live.conversation.manager
            await happens(lambda: manager.state is State.SPEAKING)
            await trio.sleep(0.8)
            rig.stt.words.append("tomorrow" if understood else "")
            voice = read_recording("digits/day-5")
            assert await leg.write(voice, leg.epoch)
            await happens(lambda: manager.state is State.YIELDED)
            cut_at = manager.ledger.played
            await happens(lambda: manager.state is not State.YIELDED)
            if understood:
                await happens(lambda: len(rig.model.requests) == 2)
                await happens(lambda: manager.state is State.SPEAKING)
            else:
                assert manager.ledger.played == cut_at
            await happens(lambda: manager.state is State.LISTENING)
            await trio.sleep(0.3)
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await session.hangup()
                await live.over.wait()
    row = live.row
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.CUSTOMER_HANGUP
    spoken_ms = sum(len(text) for text in rig.tts.spoken) * 50
    if understood:
        assert audible_ms(heard) < spoken_ms - 1000
        (first, second) = [line for line in live.transcript.since(0) if line.role == "assistant"]
        assert first.interrupted
        assert "Sixty characters are three".startswith(first.text[:10])
        assert second.text == "Yes."
    else:
        fades_ms = (
            25  # it dies away and leads in again; the end of the one and the start of the other are faint
        )
        assert spoken_ms - 1 <= audible_ms(heard) <= spoken_ms + fades_ms
    sink = rig.recordings.sinks[live.id]
    assert sink.closed
    assert len(sink.frames) > 4 * 8000 * 3


async def test_a_hold_over_the_wire_loses_no_sample_of_what_is_said() -> None:
    """`sendonly` in mid-sentence: no packet comes until `sendrecv`, then the rest of the tone does."""
    rig = Rig(FakeModel(says("Sixty characters are three seconds of a tone to be heard here")))
    heard = bytearray()
    with trio.fail_after(30):
        async with rig.call() as (table, session, leg), trio.open_nursery() as nursery:
            nursery.start_soon(listen, leg, heard)
            (live,) = table.live()
            manager = live.conversation.manager
            await happens(lambda: manager.state is State.SPEAKING)
            await trio.sleep(0.5)
            reinvite(session, leg, Direction.SENDONLY, 2)
            await happens(lambda: direction_of(session.answer, session.answer.media[0]) is Direction.RECVONLY)
            await trio.sleep(0.1)
            received = leg.stats().received
            await trio.sleep(1)
            assert leg.stats().received == received
            assert manager.state is State.SPEAKING
            reinvite(session, leg, Direction.SENDRECV, 3)
            await happens(lambda: manager.state is State.LISTENING)
            await trio.sleep(0.3)
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await session.hangup()
                await live.over.wait()
    assert audible_ms(heard) == pytest.approx(sum(len(text) for text in rig.tts.spoken) * 50, abs=1.0)
    (line,) = [line for line in live.transcript.since(0) if line.role == "assistant"]
    assert not line.interrupted


def reinvite(session: Session, leg: Leg, direction: Direction, version: int) -> None:
    """Offer the same stream again with another direction."""
    offer = make_offer(LocalAudio(leg.local_host, leg.local_port), 1, version, direction)
    session._usage.offer(offer.encode(), trio.current_time())
    session._endpoint.apply(session._usage)
