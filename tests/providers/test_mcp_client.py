"""Our client of the Model Context Protocol against the reference server of its makers, over real HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
import trio

from aywa.errors import OutboundError, OutboundFault
from aywa.outbound.client import open_outbound
from aywa.ports.llm import ToolCall
from aywa.ports.tools import McpAccess
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.mcp.client import McpClient

pytestmark = pytest.mark.live
ORG = UUID(int=3)
PATHS = {"json": "/mcp", "shttp": "/mcp", "sse": "/sse"}


@asynccontextmanager
async def served(kind: str) -> AsyncIterator[McpAccess]:
    command = [sys.executable, "-m", "tests.kit.mcp_server", kind]
    process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        with trio.fail_after(60):
            port = int(await process.stdout.receive_some(16))
        yield McpAccess(f"http://127.0.0.1:{port}{PATHS[kind]}", (("X-Own", "1"),), kind == "sse")
    finally:
        process.send_signal(signal.SIGKILL)
        with trio.CancelScope(shield=True):
            await process.wait()


@asynccontextmanager
async def client() -> AsyncIterator[McpClient]:
    async def authenticate(org_id: UUID, access: McpAccess) -> list[tuple[str, str]]:
        assert org_id == ORG
        return [("Authorization", "Bearer mine")]

    async with open_outbound(outbound_rules(("127.0.0.1",))) as outbound:
        yield McpClient(outbound, authenticate)


@pytest.mark.parametrize("kind", list(PATHS))
async def test_tools_are_listed_and_called(kind: str) -> None:
    async with served(kind) as access, client() as mcp:
        with trio.fail_after(60):
            specs = {spec.name: spec for spec in await mcp.tools(ORG, access, "call-1")}
            assert set(specs) == {"rooms", "price", "fail", "slow", "headers"}
            assert specs["rooms"].description == "Says which rooms are free."
            assert specs["rooms"].parameters["required"] == ["day"]

            async def call(name: str, bound_s: float = 10.0, **arguments: object) -> object:
                tool = ToolCall("t1", name, arguments)
                return await mcp.call(ORG, access, "call-1", tool, bound_s=bound_s, key="k1")

            found = await call("rooms", day="friday", beds=2)
            assert "2 beds on friday: room 7" in str(found)
            assert "error" not in str(found)
            assert "160" in str(await call("price", nights=2))
            failed = await call("fail")
            assert isinstance(failed, dict)
            assert "fail" in str(failed["error"])
            wrong = await call("price", nights="many")
            assert isinstance(wrong, dict)
            assert wrong["error"]
            assert isinstance(unknown := await call("nothing"), dict)
            assert unknown["error"]
            assert "call-1 k1 Bearer mine" in str(await call("headers"))
            with pytest.raises(OutboundError) as caught:
                await call("slow", 1.5)
            assert caught.value.fault is OutboundFault.TIMEOUT


async def test_what_was_listed_is_kept_for_a_while() -> None:
    async with client() as mcp:
        async with served("json") as access:
            with trio.fail_after(60):
                first = await mcp.tools(ORG, access, "call-1")
        assert await mcp.tools(ORG, access, "call-2") == first, "the server is gone"
        with pytest.raises(OutboundError) as caught:
            await mcp.call(ORG, access, "c", ToolCall("t", "rooms", {}), bound_s=5.0, key="")
        assert caught.value.fault is OutboundFault.UNREACHABLE, "nothing was asked for"


async def test_nothing_of_this_host_is_asked_unless_it_is_listed() -> None:
    async def authenticate(org_id: UUID, access: McpAccess) -> list[tuple[str, str]]:
        return []

    async with open_outbound(outbound_rules(())) as outbound:
        with pytest.raises(OutboundError):
            await McpClient(outbound, authenticate).tools(ORG, McpAccess("http://127.0.0.1:1/mcp"), "c")
