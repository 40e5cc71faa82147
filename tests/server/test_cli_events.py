"""`aywa events`: what it asks for and what it prints."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from aywa_server import cli, cli_events
from aywa_server.api_client import ApiClient, ApiError


def sse(*messages: dict[str, Any]) -> str:
    return "retry: 2000\n\n" + "".join(
        f"id: {m['id']}\nevent: {m['type']}\ndata: {json.dumps(m)}\n\n:\n\n" for m in messages
    )


OPEN = {"id": "1-0.0", "type": "open"}
SAID = {
    "id": "1-0.1",
    "type": "turn.user",
    "callId": "0123456789",
    "at": "2026-05-31T00:00:00.000Z",
    "data": {"text": "Zwei Nächte"},
}
GAP = {"id": "1-0.1", "type": "gap", "reason": "lost", "lost": 3}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    requests: list[httpx.Request] = []
    real = httpx.Client

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if "nobody" in str(request.url):
            return httpx.Response(400, json={"message": "unknown query parameter"})
        return httpx.Response(200, text=sse(OPEN, SAID, GAP))

    def client(**options: Any) -> httpx.Client:
        return real(transport=httpx.MockTransport(answer), **options)

    monkeypatch.setattr(cli_events.httpx, "Client", client)
    return requests


ARGUMENTS = ["--api-key", "k" * 16, "--url", "http://127.0.0.1:9"]


def test_it_prints_what_there_is(asked: list[httpx.Request], capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--call", "c1", "--type", "turn.user", "--type", "call", "--since", "2026-05-31T00:00:00Z"]
    assert cli.main(["events", *options, *ARGUMENTS]) == 0
    assert dict(asked[0].url.params) == {
        "callId": "c1",
        "types": "turn.user,call",
        "since": "2026-05-31T00:00:00Z",
        "follow": "false",
    }
    assert asked[0].headers["Authorization"] == f"Bearer {'k' * 16}"
    assert capsys.readouterr().out.splitlines() == [
        '2026-05-31T00:00:00.000Z 01234567 turn.user              text="Zwei Nächte"',
        " " * 25 + "--- something may be missing here (lost, 3 events)",
    ]


def test_json_is_what_the_runtime_says(
    asked: list[httpx.Request], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["events", "--json", *ARGUMENTS]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [OPEN, SAID, GAP]


def test_a_broken_stream_is_taken_up_where_it_broke(
    asked: list[httpx.Request], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pause(seconds: float) -> None:
        if len(asked) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(cli_events, "pause", pause)
    assert cli.main(["events", "--follow", *ARGUMENTS]) == 130
    assert [request.headers.get("Last-Event-ID") for request in asked] == [None, "1-0.1"]
    assert asked[0].url.params["follow"] == "true"


def test_what_is_refused_is_said(asked: list[httpx.Request], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["events", "--call", "nobody", *ARGUMENTS]) == 2
    assert "unknown query parameter (HTTP 400)" in capsys.readouterr().err
    with pytest.raises(ApiError):
        list(cli_events.follow(ApiClient("http://127.0.0.1:9", "k" * 16), {"callId": "nobody"}))
