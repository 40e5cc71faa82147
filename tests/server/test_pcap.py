"""`GET /call/:id/pcap`: a live call's ring, an ended call's file, and a clear word where there is neither."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from aywa.artifacts.pcap import encode_pcap
from aywa.ports.capture import CapturedPacket
from aywa.ports.store import CallStatus
from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, DictCallStore, SpyCalls, make_parts
from tests.kit.call_store_contract import call_row
from tests.kit.tcpdump import read_pcap

LIVE = call_row(1, pcap_path=None)
ENDED = call_row(2, status=CallStatus.ENDED, pcap_path=None)
END = ("127.0.0.1", 4000)
FILE = encode_pcap([CapturedPacket(5, False, END, END, 4, b"abcd")], 0)


def client_for(ended_path: Path | None = None, live: bytes | None = None) -> Any:
    ended = replace(ENDED, pcap_path=None if ended_path is None else str(ended_path))
    parts = make_parts(DictCallStore({row.id: row for row in (LIVE, ended)}))
    assert isinstance(parts.calls, SpyCalls)
    if live is not None:
        parts.calls.packets[LIVE.id] = live
    return create_app(parts).test_client()


async def test_a_live_call_is_read_from_memory(tmp_path: Path) -> None:
    answer = await client_for(live=FILE).get(f"/call/{LIVE.id}/pcap", headers=AUTH)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.tcpdump.pcap"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{LIVE.id}.pcap"'
    got = tmp_path / "got.pcap"
    got.write_bytes(await answer.get_data())
    assert len(read_pcap(got)) == 1


async def test_an_ended_call_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(FILE)
    client = client_for(path)
    answer = await client.get(f"/call/{ENDED.id}/pcap", headers=AUTH)
    assert (answer.status_code, await answer.get_data()) == (200, FILE)
    assert answer.headers["Content-Type"] == "application/vnd.tcpdump.pcap"
    call = await (await client.get(f"/call/{ENDED.id}", headers=AUTH)).get_json()
    assert call["artifact"]["pcapPath"] == str(path)
    assert call["artifact"]["pcapUrl"].endswith(f"/call/{ENDED.id}/pcap")
    path.unlink()
    assert (await client.get(f"/call/{ENDED.id}/pcap", headers=AUTH)).status_code == 404


async def test_where_there_is_none_the_answer_says_why() -> None:
    client = client_for()
    for call_id, code, word in (
        (LIVE.id, "pcap-not-found", "control command capture"),
        (ENDED.id, "pcap-not-found", "not captured"),
        ("nobody", "call-not-found", "no call with this id"),
    ):
        answer = await client.get(f"/call/{call_id}/pcap", headers=AUTH)
        problem = await answer.get_json()
        assert (answer.status_code, problem["code"]) == (404, code)
        assert word in problem["message"]
    call = await (await client.get(f"/call/{ENDED.id}", headers=AUTH)).get_json()
    assert "pcapPath" not in call["artifact"]


async def test_it_needs_a_key() -> None:
    assert (await client_for(live=FILE).get(f"/call/{LIVE.id}/pcap")).status_code == 401
