"""A whole worker calls somebody: what he hears, what the record says, and what a worker will not do."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import trio

from aywa.call.dial import DialRefused, DialRequest
from aywa.call.outbound import CallOrder
from aywa.call.state import CallState
from aywa.dialling.usage import LimitReached
from aywa.errors import EndCode, EndSide
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallStatus, CallType
from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer
from aywa.runtime import open_runtime
from aywa.settings import DialLimits, DialSettings, Settings, SipSettings, TrunkDialling, TrunkSettings
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import UserAgent, open_user_agent
from tests.kit.postgres import data_dir
from tests.runtime.test_opening import hear, settings_in

__all__ = ["data_dir"]
pytestmark = pytest.mark.live
NUMBER = "+493012345678"


class Callee:
    """Somebody with a telephone: rings a moment, is heard before he answers, and listens."""

    def __init__(self, rtp: trio.socket.SocketType, *, status: int = 200) -> None:
        self.called: list[IncomingCall] = []
        self.heard: list[bytes] = []
        self.done = trio.Event()
        self._rtp = rtp
        self._status = status

    async def answer(self, call: IncomingCall) -> None:
        """Take the call."""
        self.called.append(call)
        await call.ring()
        if self._status != 200:
            await call.reject(self._status)
            return
        assert call.offer is not None
        host, port = self._rtp.getsockname()
        accepted = accept_offer(call.offer, LocalAudio(host, port), session_id=7)
        await call.progress(accepted.answer)
        await self._rtp.connect(accepted.remote)
        early = await hear(self._rtp, 25)
        session = await call.answer(accepted.answer)
        self.heard = await hear(self._rtp, 150, first=25)
        assert {packet[12:] for packet in early} == {b"\xff" * 160}  # nothing is said before the answer
        await session.hangup()
        self.done.set()


@asynccontextmanager
async def open_callee(*, status: int = 200) -> AsyncIterator[tuple[UserAgent, Callee]]:
    """On a port of its own."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as rtp:
        await rtp.bind(("127.0.0.1", 0))
        callee = Callee(rtp, status=status)
        async with open_user_agent(SipSettings(port=0), rng=Random(5), on_call=callee.answer) as agent:
            yield agent, callee


def settings_for(data_dir: Path, agent: UserAgent) -> Settings:
    """A worker that may call this one in Germany."""
    server = f"sip:127.0.0.1:{agent.local[1]}"
    trunk = TrunkSettings("carrier", dial=TrunkDialling(server, callers=("+4930990",)))
    settings = settings_in(data_dir)
    return replace(
        settings,
        sip=replace(settings.sip, named_trunks=(trunk,)),
        dial=DialSettings("49", ("+49",), per_key=DialLimits(concurrent=1)),
    )


async def test_a_call_out_converses_and_is_recorded(data_dir: Path) -> None:
    async with open_callee() as (agent, callee):
        async with open_runtime(settings_for(data_dir, agent), rng=Random(1)) as runtime:
            request = DialRequest("030 12345678", early_media=True, ring_timeout_s=20, owner="key")
            row = await runtime.place(CallOrder(request, "Erika Mustermann"))
            assert (await runtime.store.of(DEFAULT_ORGANIZATION).get_call(row.id)) is not None
            with trio.fail_after(30):
                await callee.done.wait()
            (live,) = runtime.live_calls() or [None]
            if live is not None:
                await live.over.wait()
            ended = await runtime.store.of(DEFAULT_ORGANIZATION).get_call(row.id)
            entries = await runtime.store.of(DEFAULT_ORGANIZATION).timeline(row.id)
            lines = await runtime.store.of(DEFAULT_ORGANIZATION).transcript(row.id)
            load = runtime.engine.load()
        (call,) = callee.called
        assert str(call.to).startswith("<sip:+493012345678@127.0.0.1")
        assert "+4930990" in str(call.from_)
    assert ended is not None
    assert (ended.type, ended.status) == (CallType.OUTBOUND, CallStatus.ENDED)
    assert ended.sip_call_id == call.sip_call_id
    assert ended.end_reason is not None
    assert (ended.end_reason.code, ended.end_reason.side) == (EndCode.CUSTOMER_HANGUP, EndSide.CALLER)
    kinds = [entry.kind for entry in entries]
    order = ["call.created", "dial.attempt", "dial.ringing", "dial.early_media", "dial.answered"]
    assert list(dict.fromkeys(kind for kind in kinds if kind in order)) == order  # 180 and 183 both ring
    assert lines[0].role == "assistant"
    assert len({packet[12:] for packet in callee.heard}) > 50  # speech, not silence
    assert ended.recording_path is not None
    with wave.open(ended.recording_path) as recording:
        assert recording.getnframes() / recording.getframerate() > 3.3  # early media too
    assert load.legs == 0


async def test_a_busy_line_and_a_country_that_is_not_listed(data_dir: Path) -> None:
    async with (
        open_callee(status=486) as (agent, callee),
        open_runtime(settings_for(data_dir, agent), rng=Random(1)) as runtime,
    ):
        for destination in ("+33123456789", "+49900123456", "112", "sip:100@127.0.0.1"):
            with pytest.raises(DialRefused):
                await runtime.place(CallOrder(DialRequest(destination)))
        assert not callee.called
        row = await runtime.place(CallOrder(DialRequest(NUMBER)))
        live = runtime.table.get(row.id)
        if live is not None:
            with trio.fail_after(10):
                await live.over.wait()
            assert live.state is CallState.ENDED
        ended = await runtime.store.of(DEFAULT_ORGANIZATION).get_call(row.id)
        assert runtime.dial_refusals() == {"destination-not-allowed": 4}
    assert ended is not None
    assert ended.end_reason is not None
    assert (ended.end_reason.code, ended.end_reason.sip_status) == (EndCode.BUSY, 486)


async def test_the_limits_of_a_day_outlast_a_restart(data_dir: Path) -> None:
    async with open_callee(status=486) as (agent, callee):
        settings = settings_for(data_dir, agent)
        settings = replace(settings, dial=replace(settings.dial, per_key=DialLimits(per_day=1)))
        for _ in range(2):
            async with open_runtime(settings, rng=Random(1)) as runtime:
                if not callee.called:
                    row = await runtime.place(CallOrder(DialRequest(NUMBER, owner="key")))
                    live = runtime.table.get(row.id)
                    if live is not None:
                        await live.over.wait()
                with pytest.raises(LimitReached):
                    await runtime.place(CallOrder(DialRequest(NUMBER, owner="key")))
    assert len(callee.called) == 1
