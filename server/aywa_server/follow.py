"""Prints a call's conversation while it happens, from the runtime's API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import trio

from aywa.errors import TransportError

_POLL_S = 0.2
# The split of a turn's latency in the order in which it comes about.
_PARTS = (
    ("vad_ms", "end of speech"),
    ("stt_ms", "transcript"),
    ("endpointing_ms", "waiting"),
    ("llm_ms", "model"),
    ("phrase_ms", "first phrase"),
    ("tts_ms", "voice"),
    ("playout_ms", "playout"),
)
_NAMES = {"user": "caller", "assistant": "assistant"}


class Follower:
    """One call's conversation, printed line by line."""

    def __init__(self, client: httpx.AsyncClient, nursery: trio.Nursery) -> None:
        self.call: dict[str, Any] | None = None
        self._client = client
        self._nursery = nursery
        self._transcript = 0
        self._timeline = 0

    def observe(self, kind: str, data: dict[str, object]) -> None:
        """Take an event of the caller; following begins with the answer."""
        if kind == "answered":
            print(f"{'':>8}  answered in {data['ms']} ms", flush=True)
            self._nursery.start_soon(self._follow, str(data["sip_call_id"]))

    async def _follow(self, sip_call_id: str) -> None:
        while True:
            await self.refresh(sip_call_id)
            await trio.sleep(_POLL_S)

    async def refresh(self, sip_call_id: str) -> None:
        """Ask once and print what is new. Raises `TransportError` when the API cannot be asked."""
        try:
            if self.call is None:
                calls = await self._get("/call?limit=50")
                self.call = next((c for c in calls if c.get("phoneCallProviderId") == sip_call_id), None)
            if self.call is not None:
                self._print(await self._get(f"/call/{self.call['id']}/timeline"))
        except httpx.HTTPError as error:
            raise TransportError(f"the runtime's API could not be asked: {type(error).__name__}") from error

    async def _get(self, path: str) -> Any:
        answer = await self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def _print(self, timeline: dict[str, Any]) -> None:
        spoken = [
            (line["startMs"], self._sentence(line)) for line in timeline["transcript"][self._transcript :]
        ]
        self._transcript = len(timeline["transcript"])
        events = timeline["timeline"][self._timeline :]
        self._timeline = len(timeline["timeline"])
        latencies = [(e["atMs"], self._latency(e["data"])) for e in events if e["kind"] == "turn.latency"]
        for _, text in sorted(spoken):
            print(text, flush=True)
        for _, text in latencies:
            print(text, flush=True)

    @staticmethod
    def _sentence(line: dict[str, Any]) -> str:
        cut = "  [interrupted]" if line["interrupted"] else ""
        return (
            f"{line['startMs'] / 1000:7.2f}s  {_NAMES.get(line['role'], line['role'])}: {line['text']}{cut}"
        )

    @staticmethod
    def _latency(data: dict[str, Any]) -> str:
        parts = ", ".join(f"{label} {data[name]}" for name, label in _PARTS if data.get(name) is not None)
        return f"{'':>8}  answered after {data['total_ms']} ms ({parts})"


@asynccontextmanager
async def open_follower(url: str, api_key: str) -> AsyncIterator[Follower]:
    """A follower of the runtime at `url`."""
    headers = {"Authorization": f"Bearer {api_key}"}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=5) as client,
        trio.open_nursery() as nursery,
    ):
        yield Follower(client, nursery)
        nursery.cancel_scope.cancel()
