"""A hundred planted secrets and personal data: none in logs, metrics, traces, error bodies, none at rest."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.kit.canaries import KINDS, Canaries, hundred
from tests.kit.otlp import otlp_receiver
from tests.kit.plain_caller import open_plain_call
from tests.kit.postgres import data_dir
from tests.kit.runtime_process import Child, open_runtime_process, runtime_settings, wait_for_end

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
COMMAND = (sys.executable, "-m", "tests.kit.canary_child")
NOISE = bytes(range(160))  # loud, of no tone: the engine takes it for speech
SECRETS = ("api_key", "provider_key", "password")


class Planter:
    """Asks the API for things that it refuses or keeps; what it answers with an error is kept."""

    def __init__(self, runtime: Child, canaries: Canaries) -> None:
        self._runtime = runtime
        self._canaries = canaries
        self.errors: list[str] = []
        self.refused = 0

    async def ask(self, method: str, path: str, **how: Any) -> int:
        answer = await self._runtime.client.request(method, path, **how)
        if answer.status_code >= 400:
            self.refused += 1
            self.errors.append(answer.text)
        return answer.status_code

    async def plant(self) -> None:
        """Wrong keys, wrong bodies, wrong numbers, keys of providers."""
        take = self._canaries.take
        for key in self._canaries.rest("api_key"):
            await self.ask("GET", "/call", headers={"Authorization": f"Bearer {key}"})
        for number in (take("phone") for _ in range(5)):
            await self.ask("POST", "/call", json={"customer": {"number": number, "name": take("phrase")}})
        await self.ask("POST", "/call", json={"customer": {"number": f"{take('phone')};x={take('card')}"}})
        await self.ask("POST", "/call", content=f'{{"customer": "{take("phrase")}',
                       headers={"Content-Type": "application/json"})  # fmt: skip
        for key in self._canaries.rest("provider_key"):
            assert await self.ask("POST", "/credential", json={"provider": "openai", "apiKey": key}) == 201
            await self.ask("POST", "/credential", json={"provider": "openai", "apiKey": [key]})
        for password in [take("password") for _ in range(3)]:
            authentication = {"username": take("phone"), "password": password}
            await self.ask(
                "POST", "/credential", json={"provider": "webhook", "authenticationPlan": authentication}
            )
        await self._plant_wrong_values()

    async def _plant_wrong_values(self) -> None:
        take = self._canaries.take
        wrong: list[tuple[str, dict[str, object]]] = [
            ("/assistant", {"firstMessageMode": take("phrase")}),
            ("/assistant", {"maxDurationSeconds": take("card")}),
            ("/assistant", {"backgroundSound": f"https://x.example/ {take('password')}"}),
            ("/assistant", {"analysisPlan": {"successEvaluationPlan": {"rubric": take("phrase")}}}),
            ("/phone-number", {"provider": take("phrase"), "number": take("phone")}),
            ("/phone-number", {"provider": "twilio", "number": f"{take('phone')} {take('phrase')}"}),
            ("/structured-output/run", {"callIds": [take("card")], "structuredOutputId": take("phone")}),
            ("/webhook-endpoint", {"url": f"ftp://user:{take('password')}@x.example"}),
            ("/tool", {"type": take("phrase")}),
        ]  # fmt: skip
        for path, body in wrong:
            assert await self.ask("POST", path, json=body) >= 400, (path, body)
        for path in (
            f"/call/{take('phone')}",
            f"/call?limit={take('card')}",
            f"/call?createdAtLt={take('phrase')}",
            f"/assistant/{take('phrase')}",
            f"/{take('phone')}/{take('card')}",
        ):
            assert await self.ask("GET", path) >= 400, path
        for name, value in (("X-Organization-Id", take("phrase")), ("X-Request-Id", take("phone")[1:]),
                            ("X-API-Key", take("password"))):  # fmt: skip
            await self.ask("GET", "/call/nobody", headers={name: value})

    async def steer(self, call_id: str) -> None:
        """Say, transfer and send what cannot be, in a call."""
        take = self._canaries.take
        await self.ask("POST", f"/call/{call_id}/control", json={"type": "say", "content": take("phrase")})
        to = {"type": "number", "number": take("phone")}
        await self.ask("POST", f"/call/{call_id}/control", json={"type": "transfer", "destination": to})
        await self.ask("POST", f"/call/{call_id}/control", json={"type": take("phrase")})
        for kind in ("phrase", "card", "phone"):
            for each in self._canaries.rest(kind):
                await self.ask("POST", f"/call/{call_id}/control", json={"type": "say", "content": each})


def settings_with(canaries: Canaries, data_dir: Path, collector: str) -> dict[str, str]:
    take = canaries.take
    outbound = {"user": "u", "password": take("password")}
    trunk = json.dumps([{"name": "pbx", "addresses": ["192.0.2.1"], "outbound": outbound}])
    return runtime_settings(
        data_dir,
        RUNTIME_WEBHOOK_URL=f"http://127.0.0.1:9/hook?key={take('password')}",
        RUNTIME_WEBHOOK_SECRET=take("password"),
        WEBHOOK_SIGNING_SECRET=take("password"),
        RUNTIME_STORE_ENCRYPTION_KEY=take("password") + "-and-more",
        RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
        RUNTIME_SIP_TRUNKS_JSON=trunk,
        RUNTIME_LOG_LEVEL="DEBUG",
        RUNTIME_SPECULATION="false",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector,
        AYWA_TEST_CANARIES=canaries.to_json(),
    )  # fmt: skip


async def talk(runtime: Child, planter: Planter, number: str, seed: int, ends: bool) -> dict[str, Any]:
    """A call with noise on its line, steered; the call as it is when it is over."""
    async with open_plain_call(runtime.sip_port, seed=seed, caller=f"sip:{number}@127.0.0.1") as call:
        newest = None
        with trio.move_on_after(8):
            for step in range(400):
                await call.send(call.packet(NOISE if step % 100 < 50 else b"\xff" * 160))
                await trio.sleep(0.02)
                if step == 60:
                    newest = await runtime.call_with(call.session.sip_call_id)
                    assert newest is not None
                    await planter.steer(newest["id"])
                if step > 150 and ends:
                    break
        assert newest is not None
    return await wait_for_end(runtime, newest["id"], seconds=20)


def send_sip(port: int, canaries: Canaries) -> None:
    """Requests that are refused or no SIP at all."""
    take = canaries.take
    via = "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\nCall-ID: x\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for number in range(4):
            phone, password = take("phone"), take("password")
            counted = f"CSeq: {'x' if number % 2 else 1} INVITE\r\n"
            head = f"INVITE sip:1000@127.0.0.1 SIP/2.0\r\n{via.format(number)}{counted}"
            callee = f"To: <sip:{take('phone')}@127.0.0.1>\r\n"
            who = f'From: "{take("phrase")}" <sip:{phone}@127.0.0.1>;tag=1\r\n{callee}'
            proof = f'Authorization: Digest username="{phone}", realm="x", response="{password}"\r\n'
            sock.sendto(f"{head}{who}{proof}Content-Length: 0\r\n\r\n".encode(), ("127.0.0.1", port))


async def test_a_hundred_canaries_are_nowhere(data_dir: Path) -> None:
    canaries = hundred(seed=11)
    assert sum(KINDS.values()) == len({each for kind in canaries.known.values() for each in kind}) == 100
    with otlp_receiver() as (collector, traces):
        settings = settings_with(canaries, data_dir, collector)
        async with open_runtime_process(settings, command=COMMAND) as runtime:
            planter = Planter(runtime, canaries)
            await planter.plant()
            send_sip(runtime.sip_port, canaries)
            ended = [
                await talk(runtime, planter, number, seed, seed == 1)
                for seed, number in enumerate((canaries.take("phone"), canaries.take("phone")), 1)
            ]
            paths = ["/metrics", "/metrics.json", "/slo", "/readyz"]
            paths += [f"/call/{call['id']}/{what}" for call in ended for what in ("logs", "voice-pipeline")]
            shown = [(await runtime.client.get(path)).text for path in paths]
            records = [await runtime.client.get(f"/call/{call['id']}/timeline") for call in ended]
            kept = "".join(answer.text for answer in records)
        log = await trio.Path(runtime.log).read_text()
    assert len(canaries.planted) == 100
    assert planter.refused >= 50
    # they were there to be found: the record, which who has a key may read, has what was said
    assert {entry.partition(":")[0] for entry in canaries.found_in(kept)} >= {"phrase", "card", "phone"}
    assert "stopped" in log
    assert '"crashed"' in log
    assert '"llm.failed"' in kept
    assert '"call.crashed"' in log, "a bug ended a call"
    assert '"refused: %s"' in log, "others' lines are there without what was put into them"
    assert len(traces) > 0
    for where, text in (("log", log), *(("answer", text) for text in shown),
                        *(("error", text) for text in planter.errors),
                        *(("trace", str(each)) for each in traces)):  # fmt: skip
        assert canaries.found_in(text) == [], where
    at_rest = b"".join(file.read_bytes() for file in (data_dir / "postgres").rglob("*") if file.is_file())
    assert canaries.found_in(at_rest.decode("latin-1"), ("api_key", "provider_key")) == []
