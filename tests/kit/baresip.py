"""baresip as a headless phone: plays a WAV as its microphone, keeps what it hears, obeys over TCP."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import SOCK_DGRAM

import trio

from tests.kit.interop import paced
from tests.kit.ports import free_port, free_udp_range

_MODULE_DIRS = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")
_MODULES = ("stdio", "g711", "g722", "opus", "srtp", "aufile", "aubridge", "sndfile", "uuid")
_APPLICATIONS = ("account", "menu", "ctrl_tcp")


@dataclass
class Baresip:
    """A running baresip and its control connection."""

    folder: Path
    control: trio.SocketStream
    events: list[dict[str, object]] = field(default_factory=list)
    _buffer: bytes = b""

    async def command(self, name: str, parameters: str = "") -> None:
        """Send one command; its answer arrives among the events."""
        body = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        await self.control.send_all(b"%d:%b," % (len(body), body))

    async def wait_for(self, kind: str, seconds: float) -> dict[str, object]:
        """The next event of this type."""
        with trio.fail_after(seconds):
            while True:
                event = await self._next()
                if event.get("type") == kind:
                    return event

    async def _next(self) -> dict[str, object]:
        while True:
            head, colon, rest = self._buffer.partition(b":")
            if colon and len(rest) > int(head):
                self._buffer = rest[int(head) + 1 :]
                event: dict[str, object] = json.loads(rest[: int(head)])
                self.events.append(event)
                return event
            data = await self.control.receive_some(65536)
            assert data, "baresip closed its control connection"
            self._buffer += data

    def heard(self) -> Path:
        """The WAV of what this phone received."""
        return next(iter(sorted((self.folder / "rec").glob("dump-*-dec.wav"))))


@dataclass(frozen=True, slots=True)
class Account:
    """How this phone calls: `codec` as baresip names it; `srtp`: its `mediaenc`, "srtp-mand" for SDES.

    With a `password` it answers challenges, as `user`.
    """

    codec: str = "pcmu/8000/1"
    srtp: str = ""
    rate_hz: int = 8000
    channels: int = 1
    user: str = "guest"
    password: str = ""

    def __str__(self) -> str:
        parts = [f"<sip:{self.user}@127.0.0.1>", "regint=0", f"audio_codecs={self.codec}"]
        if self.password:
            parts += [f"auth_user={self.user}", f"auth_pass={self.password}"]
        return ";".join(parts + ([f"mediaenc={self.srtp}"] if self.srtp else []))


def _write_configuration(
    folder: Path, sip_port: int, control_port: int, microphone: Path, account: Account
) -> None:
    modules = next(path for path in _MODULE_DIRS if Path(path).is_dir())
    rtp = free_udp_range(16)
    lines = [
        f"sip_listen 127.0.0.1:{sip_port}",
        "net_interface 127.0.0.1",
        f"audio_source aufile,{microphone}",
        "audio_player aubridge,sink",
        "audio_alert aubridge,alert",
        *(f"{name}_srate {account.rate_hz}" for name in ("ausrc", "auplay")),
        *(f"{name}_channels {account.channels}" for name in ("ausrc", "auplay")),
        *(f"{name}_format s16" for name in ("ausrc", "auplay", "auenc", "audec")),
        "audio_txmode thread",
        f"rtp_ports {rtp}-{rtp + 15}",
        "jitter_buffer_delay 1-5",
        f"module_path {modules}",
        *(f"module {name}.so" for name in _MODULES),
        *(f"module_app {name}.so" for name in _APPLICATIONS),
        f"ctrl_tcp_listen 127.0.0.1:{control_port}",
        f"snd_path {folder / 'rec'}",
        "ringback_disabled yes",
        "menu_bell no",
    ]
    (folder / "rec").mkdir(parents=True)
    (folder / "config").write_text("\n".join(lines) + "\n")
    (folder / "accounts").write_text(f"{account}\n")
    (folder / "contacts").write_text("")


@asynccontextmanager
async def open_baresip(
    folder: Path, microphone: Path, account: Account = Account()
) -> AsyncIterator[Baresip]:
    """Start baresip in `folder` with `microphone` (a WAV at the account's rate, played from the start)."""
    control_port = free_port()
    _write_configuration(folder, free_port(SOCK_DGRAM), control_port, microphone, account)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            paced(["baresip", "-f", str(folder)]), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        with trio.fail_after(15):
            while True:
                try:
                    stream = await trio.open_tcp_stream("127.0.0.1", control_port)
                    break
                except OSError:
                    assert process.poll() is None, (folder / "log").read_text()
                    await trio.sleep(0.05)
        async with stream:
            yield Baresip(folder, stream)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
