"""One mode, or one peer: starts it, lets all callers call, and judges what they heard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random

import trio

from bench.peers.process import VENV
from bench.turns.caller import Heard
from bench.turns.dial import Dial, open_peer_dial, open_sip_dial
from bench.turns.dialogue import Dialogue
from bench.turns.figures import Run
from bench.turns.hearing import Hearing
from bench.turns.judge import Judge
from bench.turns.line import STALL_S
from bench.turns.modes import Mode, Peer
from bench.turns.outcome import Outcome
from bench.turns.simulation import Simulation
from bench.turns.trace import Trace, read_traces
from bench.turns.voice import say
from tests.kit.ports import free_port

_TRIES = 3  # a port that was free a moment ago may have been taken
_ROOT = Path(__file__).parents[2]
_STOP_S = 20.0
_JUDGES = os.cpu_count() or 1
_RTP_PORTS = ("30000", "32766")


class StartError(Exception):
    """Who is to be measured did not start; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Load:
    """The dialogues of a run and how many go on at the same time."""

    dialogues: Sequence[Dialogue]
    at_once: int
    seed: int
    stall_s: float = STALL_S  # see `Line`


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
        "RUNTIME_AI_DISCLOSURE": "false",
    }
    if mode.assistant:
        path = folder / "assistant.json"
        path.write_text(json.dumps(mode.assistant), encoding="utf-8")
        variables["RUNTIME_ASSISTANT"] = str(path)
    return variables | dict(mode.environ)


def run_mode(mode: Mode, load: Load, folder: Path) -> Run:
    """Carry out the dialogues against the runtime. Raises StartError when it does not start."""
    for attempt in range(_TRIES):
        try:
            return _run_mode(mode, load, folder)
        except StartError:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("returned or raised")


def _run_mode(mode: Mode, load: Load, folder: Path) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    sip_port, stt_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    command = [sys.executable, "-m", "bench.turns.runtime", str(folder / "log"), str(stt_port)]
    rng = Random(load.seed)
    outcomes = _run(
        command, environment(mode, folder, sip_port), open_sip_dial(sip_port, rng), stt_port, load
    )
    return Run(mode.name, mode.what, *outcomes)


def run_peer(peer: Peer, load: Load, folder: Path) -> Run:
    """The same against another system. Raises StartError when it is not installed or does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    python = VENV / "bin" / "python"
    if not python.exists():
        raise StartError(f"there is no {python}: scripts/bench_peers.sh installs the peers")
    port = free_port(socket.SOCK_DGRAM)
    command = [str(python), "-m", peer.module, peer.variant, str(folder / "log"), str(port)]
    variables = os.environ | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"}
    return Run(peer.name, peer.what, *_run(command, variables, open_peer_dial(port), port, load))


def _run(
    command: Sequence[str],
    environ: Mapping[str, str],
    dial: AbstractAsyncContextManager[Dial],
    stt_port: int,
    load: Load,
) -> tuple[list[Outcome], int, list[str], float, int]:
    """As a `Run` has them: outcomes, dialogues, why some failed, how late a frame left, acts left out."""
    log = Path(command[-2])
    errors = log.with_suffix(".stderr")
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            command, env=environ, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink
        )
        assert process.stdout is not None
        try:
            if process.stdout.readline() != b"ready\n":
                raise StartError(errors.read_text(errors="replace")[-2000:])
            simulation = Simulation(dial, stt_port, Random(load.seed))
            heard = trio.run(simulation.run, list(load.dialogues), load.at_once, load.stall_s)
        finally:
            _stop(process)
    failed = [each.failed for each in heard if each.failed]
    outcomes, left_out = judged(heard, read_traces(log))
    return outcomes, len(heard), failed, 1000 * simulation.latest_s, left_out


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def judged(calls: Sequence[Heard], traces: dict[str, Trace]) -> tuple[list[Outcome], int]:
    """Every act of every call, and how many were left out because the machine stood still."""
    work = [(heard, traces.get(heard.dialogue.id, Trace([]))) for heard in calls]
    outcomes: list[Outcome] = []
    left_out = 0
    with get_context("spawn").Pool(_JUDGES) as pool:
        for found, missing in pool.starmap(judge_call, work, chunksize=8):
            outcomes += found
            left_out += missing
    return outcomes, left_out


def judge_call(heard: Heard, trace: Trace) -> tuple[list[Outcome], int]:
    """One call's outcomes, and how many of its acts were left out."""
    dialogue = heard.dialogue
    phrases = [say(dialogue.language, dialogue.id, text) for text in trace.spoken]
    judge = Judge(heard, Hearing(heard.packets, phrases), trace)
    return list(judge.outcomes()), judge.left_out
