"""A spool in a process of its own, to be killed: POSTGRES_URL DIRECTORY ENDPOINT BUCKET."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from aywa.artifacts.objects import open_store
from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.settings import ArtifactSettings
from tests.kit.s3_server import bucket_settings
from tests.kit.spool_world import SpoolWorld


async def main(postgres_url: str, directory: str, endpoint: str, bucket: str) -> None:
    async with open_asyncio_loop() as loop, open_postgres(loop, postgres_url) as postgres:
        store = open_store(ArtifactSettings(s3=bucket_settings(endpoint, bucket)))
        async with SpoolWorld(postgres, Path(directory), store).spool():
            await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
