"""The chain: whatever is done to its rows shows at the first of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from aywa.model.audit import FIRST, AuditEntry, AuditRow, break_of, chain
from aywa.model.organization import DEFAULT_ORGANIZATION

AT = datetime(2026, 11, 1, 9, 0, 0, 123456, tzinfo=UTC)


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        "key:1", "api_key.create", "api_key", str(number), AT, "req_1", {"name": "é", "n": number}
    )


def rows(count: int) -> list[AuditRow]:
    made: list[AuditRow] = []
    for number in range(1, count + 1):
        made.append(chain(DEFAULT_ORGANIZATION, number, entry(number), made[-1].hash if made else FIRST))
    return made


def first_break(found: list[AuditRow]) -> int | None:
    seq, head = 0, FIRST
    for row in found:
        if break_of(row, seq + 1, head) is not None:
            return row.seq
        seq, head = row.seq, row.hash
    return None


def test_an_untouched_chain_holds() -> None:
    assert first_break(rows(5)) is None


def test_the_time_zone_of_a_time_does_not_matter() -> None:
    row = rows(1)[0]
    east = replace(row.entry, at=AT.astimezone(timezone(timedelta(hours=5))))
    assert first_break([replace(row, entry=east)]) is None


@given(st.integers(0, 4), st.sampled_from(["actor", "action", "target_type", "target_id", "request_id"]))
def test_a_changed_column_is_found_at_its_row(place: int, column: str) -> None:
    found = rows(5)
    changed = replace(found[place].entry, **{column: "other"})
    found[place] = replace(found[place], entry=changed)
    assert first_break(found) == place + 1


@given(st.integers(0, 4))
def test_changed_data_and_times_are_found(place: int) -> None:
    for change in ({"data": {"name": "é"}}, {"at": AT + timedelta(microseconds=1)}):
        found = rows(5)
        found[place] = replace(found[place], entry=replace(found[place].entry, **change))
        assert first_break(found) == place + 1


@given(st.integers(0, 3))
def test_a_row_taken_out_is_found_at_the_one_after_it(place: int) -> None:
    found = rows(5)
    del found[place]
    assert first_break(found) == place + 2


@given(st.integers(0, 3))
def test_rows_that_were_made_anew_break_the_one_that_follows(place: int) -> None:
    found = rows(5)
    previous = found[place].previous
    found[place] = chain(DEFAULT_ORGANIZATION, place + 1, entry(99), previous)
    assert first_break(found) == place + 2


def test_a_row_of_another_organisation_does_not_fit() -> None:
    other = replace(rows(1)[0], org_id=type(DEFAULT_ORGANIZATION)(int=7))
    assert first_break([other]) == 1
