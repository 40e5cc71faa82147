"""rtpengine as a relay in userspace: half of the phones call the other half through it.

A call there is two legs, and a leg is what our call is at the sockets: a packet in and a packet out in every
20 ms. It forwards what it receives; it decodes nothing, detects nothing and feeds no Python.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shutil import which

from bench.peers.ng import NgClient, NgError, Value
from bench.peers.process import PeerError, open_process
from tests.kit.ports import free_port

_PORTS = (10000, 29999)  # below those that the phones get
_AUDIO = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)
_PINGS = 50
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Relay:
    """A running rtpengine; `ports` is where each phone's packets go to."""

    pid: int
    version: str
    ports: list[int]


def _sdp(port: int) -> str:
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
    )


def _audio_port(answer: dict[bytes, Value]) -> int:
    sdp = answer.get(b"sdp")
    match = _AUDIO.search(sdp) if isinstance(sdp, bytes) else None
    if match is None:
        raise NgError(f"no audio in {sdp!r}")
    return int(match[1])


def _connect(client: NgClient, number: int, caller: int, callee: int) -> tuple[int, int]:
    """One call between two phones; where each of them must send."""
    call = {"call_id": f"bench-{number}", "from_tag": f"a{number}"}
    options: dict[str, object] = {"ICE": "remove", "replace": ["origin"], "rtcp_mux": ["demux"]}
    offered = client.ask("offer", sdp=_sdp(caller), **call, **options)
    answered = client.ask("answer", sdp=_sdp(callee), to_tag=f"b{number}", **call, **options)
    return _audio_port(answered), _audio_port(offered)


@contextmanager
def open_relay(phones: list[int]) -> Iterator[Relay]:
    """rtpengine between the phones of these ports, two by two. Raises PeerError when it is not installed or
    does not do it.
    """
    path = which("rtpengine")
    if path is None:
        raise PeerError("there is no rtpengine: scripts/bench_peers.sh installs rtpengine-daemon")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = (said.stdout + said.stderr).strip().removeprefix("Version: ")
    port = free_port(socket.SOCK_DGRAM)
    command = [path, "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--interface=127.0.0.1"]
    command += [f"--listen-ng=127.0.0.1:{port}", f"--port-min={_PORTS[0]}", f"--port-max={_PORTS[1]}"]
    # Real-time like our engine, and one thread for the one core.
    command += ["--scheduling=fifo", "--priority=20", "--num-threads=1", "--delete-delay=0"]
    with open_process(command, stderr=subprocess.DEVNULL) as process:
        client = NgClient(port)
        try:
            _await(client)
            half = len(phones) // 2
            pairs = [
                _connect(client, number, phones[number], phones[half + number]) for number in range(half)
            ]
        except NgError as error:
            raise PeerError(f"rtpengine: {error}") from error
        finally:
            client.close()
        yield Relay(process.pid, version, [near for near, _ in pairs] + [far for _, far in pairs])


def _await(client: NgClient) -> None:
    """Until it answers."""
    pause = threading.Event()
    for attempt in range(_PINGS):
        try:
            client.ask("ping")
            return
        except NgError:
            if attempt == _PINGS - 1:
                raise
            pause.wait(_PAUSE_S)
