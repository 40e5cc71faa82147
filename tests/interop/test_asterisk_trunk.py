"""Asterisk calls the runtime by the trunks of docs/asterisk: every codec, TLS with SRTP, hold and resume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from aywa_server.child import Child
from tests.kit.asterisk import TRUNK_HOST, Asterisk, channel_to
from tests.kit.baresip import Account, open_baresip
from tests.kit.correlation import Match, best_match, load
from tests.kit.interop import require
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end

pytestmark = [pytest.mark.interop, pytest.mark.live]

# The channel that the call takes, what the timeline names, whether there is SRTP, and the least likeness.
LINES = {
    "trunk": ("PCMU", False, 0.99),
    "pcma": ("PCMA", False, 0.99),
    "g722": ("G722", False, 0.97),
    "opus": ("opus", False, 0.85),
    "tls": ("PCMU", True, 0.99),
    "sdes": ("PCMA", True, 0.99),
}


def settings_beside(asterisk: Asterisk, folder: Path) -> dict[str, str]:
    """A runtime where the documented trunks look for it."""
    return runtime_settings(
        folder / "data",
        RUNTIME_SIP_HOST=TRUNK_HOST,
        RUNTIME_SIP_PORT=str(asterisk.ports.trunk),
        RUNTIME_SIP_TLS_PORT=str(asterisk.ports.tls_trunk),
        RUNTIME_SIP_TLS_CERT=str(asterisk.key("runtime")),
        RUNTIME_SIP_TLS_CA=str(asterisk.key("ca")),
    )


def channel(asterisk: Asterisk, line: str) -> str:
    """The channel that reaches the runtime by this line; the called number says which it was."""
    match line:
        case "trunk":
            return "Local/8000trunk@phones"  # by the documented dialplan
        case "tls":
            return "PJSIP/8000tls@aywa-tls"
    return channel_to(line, TRUNK_HOST, asterisk.ports.trunk, f"8000{line}")


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one call."""

    agreed: dict[str, Any]
    pbx: Match  # what the assistant said, in what Asterisk recorded
    assistant: Match  # what Asterisk said, in the call's recording


async def called(runtime: Child, user: str) -> dict[str, Any]:
    """The call to this number, once the runtime has it."""
    with trio.fail_after(15):
        while True:
            for call in await runtime.get("/call?limit=100"):
                if call["toUri"].startswith((f"sip:{user}@", f"<sip:{user}@")):
                    return dict(call)
            await trio.sleep(0.1)


async def converse(asterisk: Asterisk, runtime: Child, line: str, found: dict[str, Heard]) -> None:
    await asterisk.originate(channel(asterisk, line), f"talk{line}")
    call = await called(runtime, f"8000{line}")
    ended = await wait_for_end(runtime, call["id"], seconds=25)
    assert ended["endedReason"] == "customer-ended-call"
    recording = Path(ended["artifact"]["recordingPath"])
    timeline = (await runtime.get(f"/call/{call['id']}/timeline"))["timeline"]
    agreed = next(entry["data"] for entry in timeline if entry["kind"] == "call.answered")
    prompt = load(asterisk.prompt("demo-congrats"))[: 4 * 8000]
    found[line] = Heard(
        agreed,
        best_match(load(recording, channel=2), load(asterisk.recording(line))),
        best_match(prompt, load(recording, channel=1)),
    )


async def test_every_line_carries_both_voices(asterisk: Asterisk, tmp_path: Path) -> None:
    require("sox")
    found: dict[str, Heard] = {}
    async with (
        open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime,
        trio.open_nursery() as nursery,
    ):
        for line in LINES:
            nursery.start_soon(converse, asterisk, runtime, line, found)
    for line, (codec, secure, least) in LINES.items():
        heard = found[line]
        print(
            f"{line:<6} {heard.agreed['codec']:<5} {heard.agreed['srtp'] or 'RTP':<25}"
            f" Asterisk hears {heard.pbx.likeness:.4f}, the assistant {heard.assistant.likeness:.4f}"
        )
        assert heard.agreed["codec"] == codec
        assert (heard.agreed["srtp"] is not None) is secure
        assert min(heard.pbx.likeness, heard.assistant.likeness) > least, line


async def test_a_telephone_holds_and_resumes_the_assistant(asterisk: Asterisk, tmp_path: Path) -> None:
    """Asterisk passes the hold on by a re-INVITE; the sentence goes on where it stopped."""
    require("baresip", "sox")
    microphone = tmp_path / "silence.wav"
    await trio.run_process(f"sox -n -r 8000 -c 1 -b 16 {microphone} trim 0 30".split())
    account = Account(user="1001", password="secret1001")
    async with (
        open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime,
        open_baresip(tmp_path / "phone", microphone, account) as phone,
    ):
        await phone.command("dial", f"sip:kepthold@127.0.0.1:{asterisk.ports.sip}")
        await phone.wait_for("CALL_ESTABLISHED", 15)
        call = await called(runtime, "8000hold")
        await trio.sleep(1.5)
        await phone.command("hold")
        await trio.sleep(2)
        await phone.command("resume")
        await trio.sleep(5)
        await phone.command("hangup")
        await phone.wait_for("CALL_CLOSED", 10)
        ended = await wait_for_end(runtime, call["id"])
        timeline = (await runtime.get(f"/call/{call['id']}/timeline"))["timeline"]
    changes = [entry["data"]["direction"] for entry in timeline if entry["kind"] == "media.renegotiated"]
    assert changes == ["recvonly", "sendrecv"]
    recording = Path(ended["artifact"]["recordingPath"])
    resumed = next(entry["atMs"] for entry in timeline if entry["data"].get("direction") == "sendrecv")
    said = load(recording, channel=2)[8 * resumed :]
    heard = best_match(said, load(asterisk.recording("hold")))
    print(f"after the hold {heard.likeness:.4f}")
    assert heard.likeness > 0.99
    spoken = [entry["data"] for entry in timeline if entry["kind"] == "turn.assistant"]
    assert [turn["interrupted"] for turn in spoken] == [False]


async def test_asterisk_is_held_by_an_operator_and_taken_back(asterisk: Asterisk, tmp_path: Path) -> None:
    """Our re-INVITEs: it answers `sendonly` with `recvonly`, hears the noise on hold, and sends again."""

    async def renegotiated(runtime: Child, call_id: str, count: int) -> list[str]:
        with trio.fail_after(5):
            while True:
                timeline = (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]
                found = [e["data"]["direction"] for e in timeline if e["kind"] == "media.renegotiated"]
                if len(found) >= count:
                    return found
                await trio.sleep(0.1)

    async with open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime:
        await asterisk.originate(channel(asterisk, "trunk"), "talktrunk")
        call = await called(runtime, "8000trunk")
        control = f"/call/{call['id']}/control"
        await trio.sleep(2)  # the assistant speaks
        await runtime.post(control, {"type": "control", "control": "hold"})
        assert await renegotiated(runtime, call["id"], 1) == ["sendonly"]
        await trio.sleep(1)
        await runtime.post(control, {"type": "control", "control": "resume"})
        assert await renegotiated(runtime, call["id"], 2) == ["sendonly", "sendrecv"]
        await runtime.post(control, {"type": "end-call"})
        ended = await wait_for_end(runtime, call["id"], seconds=10)
    assert ended["endedReason"] == "manually-canceled"
