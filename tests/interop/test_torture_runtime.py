"""RFC 4475 and RFC 5118 against the whole runtime: garbage makes no row of a call, and it stays ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.ports import free_port
from tests.kit.runtime_process import open_runtime_process, runtime_settings
from tests.kit.torture_judge import RFC4475, TESTER, ask, may_call, summary
from tests.kit.torture_wire import Heard, header, open_torturer
from tests.kit.vectors.rfc5118 import RFC5118
from tests.kit.vectors.torture_answers import ANSWERS, ANSWERS_IPV6

pytestmark = [pytest.mark.live, pytest.mark.paired]
MESSAGES = {**RFC4475, **RFC5118}
ALLOWED = {**ANSWERS, **ANSWERS_IPV6}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
async def test_no_call_is_recorded_of_garbage(
    tcp: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tcp_port = free_port()
    settings = runtime_settings(tmp_path / "data", RUNTIME_SIP_TCP_PORT=str(tcp_port))
    wrong: list[str] = []
    callers: set[str] = set()
    heard: dict[str, Heard] = {}
    async with open_runtime_process(settings) as runtime:
        local = ("127.0.0.1", runtime.sip_port), ("127.0.0.1", tcp_port)
        async with open_torturer(*local, TESTER) as sender:
            for name, data in MESSAGES.items():
                heard[name], said = await ask(sender, name, data, ALLOWED[name], tcp=tcp)
                wrong += said
                if may_call(name, ALLOWED[name], tcp=tcp):
                    callers |= {header(each, "Call-ID").decode() for each in heard[name].responses}
        rows = await runtime.get("/call?limit=1000")
        assert (await runtime.client.get("/readyz")).status_code == 200
    recorded = [row["phoneCallProviderId"] for row in rows]
    record_property("shown", summary(heard))
    print(f"{len(recorded)} calls are recorded: {sorted(recorded)}")
    assert not wrong, wrong
    assert recorded
    assert set(recorded) <= callers, set(recorded) - callers
    log = runtime.log.read_text()
    assert '"level": "error"' not in log
    assert '"places"' not in log  # a crash behind a blast wall
