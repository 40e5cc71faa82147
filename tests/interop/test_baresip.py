"""baresip as a foreign caller: a recorded human books a room through somebody else's SIP stack."""

import subprocess
from pathlib import Path

import pytest
import trio

from tests.kit.baresip import open_baresip
from tests.kit.interop import require
from tests.kit.recordings import recording_path
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.paired]

# The words and the second of the call at which each begins. A phone that plays a file cannot wait for its
# turn, so this is a timetable: the second word falls into the assistant's question, the others after answers.
TIMETABLE = (("digits/day-5", 6.5), ("digits/3", 9.2), ("auth-thankyou", 22.0), ("vm-goodbye", 28.5))
LENGTH_S = 40.0


def _write_microphone(path: Path) -> None:
    mixed = ["sox", "-m"]
    for name, at in TIMETABLE:
        mixed += ["-v", "1", f"|sox {recording_path(name)} -r 8000 -c 1 -b 16 -t wav - pad {at} 0"]
    subprocess.run([*mixed, str(path), "pad", "0", str(LENGTH_S)], check=True)


def _peak(path: Path) -> float:
    level = subprocess.run(["sox", str(path), "-n", "stat"], check=True, capture_output=True, text=True)
    line = next(line for line in level.stderr.splitlines() if line.startswith("Maximum amplitude"))
    return float(line.split()[-1])


async def test_a_recorded_human_books_a_room_through_baresip(tmp_path: Path) -> None:
    require("baresip", "sox")
    _write_microphone(tmp_path / "microphone.wav")
    async with open_runtime_process(runtime_settings(tmp_path / "data")) as runtime:
        async with open_baresip(tmp_path / "baresip", tmp_path / "microphone.wav") as phone:
            await phone.command("dial", f"sip:1000@127.0.0.1:{runtime.sip_port}")
            await phone.wait_for("CALL_ESTABLISHED", 10)
            live = await wait_for_status(runtime, "in-progress")
            with trio.move_on_after(LENGTH_S + 15):
                await phone.wait_for("CALL_CLOSED", LENGTH_S + 20)
            ended = await wait_for_end(runtime, live["id"])
            heard = phone.heard()
        slots = ended["artifact"]["variableValues"]
        assert (slots["day"], slots["nights"]) == ("Friday", 3)
        assert ended["endedReason"] == "assistant-ended-call"
        said = [line["message"] for line in ended["artifact"]["messages"] if line["role"] == "user"]
        assert said == ["friday", "three", "thank you", "goodbye"]
        cut = [line for line in ended["artifact"]["messages"] if line.get("interrupted")]
        assert len(cut) == 1, "the caller talked over one sentence"
    assert _peak(heard) > 0.1
