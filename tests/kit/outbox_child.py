"""A worker in a process of its own, to be killed: `-m tests.kit.outbox_child POSTGRES_URL TARGET_URL`."""

from __future__ import annotations

import sys

import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.outbox.targets import Target
from aywa.store.calls import PostgresCallStore
from aywa.store.outbox import PostgresOutbox
from tests.kit.outbox_world import OutboxWorld


async def main(postgres_url: str, target_url: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url) as postgres:
        world = OutboxWorld(postgres, PostgresOutbox(postgres), PostgresCallStore(postgres))
        async with world.worker(Target(target_url), name="child"):
            await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
