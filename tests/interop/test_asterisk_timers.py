"""Asterisk with `timers=required` and an interval of 90 s: each side refreshes a call beyond its interval.

Needs root and `AYWA_ASTERISK_ROOT`, the folder that scripts/prove_asterisk.sh builds. Takes 100 s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
import trio

from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer, make_offer
from aywa.proto.sip.session_timer import State
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, Session, UserAgent, open_user_agent
from tests.kit.interop import require_root
from tests.kit.ports import free_port
from tests.kit.sip_agents import ALICE_URI

pytestmark = [pytest.mark.interop, pytest.mark.live]
TALK_S = 100  # beyond the interval: without a refresh Asterisk would have hung up
FOLDER = "etc/aywa-timers"
LOCAL = LocalAudio("127.0.0.1", 16404)
FILES = {
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
    "rtp.conf": "[general]\nrtpstart=13000\nrtpend=13200\n",
    "extensions.conf": "[all]\nexten => echo,1,Answer()\n same => n,Echo()\n",
    "pjsip.conf": """[t]
type=transport
protocol=udp
bind=127.0.0.1:{asterisk}
[aywa]
type=endpoint
transport=t
context=all
aors=aywa
disallow=all
allow=ulaw
timers=required
timers_min_se=90
timers_sess_expires=90
[aywa]
type=aor
contact=sip:127.0.0.1:{ours}
[aywa]
type=identify
endpoint=aywa
match=127.0.0.1
""",
}


@asynccontextmanager
async def asterisk(root: Path, port: int, ours: int) -> AsyncIterator[list[str]]:
    """Asterisk in its folder; the beginning of a command for its console."""
    modules = next((root / "usr/lib").glob("*/asterisk/modules"))
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        filled = text.replace("{folder}", FOLDER).replace("{modules}", f"/{modules.relative_to(root)}")
        filled = filled.replace("{asterisk}", str(port)).replace("{ours}", str(ours))
        (folder / name).write_text(filled)
    command = ["chroot", str(root), "/usr/sbin/asterisk", "-C", f"/{FOLDER}/asterisk.conf"]
    process = subprocess.Popen([*command, "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with trio.fail_after(30):
            while b"fully booted" not in await ask(command, "core waitfullybooted"):  # noqa: ASYNC110
                await trio.sleep(0.2)
        yield command
    finally:
        process.terminate()
        process.wait()


async def ask(command: list[str], words: str) -> bytes:
    done = await trio.run_process(
        [*command, "-rx", words], capture_stdout=True, capture_stderr=True, check=False
    )
    return bytes(done.stdout)


async def test_each_side_keeps_a_call_alive_beyond_the_interval() -> None:
    require_root("chroot")
    if not os.environ.get("AYWA_ASTERISK_ROOT"):
        pytest.skip("AYWA_ASTERISK_ROOT names no folder with Asterisk")
    root, port = Path(os.environ["AYWA_ASTERISK_ROOT"]), free_port()
    taken: list[Session] = []

    async def on_call(call: IncomingCall) -> None:
        assert call.offer is not None
        session = await call.answer(accept_offer(call.offer, LOCAL).answer)
        session.on_offer = lambda offered: accept_offer(offered, LOCAL).answer
        taken.append(session)
        await session.wait_ended()

    settings = SipSettings(host="127.0.0.1", port=0, session_interval_s=90)
    async with open_user_agent(settings, rng=Random(1), on_call=on_call) as agent:
        async with asterisk(root, port, agent.local[1]) as command:
            await hold_two_calls(agent, command, port, taken)
        assert agent.counters[0].faults == agent.counters[0].broken == 0


async def hold_two_calls(agent: UserAgent, command: list[str], port: int, taken: list[Session]) -> None:
    target = Uri("sip", "echo", host="127.0.0.1", port=port)
    ours = await agent.invite(target, from_uri=ALICE_URI, offer=make_offer(LOCAL, 1, 1))
    await ask(command, "channel originate PJSIP/aywa extension echo@all")
    with trio.fail_after(10):
        while not taken:  # noqa: ASYNC110
            await trio.sleep(0.1)
    roles = {usage.clock.state for usage in agent.endpoint.core.sessions}
    print(f"roles: {[usage.clock.state.name for usage in agent.endpoint.core.sessions]}")
    assert State.OFF not in roles
    assert {usage.clock.interval_s for usage in agent.endpoint.core.sessions} == {90}
    await trio.sleep(TALK_S)
    assert ours.ended is None
    assert taken[0].ended is None
    assert b"2 active channels" in await ask(command, "core show channels count")
    await ours.hangup()
    await taken[0].hangup()
