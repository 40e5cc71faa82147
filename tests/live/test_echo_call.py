"""A phone that returns what it hears, against `aywa-media`: what the call's record and capture say of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import trio

from aywa._native.g711 import decode_ulaw, encode_ulaw
from tests.kit.engine_rig import Packet
from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.tcpdump import read_pcap

pytestmark = [pytest.mark.live, pytest.mark.paired]

LISTENED_S = 5.0
LATE_PACKETS = 6  # 120 ms
LOSS_DB = 18.0


async def _return_what_comes(call: PlainCall) -> None:
    """Each packet that comes sends the one that came six before, quieter."""
    gain = 10 ** (-LOSS_DB / 20)
    waiting = [np.zeros(160, np.int16)] * LATE_PACKETS
    while True:
        packet = Packet.of(await call.media.recv(2048))
        waiting.append(np.frombuffer(decode_ulaw(packet.payload), np.int16))
        back = np.rint(waiting.pop(0) * gain).astype("<i2")
        await call.send(call.packet(encode_ulaw(back.tobytes())))


async def test_the_api_says_how_our_speech_came_back_and_has_every_packet(tmp_path: Path) -> None:
    settings = runtime_settings(tmp_path / "var", RUNTIME_MEDIA_PCAP="headers")
    async with open_runtime_process(settings) as runtime:
        async with open_plain_call(runtime.sip_port) as call:
            with trio.move_on_after(LISTENED_S):
                await _return_what_comes(call)
            call_id = (await runtime.get("/call"))[0]["id"]
            asked = {"type": "capture", "mode": "headers"}
            await runtime.client.post(f"/call/{call_id}/control", json=asked)
        ended = await wait_for_end(runtime, call_id)
        media = ended["media"]
        timeline = (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]
    # The packet times of either side, and on a loaded machine the moments between them.
    assert 120 <= media["echo"]["delayMs"] <= 180
    assert media["echo"]["returnLossDb"] == pytest.approx(LOSS_DB, abs=2)
    kinds = [item["kind"] for item in timeline]
    assert "turn.yield" not in kinds
    pcap = Path(ended["artifact"]["pcapPath"])
    text = "\n".join(read_pcap(pcap, "-A", "udp", "port", str(runtime.sip_port)))
    lines = re.findall(r"(INVITE|ACK|BYE) sip:|SIP/2\.0 (\d{3}) ", text)
    assert [method or status for method, status in lines] == ["INVITE", "180", "200", "ACK", "BYE", "200"]
    assert "<sip:xxxxx@127.0.0.1>" in text  # plain@
    assert "plain@" not in text
    assert len(read_pcap(pcap)) > 400
