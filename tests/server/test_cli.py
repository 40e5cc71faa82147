"""The `aywa` command against a real API, and its one sentence when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
import trio
from hypercorn.trio import serve
from structlog.testing import capture_logs

from aywa.artifacts.pcap import encode_pcap
from aywa.call.control import AddMessage, PressKeys, SayFirstMessage, SendSip
from aywa.call.dial import DialRefused
from aywa.errors import EndCode, EndReason, EndSide
from aywa.ports.llm import Role
from aywa.ports.outbox import JobRecord, JobState
from aywa.ports.store import CallStatus, TimelineEntry, TranscriptLine
from aywa.settings import HttpSettings
from aywa_server.api_key import development_key, read_key_file
from aywa_server.app import create_app
from aywa_server.cli import main
from aywa_server.cli_artifacts import line_of
from aywa_server.http_server import bind_http, http_config
from aywa_server.parts import Parts
from tests.kit.api_parts import API_KEY, DictCallStore, DictWebhookLog, SpyCalls, make_parts
from tests.kit.call_store_contract import T0, call_row

pytestmark = pytest.mark.live

LIVE = call_row(1)
ENDED = call_row(
    2,
    status=CallStatus.ENDED,
    pcap_path=None,
    ended_at=T0,
    end_reason=EndReason(EndCode.CUSTOMER_HANGUP, EndSide.CALLER),
)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """A running API whose address and key the CLI finds in the environment."""
    store = DictCallStore(
        {row.id: row for row in (LIVE, ENDED)},
        [
            TimelineEntry(ENDED.id, 1, 0, "call.created", {"scenario": "hotel_booking"}),
            TimelineEntry(ENDED.id, 2, 5000, "stt.failed", {"detail": "gone"}),
        ],
        [TranscriptLine(ENDED.id, 1, "user", "Friday", 1000, 1500)],
    )
    http = HttpSettings(port=0, api_keys=(API_KEY,))
    running = make_parts(store, http=http)
    sock = bind_http(http)
    monkeypatch.setenv("AYWA_RUNTIME_BASE_URL", f"http://127.0.0.1:{sock.getsockname()[1]}")
    monkeypatch.setenv("AYWA_RUNTIME_API_KEY", API_KEY)
    ready, stop = Event(), Event()

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            config = http_config(http, sock)
            wait = partial(trio.to_thread.run_sync, stop.wait)
            await nursery.start(partial(serve, create_app(running), config, shutdown_trigger=wait))
            ready.set()

    thread = Thread(target=trio.run, args=(run,))
    with capture_logs():  # of the API in this process: the CLI's own output is what is looked at
        thread.start()
        assert ready.wait(10)
        yield running
        stop.set()
        thread.join(10)


def test_status(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    assert "database" in capsys.readouterr().out


def test_calls_newest_first(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(ENDED.id)
    assert first.endswith("customer-ended-call")
    assert second.split()[2] == "in-progress"


def test_timeline_is_merged_by_time(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", ENDED.id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["call.created", "stereo-recording", "user", "X"]
    assert lines[-1] == "ended customer-ended-call · 0 warnings, 1 errors"


def test_say_and_end(parts: Parts) -> None:
    assert main(["say", LIVE.id, "One moment.", "--end"]) == 0
    assert main(["end", LIVE.id]) == 0
    assert isinstance(parts.calls, SpyCalls)
    assert parts.calls.commands == [(LIVE.id, "say", "One moment.", True), (LIVE.id, "end")]


def test_the_line(parts: Parts) -> None:
    for arguments in (["mute", LIVE.id, "customer"], ["unmute", LIVE.id, "assistant"]):
        assert main(arguments) == 0
    assert main(["hold", LIVE.id]) == main(["resume", LIVE.id]) == 0
    assert isinstance(parts.calls, SpyCalls)
    actions = ["mute-customer", "unmute-assistant", "hold", "resume"]
    assert parts.calls.commands == [(LIVE.id, "steer", action) for action in actions]


def test_a_word_in_the_conversation(parts: Parts) -> None:
    assert main(["tell", LIVE.id, "The room is free."]) == 0
    assert main(["tell", LIVE.id, "Well.", "--as", "user", "--silent"]) == 0
    assert main(["first-message", LIVE.id]) == main(["press", LIVE.id, "12#"]) == 0
    assert main(["sip", LIVE.id, "INFO", "{}", "--header", "Content-Type: application/json"]) == 0
    assert main(["handoff", LIVE.id, str(UUID(int=7))]) == 2  # there is no such assistant
    assert isinstance(parts.calls, SpyCalls)
    assert [command for _, command in parts.calls.commands] == [
        AddMessage(Role.SYSTEM, "The room is free."),
        AddMessage(Role.USER, "Well.", respond=False),
        SayFirstMessage(),
        PressKeys("12#"),
        SendSip("INFO", (), "application/json", b"{}"),
    ]


def test_calling_somebody(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(parts.calls, SpyCalls)
    arguments = ["call", "--to", "+493012345678", "--trunk", "carrier", "--from", "+4930990", "--ring", "20"]
    assert main([*arguments, "--no-wait"]) == 0
    request = parts.calls.placed[0].request
    assert (request.destination, request.trunk, request.from_number, request.ring_timeout_s) == (
        *("+493012345678", "carrier", "+4930990", 20),
    )
    parts.calls.outcome = EndReason(EndCode.BUSY, EndSide.SYSTEM, 486)
    assert main(["call", "--to", "sip:210@pbx", "--trunk", "carrier", "--name", "Desk"]) == 1
    assert parts.calls.placed[1].request.destination == "sip:210@pbx"
    assert capsys.readouterr().out.endswith("not answered: customer-busy, SIP status 486\n")
    parts.calls.refusal = DialRefused("The destination is not on the list of what may be dialled")
    assert main(["call", "--to", "+33123456789"]) == 2
    told = "aywa call: The destination is not on the list of what may be dialled (HTTP 403)"
    assert capsys.readouterr().err.strip() == told


def test_saying_something(parts: Parts) -> None:
    assert isinstance(parts.calls, SpyCalls)
    assert main(["say", LIVE.id, "One moment."]) == 0
    assert main(["say", LIVE.id, "You are recorded.", "--now", "--protected", "--end"]) == 0
    assert parts.calls.commands == [
        (LIVE.id, "say", "One moment.", False),
        (LIVE.id, "say", "You are recorded.", True, "interrupt", "protected"),
    ]


def test_pcap_is_fetched_or_begun(
    parts: Parts, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(parts.calls, SpyCalls)
    data = encode_pcap([], 0)
    parts.calls.packets[LIVE.id] = data
    monkeypatch.chdir(tmp_path)
    assert main(["pcap", LIVE.id]) == 0
    assert main(["pcap", LIVE.id, "-o", str(tmp_path / "b.pcap")]) == 0
    assert (tmp_path / f"{LIVE.id}.pcap").read_bytes() == (tmp_path / "b.pcap").read_bytes() == data
    capsysbinary.readouterr()
    assert main(["pcap", LIVE.id, "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == data
    assert main(["pcap", LIVE.id, "-o", str(tmp_path / "no" / "b.pcap")]) == 2
    assert b"cannot be written (No such file or directory)" in capsysbinary.readouterr().err
    assert main(["pcap", LIVE.id, "--start", "audio"]) == 0
    assert parts.calls.commands == [(LIVE.id, "capture", "audio")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["pcap", ENDED.id],
            "aywa pcap: no packets of this call were written: it was not captured, or nothing went wrong in"
            " it (HTTP 404)",
        ),
        (["end", "nobody"], "aywa end: there is no call with this id (HTTP 404)"),
        (["end", "../call"], "aywa end: there is no such route (HTTP 404)"),
        (["say", ENDED.id, "Hi"], "aywa say: the call has ended (HTTP 409)"),
        (["calls", "--limit", "1001"], "aywa calls: must be a whole number from 0 to 1000 (HTTP 400)"),
        (
            ["calls", "--api-key", "wrong"],
            "aywa calls: the runtime wants its API key: pass --api-key or set AYWA_RUNTIME_API_KEY",
        ),
    ],
)
def test_what_the_runtime_refuses(
    parts: Parts, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) != 0
    assert capsys.readouterr().err.strip() == sentence


@pytest.mark.parametrize("key", ["wr\u00f6ng", "a\nb", "\x7f"])
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(
    parts: Parts, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    assert main(["calls", "--api-key", key]) == 2
    told = capsys.readouterr().err
    assert told == "aywa calls: the API key cannot be one: it has characters that are not printable ASCII\n"


def test_status_where_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--url", "http://127.0.0.1:9"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("aywa status: no runtime answers at http://127.0.0.1:9")


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "--url", "http://127.0.0.1:9"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "is aywa-media running there?" in told
    assert main(["calls", "--url", "nonsense"]) == 2


def test_a_development_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    key = development_key(tmp_path / "var")
    assert development_key(tmp_path / "var") == read_key_file(tmp_path / "var") == key
    assert (tmp_path / "var" / "api-key").stat().st_mode & 0o077 == 0
    assert read_key_file(tmp_path) == ""


def test_webhooks_are_listed_and_sent_again(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    log = parts.webhooks
    assert isinstance(log, DictWebhookLog)
    assert main(["webhooks", "list"]) == 0
    assert capsys.readouterr().out == "no webhooks\n"
    job = JobRecord(
        *("msg_1", ENDED.id, 3, "status-update", "account", "https://a.example/hook", "{}", T0),
        *(JobState.DEAD, 10, 10, None, None, 500, "the server answered 500"),
    )
    log.jobs = {job.id: job}
    assert main(["webhooks", "list", "--state", "dead", "--call", ENDED.id]) == 0
    assert "msg_1" in (said := capsys.readouterr().out)
    assert "the server answered 500" in said
    assert log.asked[-1][0].state is JobState.DEAD
    assert main(["webhooks", "list", "msg_1"]) == 0
    assert '"attemptCount": 10' in capsys.readouterr().out
    assert main(["webhooks", "replay"]) == 2
    assert "say which" in capsys.readouterr().err
    assert main(["webhooks", "replay", "msg_1"]) == 0
    assert capsys.readouterr().out == "1 sent again\n"
    assert main(["webhooks", "replay", "--since", "2026-01-01", "--endpoint", "https://a.example/hook"]) == 1
    assert capsys.readouterr().out == "nothing to send again\n"
    assert log.replayed[-1][1].endpoint == "https://a.example/hook"


def test_assistants_and_numbers(parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str, code: int = 0) -> str:
        assert main(arguments) == code
        said = capsys.readouterr()
        return (said.err if code else said.out).strip()

    plan = tmp_path / "desk.json"
    plan.write_text('{"name": "Desk", "firstMessage": "Good morning."}')
    assert told("assistants", "list") == "no assistants yet"
    made = told("assistants", "create", str(plan))
    assert told("assistants", "list").startswith(made)
    assert '"firstMessage": "Good morning."' in told("assistants", "show", made)
    plan.write_text('{"firstMessage": null}')
    assert "firstMessage" not in told("assistants", "change", made, str(plan))
    assert told("numbers", "list") == "no numbers yet"
    assert told("numbers", "bind", "+49 30 1234567", made).endswith(f"is answered by {made}")
    assert told("numbers", "bind", "0049301234567", made).endswith(f"is answered by {made}")
    assert len(told("numbers", "list").splitlines()) == 1
    assert "is in use by phone-number" in told("assistants", "delete", made, code=2)
    assert told("numbers", "unbind", "+49301234567") == "+49301234567 is forgotten"
    assert "is not a number" in told("numbers", "unbind", "+49301234567", code=2)
    assert told("assistants", "delete", made) == f"{made} is deleted"
    plan.write_text("[")
    assert told("assistants", "create", str(plan), code=2).endswith("desk.json is not JSON")


def test_artifacts_are_listed_and_tried_again(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is known of any here; what a line says of one is below."""
    assert main(["artifacts", "list", "--state", "any"]) == 0
    assert capsys.readouterr().out == "no artifacts\n"
    assert main(["artifacts", "list", "--call", ENDED.id]) == 0
    assert capsys.readouterr().out == "no artifacts are waiting\n"
    assert main(["artifacts", "retry"]) == 1
    assert capsys.readouterr().out == "nothing waits\n"
    line = line_of(
        {
            "callId": ENDED.id,
            "createdAt": "2026-03-01T12:00:00.000Z",
            "state": "waiting",
            "type": "pcap",
            "format": "pcap",
            "host": "host-a",
            "attempts": 3,
            "lastError": "it answers 503",
        }
    )
    assert line.split()[2:] == ["waiting", "pcap", "pcap", "-", "host-a", "3", "it", "answers", "503"]
