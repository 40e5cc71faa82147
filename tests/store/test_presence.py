"""A worker's lock: one holder at a time, taken again when the connection breaks."""

from __future__ import annotations

import pytest
import trio

from aywa.errors import StoreError
from aywa.store.presence import PRESENCE_NAMESPACE, hold_presence
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live

HOLDERS = "select pid from pg_locks where locktype = 'advisory' and classid = $1 and granted"


async def test_two_processes_cannot_share_an_id(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres), hold_presence(postgres, "a"):
        with pytest.RaisesGroup(pytest.RaisesExc(StoreError, match="worker id")):
            async with hold_presence(postgres, "a"):
                pass


async def test_a_broken_connection_is_replaced(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aywa.store.presence.RECHECK_S", 0.01)
    async with open_clean_postgres(postgres_url) as (_loop, postgres), hold_presence(postgres, "a"):
        first = (await postgres.fetch(HOLDERS, PRESENCE_NAMESPACE))[0]["pid"]
        await postgres.system().fetch("select pg_terminate_backend($1)", first)
        with trio.fail_after(10):
            while True:
                holders = [row["pid"] for row in await postgres.fetch(HOLDERS, PRESENCE_NAMESPACE)]
                if holders and holders != [first]:
                    break
                await trio.sleep(0.01)
