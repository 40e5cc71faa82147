"""`aywa-media` as a child process on free loopback ports."""

import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from aywa_server.child import COMMAND, Child, open_child
from tests.kit.ports import free_port, free_udp_range
from tests.kit.postgres import copy_cluster

API_KEY = "test-key-0123456789abcdef"


def runtime_settings(data_dir: Path, **overrides: str) -> dict[str, str]:
    """The settings of a runtime that collides with nobody."""
    first = free_udp_range(256)
    return {
        "RUNTIME_HTTP_PORT": str(free_port()),
        "RUNTIME_SIP_PORT": str(free_port(socket.SOCK_DGRAM)),
        "RUNTIME_RTP_PORT_MIN": str(first),
        "RUNTIME_RTP_PORT_MAX": str(first + 255),
        "RUNTIME_DATA_DIR": str(data_dir),
        "RUNTIME_API_KEY": API_KEY,
        # What most of these calls are about is neither: test_consent_live.py runs on the defaults.
        "RUNTIME_RECORD": "true",
        "RUNTIME_AI_DISCLOSURE": "false",
        **overrides,
    }


def wide_rtp_range(count: int) -> dict[str, str]:
    """Settings for so many RTP ports: more calls one after the other than the usual 128."""
    first = free_udp_range(count)
    return {"RUNTIME_RTP_PORT_MIN": str(first), "RUNTIME_RTP_PORT_MAX": str(first + count - 1)}


def rtp_ports(settings: Mapping[str, str]) -> range:
    """The ports this runtime sends RTP from."""
    return range(int(settings["RUNTIME_RTP_PORT_MIN"]), int(settings["RUNTIME_RTP_PORT_MAX"]) + 1)


@asynccontextmanager
async def open_runtime_process(
    settings: Mapping[str, str], *, command: Sequence[str] = COMMAND
) -> AsyncIterator[Child]:
    """Start it, wait until it is ready, stop it with SIGTERM at the end."""
    data_dir = Path(settings["RUNTIME_DATA_DIR"])
    await trio.to_thread.run_sync(copy_cluster, data_dir)
    async with open_child(settings, data_dir.with_suffix(".log"), command=command) as child:
        yield child


async def wait_for_status(child: Child, status: str, *, seconds: float = 30) -> dict[str, Any]:
    """The newest call that has this status."""
    with trio.fail_after(seconds):
        while True:
            for call in await child.get("/call"):
                if call["status"] == status:
                    return dict(call)
            await trio.sleep(0.1)


async def wait_for_end(child: Child, call_id: str, *, seconds: float = 10) -> dict[str, Any]:
    """This call, once it has ended."""
    with trio.fail_after(seconds):
        while True:
            call = await child.get(f"/call/{call_id}")
            if call["status"] == "ended":
                return dict(call)
            await trio.sleep(0.1)
