"""What every `ports.store.CallStore` must do, whatever it is made of: one async function a rule.

A test runs each of `RULES` against a fresh, empty store.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aywa.errors import EndCode, EndReason, EndSide
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import (
    CallRow,
    CallStatus,
    CallStore,
    CallType,
    CallWindow,
    TimelineEntry,
    TranscriptLine,
)

T0 = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
OTHER_ORGANIZATION = UUID("00000000-0000-4000-8000-00000000000b")


def call_row(number: int = 1, **changes: object) -> CallRow:
    """A row with every field different from its default."""
    row = CallRow(
        id=str(UUID(int=number, version=4)),
        type=CallType.INBOUND,
        status=CallStatus.IN_PROGRESS,
        scenario="hotel_booking",
        from_uri="sip:alice@192.0.2.1",
        to_uri="sip:desk@192.0.2.2",
        sip_call_id=f"{number}@pbx",
        created_at=T0 + timedelta(seconds=number),
        updated_at=T0 + timedelta(seconds=number + 1),
        started_at=T0 + timedelta(seconds=number + 1),
        slots={"day": "friday", "nights": 3},
        recording_path="/recordings/1.wav",
        pcap_path="/recordings/1.pcap",
        worker_id="worker-a",
        media={
            "codec": "PCMU",
            "srtp": None,
            "received": {"loss_percent": 0.5, "jitter_ms": 1.25, "mos": 4.37},
            "sent": None,
            "round_trip_ms": 35.5,
            "echo": {"delay_ms": 172.5, "return_loss_db": 21.4},
        },
        costs={
            "llm_prompt_tokens": 1200,
            "llm_completion_tokens": 90,
            "tts_characters": 700,
            "speculation": {
                "adopted": 4,
                "dropped": 1,
                "prompt_tokens": 200,
                "completion_tokens": 12,
                "characters": 30,
            },
        },
        compliance={
            "recordingConsent": {
                "type": "verbal",
                "status": "given",
                "message": "May we?",
                "offsetMs": 1200,
                "phrase": "yes",
            }
        },
        transfers=({"mode": "warm", "status": "busy", "sipStatus": 486},),
        assistant_id=UUID(int=100 + number % 2),
        phone_number_id=UUID(int=200 + number % 2),
        name="Friday's guest",
        transport={"provider": "vapi.websocket", "audioFormat": {"sampleRate": 8000}},
        monitor={"control": False},
        news={"listeners": [{"source": "account", "endpoint": "https://a.example", "messages": ["hang"]}]},
    )
    return replace(row, **changes)  # type: ignore[arg-type]


async def returns_what_was_saved(store: CallStore) -> None:
    ended = call_row(
        status=CallStatus.ENDED,
        ended_at=T0 + timedelta(seconds=9),
        end_reason=EndReason(EndCode.CUSTOMER_HANGUP, EndSide.CALLER, 200, "bye"),
    )
    await store.save_call(ended)
    assert await store.of(DEFAULT_ORGANIZATION).get_call(ended.id) == ended


async def replaces_a_row_with_the_same_id(store: CallStore) -> None:
    await store.save_call(call_row(status=CallStatus.RINGING, started_at=None))
    await store.save_call(call_row())
    assert await store.of(DEFAULT_ORGANIZATION).list_calls() == [call_row()]


async def saves_many_at_once(store: CallStore) -> None:
    await store.save_call(call_row(1, status=CallStatus.RINGING, started_at=None))
    await store.save_calls([call_row(number) for number in (3, 1, 2)])
    assert await store.of(DEFAULT_ORGANIZATION).list_calls() == [call_row(3), call_row(2), call_row(1)]
    await store.save_calls([])


async def begins_calls_that_are_not_there(store: CallStore) -> None:
    there = call_row(1)
    await store.save_call(there)
    await store.begin_calls([call_row(2), call_row(1, status=CallStatus.RINGING, started_at=None)])
    await store.begin_calls([call_row(3)])
    assert await store.of(DEFAULT_ORGANIZATION).list_calls() == [call_row(3), call_row(2), there]
    await store.begin_calls([])


async def knows_no_unknown_call(store: CallStore) -> None:
    for call_id in (call_row(7).id, "no-uuid", "", "a" * 10_000, "\0"):
        assert await store.of(DEFAULT_ORGANIZATION).get_call(call_id) is None
        assert await store.of(DEFAULT_ORGANIZATION).timeline(call_id) == []
        assert await store.of(DEFAULT_ORGANIZATION).transcript(call_id) == []


async def lists_newest_first_within_limit_and_bound(store: CallStore) -> None:
    for number in (2, 1, 3):
        await store.save_call(call_row(number))
    assert [row.sip_call_id for row in await store.of(DEFAULT_ORGANIZATION).list_calls()] == [
        "3@pbx",
        "2@pbx",
        "1@pbx",
    ]
    assert [row.sip_call_id for row in await store.of(DEFAULT_ORGANIZATION).list_calls(limit=1)] == ["3@pbx"]
    assert await store.of(DEFAULT_ORGANIZATION).list_calls(before=call_row(2).created_at) == [call_row(1)]


async def narrows_a_list_by_window(store: CallStore) -> None:
    for number in (1, 2, 3):
        await store.save_call(call_row(number))
    second = call_row(2)
    for window, expected in (
        (CallWindow(created_at_le=second.created_at), [2, 1]),
        (CallWindow(created_at_gt=second.created_at), [3]),
        (CallWindow(created_at_ge=second.created_at), [3, 2]),
        (CallWindow(updated_at_lt=second.updated_at), [1]),
        (CallWindow(updated_at_le=second.updated_at), [2, 1]),
        (CallWindow(updated_at_gt=second.updated_at), [3]),
        (CallWindow(updated_at_ge=second.updated_at, created_at_le=second.created_at), [2]),
    ):
        assert await store.of(DEFAULT_ORGANIZATION).list_calls(window=window) == [
            call_row(number) for number in expected
        ]


async def narrows_a_list_by_who_led_and_goes_on_behind_a_call(store: CallStore) -> None:
    rows = [call_row(number) for number in (1, 2, 3, 4)]
    twin = replace(call_row(5), created_at=rows[1].created_at, assistant_id=None, phone_number_id=None)
    await store.save_calls([*rows, twin])
    reader = store.of(DEFAULT_ORGANIZATION)
    assert await reader.list_calls(window=CallWindow(assistant_id=UUID(int=101))) == [rows[2], rows[0]]
    assert await reader.list_calls(window=CallWindow(phone_number_id=UUID(int=200))) == [rows[3], rows[1]]
    found: list[CallRow] = []
    window = CallWindow()
    while page := await reader.list_calls(limit=2, window=window):
        found += page
        window = CallWindow(after=(page[-1].created_at, UUID(page[-1].id)))
    assert found == [rows[3], rows[2], *sorted([rows[1], twin], key=lambda row: row.id), rows[0]]
    assert await reader.list_calls(limit=0) == []


async def renames_a_call_for_good(store: CallStore) -> None:
    row = call_row()
    await store.save_call(row)
    later = row.updated_at + timedelta(seconds=5)
    renamed = replace(row, name="Renamed", updated_at=later)
    assert await store.of(OTHER_ORGANIZATION).rename_call(row.id, "Taken over", later) is None
    assert await store.of(DEFAULT_ORGANIZATION).rename_call(row.id, "Renamed", later) == renamed
    assert await store.of(DEFAULT_ORGANIZATION).rename_call("no uuid", "x", later) is None
    await store.save_call(row)  # the process that has the call knows nothing of it
    found = await store.of(DEFAULT_ORGANIZATION).get_call(row.id)
    assert found is not None
    assert found.name == "Renamed"


async def keeps_a_timeline_in_order_and_once(store: CallStore) -> None:
    call_id = call_row().id
    entries = [TimelineEntry(call_id, seq, seq * 20, "turn.yield", {"speech_ms": 60}) for seq in (1, 2, 3)]
    await store.append_timeline([entries[2], entries[0]])
    await store.append_timeline([entries[1], replace(entries[0], kind="second.thought")])
    assert await store.of(DEFAULT_ORGANIZATION).timeline(call_id) == entries
    await store.append_timeline([])


async def keeps_a_transcript_in_order_and_once(store: CallStore) -> None:
    call_id = call_row().id
    lines = [
        TranscriptLine(call_id, 1, "assistant", "For which day?", 400, 1500, interrupted=True),
        TranscriptLine(call_id, 2, "user", "Friday – please", 1400, 2000),
    ]
    await store.append_transcript(list(reversed(lines)))
    await store.append_transcript([replace(lines[0], text="again")])
    assert await store.of(DEFAULT_ORGANIZATION).transcript(call_id) == lines


async def survives_text_that_databases_dislike(store: CallStore) -> None:
    call_id = call_row().id
    await store.save_call(call_row(from_uri="sip:\0@\udc80", slots={"a\0": "\ud800", "n": float("nan")}))
    await store.append_timeline(
        [TimelineEntry(call_id, 1, 0, "x", {"raw": "\0", "set": (1, {"deep": "\udcff"})})]
    )
    await store.append_transcript([TranscriptLine(call_id, 1, "user", "\0 o'clock; drop table calls", 0, 1)])
    assert (await store.of(DEFAULT_ORGANIZATION).get_call(call_id)) is not None
    assert (
        len(await store.of(DEFAULT_ORGANIZATION).timeline(call_id))
        == len(await store.of(DEFAULT_ORGANIZATION).transcript(call_id))
        == 1
    )


async def keeps_organizations_apart(store: CallStore) -> None:
    mine, theirs = call_row(1), call_row(2, org_id=OTHER_ORGANIZATION)
    for row in (mine, theirs):
        await store.save_call(row)
        await store.append_timeline([TimelineEntry(row.id, 1, 0, "turn", {}, row.org_id)])
        await store.append_transcript([TranscriptLine(row.id, 1, "user", "hello", 0, 1, org_id=row.org_id)])
    for own, other in ((mine, theirs), (theirs, mine)):
        reader = store.of(own.org_id)
        assert await reader.list_calls() == [own]
        assert await reader.get_call(own.id) == own
        assert (await reader.timeline(own.id))[0].org_id == own.org_id
        assert await reader.timeline_last(own.id, "turn") is not None
        assert (await reader.transcript(own.id))[0].org_id == own.org_id
        assert await reader.get_call(other.id) is None
        assert await reader.timeline(other.id) == await reader.transcript(other.id) == []
        assert await reader.timeline_last(other.id, "turn") is None
    await store.save_call(replace(theirs, org_id=mine.org_id))
    assert await store.of(mine.org_id).list_calls() == [mine], "a call's organisation never changes"


RULES = (
    keeps_organizations_apart,
    returns_what_was_saved,
    replaces_a_row_with_the_same_id,
    saves_many_at_once,
    begins_calls_that_are_not_there,
    knows_no_unknown_call,
    lists_newest_first_within_limit_and_bound,
    narrows_a_list_by_window,
    narrows_a_list_by_who_led_and_goes_on_behind_a_call,
    renames_a_call_for_good,
    keeps_a_timeline_in_order_and_once,
    keeps_a_transcript_in_order_and_once,
    survives_text_that_databases_dislike,
)
