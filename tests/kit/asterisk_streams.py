"""Asterisk whose calls reach the runtime over AudioSocket and websockets, by docs/asterisk."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.kit.interop import require_root
from tests.kit.ports import free_port, free_udp_range

PASSWORD = "change-this-password"
FOLDER = "etc/aywa-streams"
_DOCUMENTED = Path(__file__).parents[2] / "docs/asterisk"
_CONSOLE_S = 20.0
_FILES = {
    "asterisk.conf": """[directories]
astetcdir => /{folder}
astmoddir => {modules}
astvarlibdir => /var/lib/asterisk
astdbdir => /{folder}
astdatadir => /usr/share/asterisk
astspooldir => /var/spool/asterisk
astrundir => /{folder}
astlogdir => /{folder}
""",
    "modules.conf": """[modules]
autoload=yes
noload=chan_iax2.so
noload=chan_unistim.so
noload=pbx_dundi.so
""",
    "logger.conf": "[general]\n[logfiles]\nconsole => notice,warning,error\n",
    "rtp.conf": "[general]\nrtpstart={rtp}\nrtpend={rtp_last}\n",
    "http.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={http}\n",
    "chan_websocket.conf": "[global]\ncontrol_message_format = plain-text\n",
}
# People who call: they record what they hear, speak, press keys, hang up or wait to be hung up on.
_PEOPLE = """
; The same websocket channel, otherwise than documented.
[variants]
exten => ws-ulaw,1,Dial(WebSocket/aywa/c(ulaw)n,30)
exten => ws-answered,1,Dial(WebSocket/aywa/c(slin),30)
exten => ws-g722,1,Dial(WebSocket/aywa/c(g722)nf(json),30)
exten => ws-opus,1,Dial(WebSocket/aywa/c(opus)n,30)
 same => n,Set(GLOBAL(OPUS)=${DIALSTATUS})
exten => ws-refused,1,Dial(WebSocket/stranger/c(slin16)n,30)
 same => n,Set(GLOBAL(STRANGER)=${DIALSTATUS})

[people]
exten => _speak.,1,Answer()
 same => n,Set(TIMEOUT(absolute)=13)
 same => n,MixMonitor(/tmp/aywa-mix-${EXTEN:5}.wav,r(/tmp/aywa-heard-${EXTEN:5}.wav))
 same => n,Playback(silence/6)
 same => n,Playback(demo-congrats)
exten => _press.,1,Answer()
 same => n,Wait(3)
 same => n,SendDTMF(1379*0#,300,160)
 same => n,Wait(2)
 same => n,Hangup()
exten => _wait.,1,Answer()
 same => n,Wait(60)
exten => _book.,1,Answer()
 same => n,Wait(9)
 same => n,Playback(digits/day-5)
 same => n,Wait(8)
 same => n,Playback(digits/3)
 same => n,Wait(10)
 same => n,Playback(vm-goodbye)
 same => n,Wait(8)
 same => n,Hangup()
"""


@dataclass(frozen=True, slots=True)
class StreamAsterisk:
    """A running Asterisk. `root` is its root folder."""

    root: Path
    command: list[str]

    async def ask(self, words: str) -> str:
        """What its console answers."""
        with trio.fail_after(_CONSOLE_S):
            done = await trio.run_process(
                [*self.command, "-rx", words], capture_stdout=True, capture_stderr=True, check=False
            )
        return bytes(done.stdout).decode()

    async def call(self, extension: str, person: str) -> None:
        """Somebody, an extension of `people`, is put through to `extension`, which names its context."""
        await self.ask(f"channel originate Local/{extension} extension {person}@people")

    async def wait_quiet(self, seconds: float = 10.0) -> None:
        """Return when no channel is left."""
        with trio.fail_after(seconds):
            while "0 active channels" not in await self.ask("core show channels count"):  # noqa: ASYNC110
                await trio.sleep(0.2)

    async def variable(self, name: str, seconds: float = 10.0) -> str:
        """A global variable that a dialplan sets, once it has."""
        with trio.fail_after(seconds):
            while f" {name}=" not in (said := await self.ask("dialplan show globals")):  # noqa: ASYNC110
                await trio.sleep(0.2)
        return said.partition(f" {name}=")[2].splitlines()[0]

    def heard(self, name: str) -> Path:
        """What the person of this name heard."""
        return self.root / f"tmp/aywa-heard-{name}.wav"

    def prompt(self, name: str) -> Path:
        """What Playback speaks."""
        return self.root / f"usr/share/asterisk/sounds/en_US_f_Allison/{name}.wav"


def asterisk_root() -> Path:
    """The folder with Asterisk; skips the test where there is none."""
    require_root("chroot")
    root = os.environ.get("AYWA_ASTERISK_ROOT")
    if not root:
        pytest.skip("AYWA_ASTERISK_ROOT names no folder with Asterisk")
    return Path(root)


def stream_settings() -> dict[str, str]:
    """What the runtime needs to be told."""
    return {
        "RUNTIME_AUDIOSOCKET_PORT": str(free_port()),
        "RUNTIME_ASTERISK_WS_PORT": str(free_port()),
        "RUNTIME_ASTERISK_WS_PASSWORD": PASSWORD,
    }


@asynccontextmanager
async def open_stream_asterisk(root: Path, settings: Mapping[str, str]) -> AsyncIterator[StreamAsterisk]:
    """Asterisk in its folder, beside a runtime of these settings."""
    _write_configuration(root, settings)
    command = ["chroot", str(root), "/usr/sbin/asterisk", "-C", f"/{FOLDER}/asterisk.conf"]
    with (root / FOLDER / "console.log").open("wb") as log:
        process = subprocess.Popen([*command, "-f"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    asterisk = StreamAsterisk(root, command)
    try:
        with trio.fail_after(30):
            while "fully booted" not in await asterisk.ask("core waitfullybooted"):  # noqa: ASYNC110
                await trio.sleep(0.2)
        yield asterisk
    finally:
        process.terminate()
        process.wait()


def _write_configuration(root: Path, settings: Mapping[str, str]) -> None:
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    modules = next((root / "usr/lib").glob("*/asterisk/modules"))
    rtp = free_udp_range(200)
    filled = {
        "folder": FOLDER,
        "modules": f"/{modules.relative_to(root)}",
        "rtp": str(rtp),
        "rtp_last": str(rtp + 199),
        "http": str(free_port()),
    }
    for name, text in _FILES.items():
        for field, value in filled.items():
            text = text.replace(f"{{{field}}}", value)
        (folder / name).write_text(text)
    dialplan = (_DOCUMENTED / "extensions-streams.conf").read_text()
    assert dialplan.count("127.0.0.1:9092") == 2
    dialplan = dialplan.replace("127.0.0.1:9092", f"127.0.0.1:{settings['RUNTIME_AUDIOSOCKET_PORT']}")
    (folder / "extensions.conf").write_text(dialplan + _PEOPLE)
    client = (_DOCUMENTED / "websocket_client.conf").read_text()
    assert "127.0.0.1:8787" in client
    client = client.replace("127.0.0.1:8787", f"127.0.0.1:{settings['RUNTIME_ASTERISK_WS_PORT']}")
    stranger = client.replace("[aywa]", "[stranger]").replace(PASSWORD, "another-password-than-it")
    (folder / "websocket_client.conf").write_text(client + stranger)
