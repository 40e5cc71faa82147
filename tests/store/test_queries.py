"""Each statement narrows what it touches to one organisation, or says why it does not."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from aywa.store.queries import load_queries

NOUNS = sorted(
    entry.name.removesuffix(".sql") for entry in (files("aywa.store") / "sql" / "queries").iterdir()
)
_READS = re.compile(r"\b(from|(?<!do )update|delete from|join)\s+\w+")
_NARROWS = re.compile(r"\borg_id = \$\d+|\bid = \$\d+ /\* own \*/")
_WRITES = re.compile(r"\binsert into \w+ \([^)]*\borg_id\b")


@pytest.mark.parametrize("noun", NOUNS)
def test_a_statement_names_its_organisation_or_says_why_not(noun: str) -> None:
    for name, sql in load_queries(noun).items():
        if "-- system: " in sql:
            continue
        if _READS.search(sql):
            assert _NARROWS.search(sql), f"{noun}.{name} reads rows of every organisation"
        elif "insert into" in sql:
            assert _WRITES.search(sql), f"{noun}.{name} writes rows of nobody"
