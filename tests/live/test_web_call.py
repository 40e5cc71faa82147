"""A call without a telephone, by a real websocket client: it talks, interrupts, is heard and steered."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from aywa_server.child import Child
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.web_client import WebPhone, open_web_phone, refusal, speech

pytestmark = [pytest.mark.live, pytest.mark.paired]
LONG = (
    "This sentence is said by an operator, and it is long enough for somebody to interrupt it in the middle."
)
SALES = {"name": "Sales", "firstMessage": "This is sales speaking."}


async def kinds(runtime: Child, call_id: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]:
        found.setdefault(entry["kind"], []).append(entry["data"])
    return found


async def book(phone: WebPhone) -> None:
    """Hear the greeting, and answer it."""
    await phone.until(lambda: bool(phone.said("assistant")))
    phone.say(speech("digits/day-5", phone.rate_hz))
    await phone.until(lambda: "riday" in phone.said("user"))


async def interrupt(phone: WebPhone, control: str, client: httpx.AsyncClient) -> None:
    """An operator speaks by the control URL, and the caller cuts in."""
    say = {"type": "say", "content": LONG, "interruptAssistantEnabled": True}
    assert (await client.post(control, json=say)).status_code == 200
    before = len(phone.heard)
    await phone.until(lambda: any(phone.heard[before + 48_000 :]))  # for a second and a half
    phone.say(speech("digits/3", phone.rate_hz))
    await phone.until(lambda: any(text["interrupted"] for text in phone.told("transcript")))


async def steer(phone: WebPhone, control: str, client: httpx.AsyncClient) -> None:
    """Every other verb, by the same URL."""
    twilio = {"type": "send-transport-message", "message": {"transport": "twilio", "twiml": "<R/>"}}
    assert (await client.post(control, json=twilio)).json()["code"] == "no-such-transport"
    info = {"type": "send-transport-message", "message": {"transport": "vapi.sip", "sipVerb": "INFO"}}
    assert (await client.post(control, json=info)).json()["code"] == "transport-message-refused"
    for command in (
        {
            "type": "add-message",
            "message": {"role": "system", "content": "x"},
            "triggerResponseEnabled": False,
        },
        {"type": "dtmf", "digits": "1"},
        {"type": "custom", "name": "flag"},
        {"type": "control", "control": "mute-customer"},
        {"message": {"type": "control", "control": "unmute-customer"}},
        {"type": "handoff", "destination": {"type": "assistant", "assistant": SALES}},
    ):
        answer = await client.post(control, json=command)
        assert answer.status_code == 200, answer.text
    await phone.until(lambda: "sales speaking" in phone.said("assistant"))
    await phone.send(type="dtmf", digits="7")
    await phone.send(type="transfer", destination={"type": "number", "number": "+4930123456"})
    await phone.until(lambda: bool(phone.told("error")))
    assert phone.told("error")[0]["code"] == "unknown-type"


async def test_a_browser_books_interrupts_and_is_listened_to(tmp_path: Path) -> None:
    async with open_runtime_process(runtime_settings(tmp_path / "data")) as runtime:
        await be_quiet(runtime)
        call = await runtime.post("/call/web", {"name": "Visit", "customer": {"name": "Ada"}})
        url, monitor = call["transport"]["websocketCallUrl"], call["monitor"]
        assert await refusal(url[:-1] + "x") == 401
        async with httpx.AsyncClient() as client, open_web_phone(url) as phone:
            await phone.until(lambda: bool(phone.heard))
            assert await refusal(url) == 409, "nobody connects twice"
            async with (
                open_web_phone(monitor["listenUrl"], talks=False) as listener,
                open_web_phone(monitor["listenUrl"], talks=False) as another,
            ):
                await book(phone)
                await interrupt(phone, monitor["controlUrl"], client)
                await steer(phone, monitor["controlUrl"], client)
                await phone.send(type="hangup")
                await phone.until(lambda: phone.closed is not None)
                await listener.until(lambda: listener.closed is not None)
                await another.until(lambda: another.closed is not None)
            assert (await client.post(monitor["controlUrl"], json={"type": "end-call"})).status_code == 409
        ended = await wait_for_end(runtime, call["id"])
        assert (ended["endedReason"], ended["type"]) == ("customer-ended-call", "webCall")
        assert "monitor" not in ended
        assert "Friday" in str(ended["artifact"]["variableValues"])
        told = await kinds(runtime, call["id"])
        answer = await runtime.client.get(f"/call/{call['id']}/stereo-recording")
    verbs = {
        "control.say",
        "control.message",
        "control.keys",
        "control.custom",
        "control.handoff",
        "control.line",
    }
    assert verbs <= told.keys()
    assert [each["digit"] for each in told["media.digit"]] == ["7"]
    assert told["assistant.handed_off"][0]["to"] == "Sales"
    assert any(entry["to"] == "YIELDED" for entry in told["turn.state"])
    check_listener(listener)
    assert another.texts[0] == listener.texts[0]
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 16_000)
        recorded = file.readframes(file.getnframes())
    check_audio(recorded, listener, phone)


def check_listener(listener: WebPhone) -> None:
    assert listener.texts[0] == {
        "type": "start",
        "encoding": "pcm_s16le",
        "sampleRate": 16_000,
        "channels": 2,
        "tracks": ["customer", "assistant"],
    }
    assert "riday" in listener.said("user")
    assert "sales speaking" in listener.said("assistant")
    assert listener.told("status-update")[-1]["endedReason"] == "customer-ended-call"
    assert listener.closed == (1000, "call-ended")


def check_audio(recorded: bytes, listener: WebPhone, phone: WebPhone) -> None:
    """What the listener heard is what was recorded; the left track is what the client sent, the right what it
    heard.
    """
    heard = bytes(listener.heard)
    assert len(heard) > 5 * 64_000
    middle = heard[4 * 16_000 : 4 * 16_000 * 4]
    assert any(middle)
    assert middle in recorded
    left, right = tracks(recorded)
    friday = speech("digits/day-5", 16_000)
    assert friday[8_000:9_280] in left
    loud = next(at for at in range(0, len(phone.heard), 640) if any(phone.heard[at : at + 640]))
    assert bytes(phone.heard[loud : loud + 6400]) in right


def tracks(stereo: bytes) -> tuple[bytes, bytes]:
    frames = memoryview(stereo).cast("h")
    return frames[0::2].tobytes(), frames[1::2].tobytes()


async def be_quiet(runtime: Child) -> None:
    """An assistant that lets nobody listen without a key, over mu-law, until an operator ends the call."""
    plan = {"listenAuthenticationEnabled": True, "controlEnabled": False}
    order = {
        "transport": {"provider": "vapi.websocket", "audioFormat": {"format": "mulaw"}},
        "assistant": {"name": "Quiet", "firstMessage": "Hello.", "monitorPlan": plan},
    }
    call = await runtime.post("/call", order)
    assert (call["type"], list(call["monitor"])) == ("vapi.websocketCall", ["listenUrl"])
    listen = call["monitor"]["listenUrl"]
    async with open_web_phone(call["transport"]["websocketCallUrl"], 4_000) as phone:  # 80 bytes of mu-law
        await phone.until(lambda: "ello" in phone.said("assistant"))
        assert len(phone.heard) > 1000
        assert await refusal(listen) == 401
        await runtime.post(f"/call/{call['id']}/control", {"type": "end-call"})
        await phone.until(lambda: phone.closed is not None)
    assert phone.told("hangup")
    ended = await wait_for_end(runtime, call["id"])
    assert ended["endedReason"] == "manually-canceled"
    with trio.fail_after(5):
        assert (await runtime.client.get(f"/call/{call['id']}")).status_code == 200
