"""All callers of a run: dials them over real SIP, some at a time, and returns what they heard."""

from __future__ import annotations

import socket
from random import Random

import trio

from aywa.caller.session import PLAIN_MEDIA
from aywa.ids import new_ssrc
from aywa.media.negotiated import local_audio
from aywa.proto.sdp.offer_answer import accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua.errors import InviteFailed
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.cli_call import decline
from bench.turns.caller import Caller, Heard
from bench.turns.dialogue import Dialogue
from bench.turns.line import Line

_GOODBYE_S = 5.0
_CALL_BOUND_S = 90.0
_APART_S = 0.04  # between two INVITEs


class Simulation:
    """Callers of one runtime at `sip_port`, whose recogniser listens at `stt_port`."""

    def __init__(self, sip_port: int, stt_port: int, seed: int) -> None:
        self._sip_port = sip_port
        self._stt = ("127.0.0.1", stt_port)
        self._rng = Random(seed)
        self._tell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.latest_s = 0.0

    async def run(self, dialogues: list[Dialogue], at_once: int) -> list[Heard]:
        """Every dialogue once."""
        waiting, heard = list(dialogues), list[Heard]()
        line = Line()
        sip = SipSettings(port=0, trunks=(), user_agent="aywa bench")

        async def caller(delay_s: float) -> None:
            await trio.sleep(delay_s)
            while waiting:
                heard.append(await self._call(waiting.pop(0), line, agent))

        try:
            async with (
                open_user_agent(sip, rng=self._rng, on_call=decline) as agent,
                trio.open_nursery() as clock,
            ):
                clock.start_soon(line.serve)
                async with trio.open_nursery() as nursery:
                    for number in range(min(at_once, len(dialogues))):
                        nursery.start_soon(caller, number * _APART_S)
                clock.cancel_scope.cancel()
        finally:
            self.latest_s = line.latest_s
            line.close()
            self._tell.close()
        return heard

    async def _call(self, dialogue: Dialogue, line: Line, agent: UserAgent) -> Heard:
        over = trio.Event()
        caller = Caller(dialogue, lambda message: self._tell_recogniser(message), over.set)
        offer = make_offer(
            local_audio("127.0.0.1", line.port, PLAIN_MEDIA, self._rng), self._rng.getrandbits(31), 1
        )
        target = parse_uri(f"sip:{dialogue.id}@127.0.0.1:{self._sip_port}")
        try:
            session = await agent.invite(target, from_uri=parse_uri("sip:turns@127.0.0.1"), offer=offer)
        except InviteFailed as failure:
            caller.result.failed = f"refused {failure.status}"
            return caller.result
        try:
            assert session.answer is not None, "an established session has been described"
            accepted = accept_answer(offer, session.answer)
            assert accepted.remote is not None, "the answer says where it listens"
            line.join(accepted.remote, caller, new_ssrc(self._rng))
            try:
                with trio.move_on_after(_CALL_BOUND_S) as bound:
                    async with trio.open_nursery() as nursery:

                        async def watch() -> None:
                            await session.wait_ended()
                            caller.result.failed = "hung up by the runtime"
                            over.set()

                        nursery.start_soon(watch)
                        await over.wait()
                        nursery.cancel_scope.cancel()
                if bound.cancelled_caught:
                    caller.result.failed = "did not come to its end"
            finally:
                line.leave(accepted.remote)
        finally:
            with trio.move_on_after(_GOODBYE_S, shield=True):
                await session.hangup()
        return caller.result

    def _tell_recogniser(self, message: bytes) -> None:
        self._tell.sendto(message, self._stt)
