"""One mode: starts a runtime with it, lets all callers call, and judges what they heard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import trio

from bench.turns.caller import Heard
from bench.turns.dialogue import Dialogue
from bench.turns.figures import Run
from bench.turns.hearing import Hearing
from bench.turns.judge import Judge
from bench.turns.modes import Mode
from bench.turns.outcome import Outcome
from bench.turns.simulation import Simulation
from bench.turns.trace import Trace, read_traces
from bench.turns.voice import say
from tests.kit.ports import free_port

START_S = 60.0
_STOP_S = 20.0
_RTP_PORTS = ("30000", "32766")


def environment(mode: Mode, folder: Path, sip_port: int) -> dict[str, str]:
    """The variables of a runtime in this mode, whatever this process has of its own."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("RUNTIME_")}
    variables |= {
        "RUNTIME_SIP_PORT": str(sip_port),
        "RUNTIME_HTTP_PORT": str(free_port()),
        "RUNTIME_RTP_PORT_MIN": _RTP_PORTS[0],
        "RUNTIME_RTP_PORT_MAX": _RTP_PORTS[1],
        "RUNTIME_DATA_DIR": str(folder / "data"),
        "RUNTIME_API_KEY": "bench-key-0123456789abcdef",
        "RUNTIME_RECORD": "false",
    }
    if mode.assistant:
        path = folder / "assistant.json"
        path.write_text(json.dumps(mode.assistant), encoding="utf-8")
        variables["RUNTIME_ASSISTANT"] = str(path)
    return variables | dict(mode.environ)


def run_mode(mode: Mode, dialogues: Sequence[Dialogue], at_once: int, seed: int, folder: Path) -> Run:
    """Carry out the dialogues. Raises RuntimeError when the runtime does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    sip_port, stt_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    log = folder / "log.jsonl"
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.turns.runtime", str(log), str(stt_port)],
            env=environment(mode, folder, sip_port),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert process.stdout is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError((folder / "stderr").read_text(errors="replace")[-2000:])
            simulation = Simulation(sip_port, stt_port, seed)
            heard = trio.run(simulation.run, list(dialogues), at_once)
        finally:
            _stop(process)
    outcomes = judged(heard, read_traces(log))
    failed = [each.failed for each in heard if each.failed]
    return Run(mode.name, mode.what, outcomes, len(heard), failed, 1000 * simulation.latest_s)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def judged(calls: Sequence[Heard], traces: dict[str, Trace]) -> list[Outcome]:
    """Every act of every call."""
    outcomes: list[Outcome] = []
    for heard in calls:
        dialogue = heard.dialogue
        trace = traces.get(dialogue.id, Trace([]))
        phrases = [say(dialogue.language, dialogue.id, text) for text in trace.spoken]
        outcomes += Judge(heard, Hearing(heard.packets, phrases), trace).outcomes()
    return outcomes
