"""Which servers a call may ask by its assistant: for tools, transfers, documents and a voice."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

from aywa.call.servers import CallServers
from aywa.model.assistant import Assistant
from aywa.model.server_body import ServerBody
from aywa.runtime.call_servers import call_servers
from aywa.runtime.stored_assistant import read_assistant
from aywa_server.resources.kinds import ASSISTANT, TOOL
from aywa_server.resources.service import Resources
from tests.kit.resource_store import SEALER, DictResources, SteppingClock

ORG = UUID(int=5)
CASCADE = (("assistant:1", None), ("webhook-endpoint:2", frozenset({"tool-calls"})))
SCHEMA = {"type": "object", "properties": {"day": {"type": "string"}}}


def function(name: str, **more: Any) -> dict[str, Any]:
    described = {"name": name, "description": f"Does {name}.", "parameters": SCHEMA}
    return {"type": "function", "function": described, **more}


async def servers_of(assistant: dict[str, Any], *tools: dict[str, Any]) -> tuple[CallServers, list[str]]:
    """Of an assistant that names these tools by their ids."""
    store = DictResources()
    resources = Resources(store, SEALER, Random(7), SteppingClock())
    ids = [str((await resources.create(ORG, TOOL, tool)).id) for tool in tools]
    if ids:
        model = {"provider": "scripted", **assistant.get("model", {}), "toolIds": ids}
        assistant = {**assistant, "model": model}
    row = await resources.create(ORG, ASSISTANT, {"name": "A", **assistant})
    read = read_assistant(row, SEALER)
    return await call_servers(store, ORG, read, CASCADE), ids


async def test_tools_of_its_own_and_by_their_ids() -> None:
    server = {"url": "https://t.example/hook", "timeoutSeconds": 9, "secret": "hidden"}
    mine = function("mine", **{"async": True, "server": {"url": "https://m.example"}})
    model = {"provider": "scripted", "tools": [mine, {"type": "endCall"}, {"type": "nonsense"}]}
    fixed = [{"key": "hotel", "value": 7}]
    servers, (own, _) = await servers_of(
        {"model": model}, function("kept", server=server, parameters=fixed), function("bare")
    )
    mine_, end, kept, bare = servers.tools
    assert end.spec.name == "endCall"
    assert isinstance(mine_.whom, ServerBody)
    assert (mine_.whom.url, mine_.waits) == ("https://m.example", False)
    assert (kept.whom, kept.timeout_s, kept.waits) == (f"tool:{own}", 9, True)
    assert kept.rules.arguments == {"hotel": 7}
    assert (kept.spec.name, kept.spec.description, kept.spec.parameters) == ("kept", "Does kept.", SCHEMA)
    assert kept.spec.by_server
    assert "hidden" not in repr(kept)
    assert kept.shown["server"] == {"url": "https://t.example/hook"}
    assert bare.whom is None, "the cascade's first"
    assert servers.first("tool-calls") == "assistant:1"


async def test_a_transfer_with_and_without_destinations() -> None:
    a = {"type": "number", "number": "+493012345", "description": "the desk"}
    b = {"type": "sip", "sipUri": "sip:b@pbx.example"}
    unreachable = {"type": "assistant", "assistantName": "B"}
    servers, _ = await servers_of({}, {"type": "transferCall", "destinations": [a, unreachable, b]})
    assert servers.transfer is not None
    assert list(servers.transfer.destinations) == ["+493012345", "sip:b@pbx.example"]
    assert "the desk" in servers.transfer.spec.description
    chosen = servers.transfer.spec.parameters["properties"]
    assert chosen == {"destination": {"type": "string", "enum": ["+493012345", "sip:b@pbx.example"]}}
    servers, (own,) = await servers_of(
        {}, {"type": "transferCall", "server": {"url": "https://t.example"}, "function": {"name": "connect"}}
    )
    assert servers.transfer is not None
    assert (servers.transfer.whom, servers.transfer.destinations) == (f"tool:{own}", {})
    assert servers.transfer.spec.name == "connect"
    servers, _ = await servers_of({}, {"type": "transferCall", "destinations": [unreachable]})
    assert servers.transfer is None, "what cannot be reached is not offered"


async def test_documents_and_a_voice() -> None:
    base: dict[str, Any] = {"provider": "custom-knowledge-base"}
    voice = {"provider": "custom-voice", "server": {"url": "https://v.example", "secret": "hidden"}}
    servers, _ = await servers_of({"model": {"provider": "scripted", "knowledgeBase": base}, "voice": voice})
    assert servers.knowledge == "assistant:1"
    assert isinstance(servers.voice, ServerBody)
    assert servers.voice.secret is not None
    assert servers.voice.secret.get_secret_value() == "hidden", "sealed at rest, and there when it is needed"
    base["server"] = {"url": "https://k.example"}
    servers, _ = await servers_of({"model": {"provider": "scripted", "knowledgeBase": base}})
    assert isinstance(servers.knowledge, ServerBody)
    assert servers.voice is None
    other = {"provider": "scripted", "knowledgeBase": {"provider": "canonical", "topK": 3}}
    servers, _ = await servers_of({"model": other, "voice": {"provider": "11labs", "voiceId": "x"}})
    assert (servers.knowledge, servers.voice) == (None, None)


async def test_the_assistant_of_the_settings_has_none() -> None:
    for assistant in (None, Assistant(name="File")):
        servers = await call_servers(DictResources(), ORG, assistant, CASCADE)
        assert servers == CallServers(CASCADE)
    assert servers.first("knowledge-base-request") == "assistant:1"
    assert CallServers(CASCADE[1:]).first("knowledge-base-request") is None
