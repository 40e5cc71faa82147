"""`python -m bench.knowledge`: fifty questions over a handbook, found by words, by meaning, and by both."""

from __future__ import annotations

import argparse

import trio

from aywa.knowledge.embedded import load_embedded_embedder
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.knowledge import Passage
from aywa.store.embedded import embedded_postgres
from bench.knowledge.recall import Recall, open_handbook, recall_of
from tests.kit.postgres import open_clean_postgres, temporary_dir


async def run(url: str) -> dict[str, Recall]:
    """The figures by way of searching."""
    embedder = load_embedded_embedder()
    async with (
        open_clean_postgres(url) as (_, postgres),
        open_handbook(postgres, embedder) as (store, file_id),
    ):

        async def by_words(question: str) -> list[Passage]:
            return await store.search(DEFAULT_ORGANIZATION, [file_id], question, (), embedder.name, 5)

        async def by_both(question: str) -> list[Passage]:
            vector = (await embedder.embed([question]))[0]
            return await store.search(DEFAULT_ORGANIZATION, [file_id], question, vector, embedder.name, 5)

        async def by_meaning(question: str) -> list[Passage]:
            vector = (await embedder.embed([question]))[0]
            return await store.near(DEFAULT_ORGANIZATION, [file_id], vector, embedder.name, 5)

        return {
            "words": await recall_of(by_words),
            "meaning": await recall_of(by_meaning),
            "both": await recall_of(by_both),
        }


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with temporary_dir() as path, embedded_postgres(str(path)) as url:
        figures = trio.run(run, url)
    print("| found by | recall at 1 | at 3 | at 5 | median ms |\n|---|--:|--:|--:|--:|")
    for way, each in figures.items():
        print(f"| {way} | {each.at_1:.2f} | {each.at_3:.2f} | {each.at_5:.2f} | {each.median_ms:.1f} |")
    missed = "; ".join(figures["both"].missed)
    print(f"\nNot among the first five by both: {missed or 'none'}.")


if __name__ == "__main__":
    main()
