"""Asterisk in a folder of its own, on ports of its own, with the configuration of docs/asterisk.

The runtime of a test lives where that configuration looks for it: at `TRUNK_HOST`, on the ports `trunk` (UDP)
and `tls_trunk`. Whoever calls from another address is known by the user in From: 7000, and the endpoints of
tests/kit/asterisk_conf/pjsip.conf. Calls of Asterisk to any other address name it: `channel_to`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import SOCK_DGRAM

import trio
import trustme

from tests.kit.interop import paced
from tests.kit.peers import foreign, library_folder
from tests.kit.ports import free_port, free_udp_range

TRUNK_HOST, TLS_HOST = "127.0.0.9", "127.0.0.10"
CARRIED_HOST = "127.0.0.11"  # of a runtime that is a carrier's customer
STREAM_PASSWORD = "change-this-password"  # in docs/asterisk/websocket_client.conf
_DOCUMENTED = Path(__file__).parents[2] / "docs/asterisk"
_OWN = Path(__file__).with_name("asterisk_conf")
_RTP_PORTS = 400
_START_S = 30.0
_STOP_S = 10.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class AsteriskPorts:
    """All on loopback. `trunk`, `tls_trunk`, `audiosocket`, `websocket`: where those who call look."""

    sip: int = field(default_factory=lambda: free_port(SOCK_DGRAM))
    tls: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    audiosocket: int = field(default_factory=free_port)
    websocket: int = field(default_factory=free_port)
    trunk: int = field(default_factory=lambda: free_port(SOCK_DGRAM))
    tls_trunk: int = field(default_factory=free_port)
    rtp: int = field(default_factory=lambda: free_udp_range(_RTP_PORTS))


@dataclass(frozen=True, slots=True)
class Asterisk:
    """A running Asterisk. `folder` holds its configuration, its log, `keys` and `recorded`."""

    root: Path
    folder: Path
    ports: AsteriskPorts
    command: list[str]

    def console(self, words: str) -> str:
        """What Asterisk's console answers."""
        command = [*self.command, "-rx", words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    async def ask(self, words: str) -> str:
        """The same, while others go on."""
        return await trio.to_thread.run_sync(self.console, words)

    async def wait_for(self, words: str, answer: str, *, seconds: float = 10.0, gone: bool = False) -> str:
        """Ask until the answer holds `answer` (or no longer, if `gone`); what was answered last."""
        said = ""
        with trio.move_on_after(seconds):
            while (answer in (said := await self.ask(words))) is gone:  # noqa: ASYNC110 - a console tells nothing by itself
                await trio.sleep(_POLL_S)
            return said
        raise AssertionError(f"{words!r} answers {said!r}; {answer!r} was awaited")

    async def variable(self, name: str, *, seconds: float = 10.0) -> str:
        """The global variable that a dialplan sets, once it has."""
        said = await self.wait_for("dialplan show globals", f" {name}=", seconds=seconds)
        return said.partition(f" {name}=")[2].splitlines()[0]

    async def originate(self, channel: str, extension: str) -> None:
        """Have Asterisk call: whoever answers on `channel` is at this extension of the context `tests`."""
        await self.ask(f"channel originate {channel} extension {extension}@tests")

    async def wait_quiet(self, *, seconds: float = 10.0) -> None:
        """Return when no channel is left."""
        await self.wait_for("core show channels count", "0 active channels", seconds=seconds)

    def recording(self, name: str) -> Path:
        """What a dialplan recorded under this name: what Asterisk heard."""
        return self.folder / "recorded" / f"{name}.wav"

    def prompt(self, name: str) -> Path:
        """What Playback speaks."""
        return self.root / f"usr/share/asterisk/sounds/en/{name}.wav"

    def key(self, name: str) -> Path:
        """A PEM file: `ca`, `asterisk` and `runtime` (each a key and its certificate)."""
        return self.folder / "keys" / f"{name}.pem"


def channel_to(endpoint: str, host: str, port: int, user: str = "8000") -> str:
    """The channel that calls somebody by an endpoint of Asterisk's."""
    return f"PJSIP/{endpoint}/sip:{user}@{host}:{port}"


def _documented(name: str, changes: dict[str, str], *, skip_to: str = "") -> str:
    """A file of docs/asterisk with other addresses; each that is changed must stand in it."""
    text = (_DOCUMENTED / name).read_text()
    for old, new in changes.items():
        assert old in text, f"docs/asterisk/{name} has no {old!r}"
        text = text.replace(old, new)
    return text[text.index(skip_to) :]


def _pjsip(ports: AsteriskPorts, folder: Path) -> str:
    """The three documented ways to connect, and what the tests add."""
    udp, trunk = "bind = 127.0.0.1:5060", "contact = sip:127.0.0.1:5080"
    known = "match = 127.0.0.1"
    # A trunk that is not asked is always called: a question that the runtime of one test left unanswered
    # would take the trunk out of service for the next one.
    asked = {"qualify_frequency = 10": "qualify_frequency = 0"}
    return "\n".join(
        (
            _documented(
                "pjsip.conf",
                {
                    udp: f"bind = 127.0.0.1:{ports.sip}",
                    trunk: f"contact = sip:{TRUNK_HOST}:{ports.trunk}",
                    known: f"match = {TRUNK_HOST}",
                    **asked,
                },
            ),
            # Its transport is the trunk's.
            _documented("pjsip-registered.conf", {}, skip_to="[7000]"),
            _documented(
                "pjsip-tls.conf",
                {
                    "bind = 127.0.0.1:5061": f"bind = 127.0.0.1:{ports.tls}",
                    "contact = sip:127.0.0.1:5081": f"contact = sip:{TRUNK_HOST}:{ports.tls_trunk}",
                    known: f"match = {TLS_HOST}",
                    **asked,
                    "/etc/asterisk/keys/asterisk.crt": f"{folder}/keys/asterisk.pem",
                    "/etc/asterisk/keys/asterisk.key": f"{folder}/keys/asterisk.pem",
                    "/etc/asterisk/keys/ca.crt": f"{folder}/keys/ca.pem",
                },
            ),
            (_OWN / "pjsip.conf").read_text(),
        )
    )


def _write_configuration(root: Path, folder: Path, ports: AsteriskPorts) -> None:
    filled = {
        "FOLDER": str(folder),
        "ROOT": str(root),
        "MODULES": str(library_folder(root) / "asterisk/modules"),
        "TRUNK": f"{TRUNK_HOST}:{ports.trunk}",
        "SIP": str(ports.sip),
        "HTTP": str(ports.http),
        "RTP_FIRST": str(ports.rtp),
        "RTP_LAST": str(ports.rtp + _RTP_PORTS - 1),
    }
    for path in _OWN.glob("*.conf"):
        text = path.read_text()
        for name, value in filled.items():
            text = text.replace(f"@{name}@", value)
        (folder / path.name).write_text(text)
    lines = _documented("extensions.conf", {})
    streams = _documented("extensions-streams.conf", {"127.0.0.1:9092": f"127.0.0.1:{ports.audiosocket}"})
    with (folder / "extensions.conf").open("a") as file:
        file.write(f"{lines}\n[from-aywa](+)\ninclude => tests\n")
        file.write(streams.replace("[phones]", "[phones](+)"))
    (folder / "pjsip.conf").write_text(_pjsip(ports, folder))
    client = _documented("websocket_client.conf", {"127.0.0.1:8787": f"127.0.0.1:{ports.websocket}"})
    stranger = client.replace("[aywa]", "[stranger]").replace(STREAM_PASSWORD, "another-password-than-it")
    (folder / "websocket_client.conf").write_text(client + stranger)


def _write_keys(folder: Path) -> None:
    """An authority, and what it says about both sides."""
    folder.mkdir()
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name, hosts in (("asterisk", ("127.0.0.1",)), ("runtime", (TRUNK_HOST, TLS_HOST, CARRIED_HOST))):
        ca.issue_cert(*hosts).private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))


@contextmanager
def open_asterisk(root: Path, folder: Path) -> Iterator[Asterisk]:
    """Start the Asterisk below `root` in `folder`, wait until it takes calls, and stop it by its pid."""
    ports = AsteriskPorts()
    (folder / "recorded").mkdir()
    _write_keys(folder / "keys")
    _write_configuration(root, folder, ports)
    command = [*foreign(root, "usr/sbin/asterisk"), "-C", str(folder / "asterisk.conf")]
    with (folder / "console.log").open("wb") as log:
        process = subprocess.Popen(paced([*command, "-f"]), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_booted(process, command, folder)
        yield Asterisk(root, folder, ports, command)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_S)


def _wait_booted(process: subprocess.Popen[bytes], command: list[str], folder: Path) -> None:
    for _ in range(round(_START_S / _POLL_S)):
        asked = subprocess.run([*command, "-rx", "core waitfullybooted"], capture_output=True, check=False)
        if b"fully booted" in asked.stdout:
            return
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"Asterisk did not start:\n{(folder / 'console.log').read_text()[-3000:]}")
