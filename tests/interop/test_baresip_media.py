"""baresip calls with every codec and with SDES-SRTP: what each side said is what the other one recorded."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from aywa_server.child import Child
from tests.kit.baresip import Account, open_baresip
from tests.kit.correlation import faithful_s, load
from tests.kit.interop import require
from tests.kit.recordings import recording_path
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end

pytestmark = [pytest.mark.interop, pytest.mark.live]

SPEECH = "demo-congrats"
TALK_S = 11.0
SPEAKS_AT_S = 5.5  # after the assistant's first sentence
# Waveform codecs, and Opus, which models the voice.
FAITHFUL, OPUS_FAITHFUL = 0.97, 0.85
AT_LEAST_S = 2.0

# The account and the codec that the timeline names.
CALLS = {
    "pcmu": (Account(), "PCMU"),
    "g722": (Account("g722/16000/1", rate_hz=16000), "G722"),
    "opus": (Account("opus/48000/2", rate_hz=48000, channels=2), "opus"),
    "pcma-srtp": (Account("pcma/8000/1", "srtp-mand"), "PCMA"),
    "g722-srtp": (Account("g722/16000/1", "srtp-mand", rate_hz=16000), "G722"),
    "opus-srtp": (Account("opus/48000/2", "srtp-mand", rate_hz=48000, channels=2), "opus"),
}


def _write_microphone(path: Path, account: Account) -> None:
    command = ["sox", str(recording_path(SPEECH)), "-r", str(account.rate_hz), "-c", str(account.channels)]
    command += [str(path), "trim", "0", "5", "pad", str(SPEAKS_AT_S), "20"]
    subprocess.run(command, check=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one call."""

    agreed: dict[str, Any]
    caller_s: float  # so much of what the assistant said is in what the phone recorded
    assistant_s: float  # so much of what the phone said is in the call's recording

    def __str__(self) -> str:
        heard = f"the caller hears {self.caller_s:.1f} s, the assistant {self.assistant_s:.1f} s"
        return f"{self.agreed['codec']}, SRTP {self.agreed['srtp']}: {heard}"


async def _call(runtime: Child, folder: Path, name: str, found: dict[str, Heard]) -> None:
    account, codec = CALLS[name]
    least = OPUS_FAITHFUL if codec == "opus" else FAITHFUL
    microphone = folder / f"{name}.wav"
    _write_microphone(microphone, account)
    async with open_baresip(folder / name, microphone, account) as phone:
        await phone.command("dial", f"sip:{name}@127.0.0.1:{runtime.sip_port}")
        await phone.wait_for("CALL_ESTABLISHED", 20)
        await trio.sleep(TALK_S)
        calls = await runtime.get("/call?limit=100")
        call_id = next(call["id"] for call in calls if call["toUri"].startswith(f"sip:{name}@"))
        await phone.command("hangup")
        await phone.wait_for("CALL_CLOSED", 10)
        ended = await wait_for_end(runtime, call_id)
        heard = load(phone.heard())
    recording = Path(ended["artifact"]["recordingPath"])
    timeline = await runtime.get(f"/call/{call_id}/timeline")
    agreed = next(entry["data"] for entry in timeline["timeline"] if entry["kind"] == "call.answered")
    said, came = load(recording, channel=2), load(recording, channel=1)
    found[name] = Heard(agreed, faithful_s(said, heard, least), faithful_s(load(microphone), came, least))


async def test_every_codec_and_srtp_carries_both_voices(tmp_path: Path) -> None:
    require("baresip", "sox")
    found: dict[str, Heard] = {}
    settings = runtime_settings(tmp_path / "data")
    async with open_runtime_process(settings) as runtime, trio.open_nursery() as calls:
        for name in CALLS:
            calls.start_soon(_call, runtime, tmp_path, name, found)
    for name, (account, codec) in CALLS.items():
        heard = found[name]
        print(f"{name:<10} {heard}")
        assert heard.agreed["codec"] == codec
        assert (heard.agreed["srtp"] is not None) == bool(account.srtp)
        assert min(heard.caller_s, heard.assistant_s) >= AT_LEAST_S, name
