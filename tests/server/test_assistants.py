"""`/assistant`: what is taken, kept, changed, listed and refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, make_parts

DESK = {
    "name": "Front desk",
    "firstMessage": "Good morning.",
    "voice": {"provider": "11labs", "voiceId": "abc", "stability": 0.5, "language": "en-GB"},
    "model": {
        "provider": "openai",
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be kind."}],
    },
    "metadata": {"anything": [1, {"goes": None}]},
    "server": {"url": "https://example.com/hook", "secret": "hush-hush"},
}


class Api:
    """A client of one app."""

    def __init__(self) -> None:
        self.parts = make_parts()
        self._client = create_app(self.parts).test_client()

    async def __call__(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any, Any]:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        options = {} if body is None else {"json": body}
        answer = await self._client.open(path, method=method, headers={**AUTH, **extra}, **options)
        return answer.status_code, await answer.get_json(), answer.headers


async def test_an_assistant_is_made_and_read() -> None:
    api = Api()
    status, made, headers = await api("POST", "/assistant", DESK)
    assert status == 201, made
    assert headers["Location"].endswith(f"/assistant/{made['id']}")
    assert made["server"] == {"url": "https://example.com/hook", "secret": "redacted"}
    assert {name: made[name] for name in DESK if name != "server"} == {
        name: value for name, value in DESK.items() if name != "server"
    }
    assert (await api("GET", f"/assistant/{made['id']}"))[1] == made
    assert (await api("GET", "/assistant"))[1] == [made]
    assert "hush-hush" not in str(api.parts.resources.store)


async def test_a_change_merges_and_null_takes_away() -> None:
    api = Api()
    _, made, _ = await api("POST", "/assistant", DESK)
    path = f"/assistant/{made['id']}"
    patch = {"voice": {"stability": None, "speed": 1.1}, "model": None, "server": {"secret": "redacted"}}
    status, changed, headers = await api("PATCH", path, patch)
    assert status == 200, changed
    assert changed["voice"] == {"provider": "11labs", "voiceId": "abc", "language": "en-GB", "speed": 1.1}
    assert "model" not in changed
    assert changed["updatedAt"] > made["updatedAt"]
    assert headers["ETag"] == '"2"'
    stale = await api("PATCH", path, {"name": "x"}, If_Match='"1"')
    assert (stale[0], stale[1]["code"]) == (412, "version-conflict")
    assert (await api("PATCH", path, {"name": "x"}, If_Match='"2"'))[1]["name"] == "x"


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"nmae": "x"}, "nmae", "is not a field that is known"),
        ({"name": "x" * 41}, "name", "should have at most 40"),
        (
            {"startSpeakingPlan": {"waitSeconds": 9}},
            "startSpeakingPlan.waitSeconds",
            "less than or equal to 5",
        ),
        (
            {
                "voice": {
                    "chunkPlan": {
                        "formatPlan": {"replacements": [{"type": "regex", "regex": "(a+)+", "value": "b"}]}
                    }
                }
            },
            "voice",
            "must not repeat what repeats",
        ),
        ({"backgroundSound": "/etc/passwd"}, "backgroundSound", "should match pattern"),
        ({"server": {"url": "ftp://example.com"}}, "server.url", "must be an http or https URL"),
        ({"server": {"url": "https://u:p@example.com"}}, "server.url", "without credentials"),
        (
            {"server": {"url": "https://example.com", "secret": "redacted"}},
            "server.secret",
            "must be the secret itself",
        ),
        ({"model": {"model": "x"}}, "model.provider", "is required"),
        ({"credentialIds": ["x"]}, "credentialIds.0", "UUID"),
        ({"name": "a\x00b"}, "name", "NUL"),
        ({"serverMessages": ["gossip"]}, "serverMessages.0", "must be one of assistant.speechStarted"),
    ],
)
async def test_what_is_refused(body: dict[str, object], field: str, rule: str) -> None:
    api = Api()
    status, told, _ = await api("POST", "/assistant", body)
    assert (status, told["field"]) == (400, field), told
    assert rule in told["message"], told


async def test_unknown_ids() -> None:
    api = Api()
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        for id in (str(uuid4()), "no-uuid"):
            status, told, _ = await api(method, f"/assistant/{id}", body)
            assert (status, told["code"]) == (404, "assistant-not-found")


async def test_pages() -> None:
    api = Api()
    made = [(await api("POST", "/assistant", {"name": str(n)}))[1] for n in range(5)]
    names: list[str] = []
    path = "/assistant?limit=2"
    while path:
        _, page, headers = await api("GET", path)
        names += [each["name"] for each in page]
        path = headers.get("Link", "").partition("<")[2].partition(">")[0].removeprefix("http://localhost")
    assert names == ["4", "3", "2", "1", "0"]
    after = await api("GET", f"/assistant?createdAtGt={made[2]['createdAt']}")
    assert [each["name"] for each in after[1]] == ["4", "3"]
    assert (await api("GET", "/assistant?limit=0"))[1] == []
    for query, field in (("limit=1001", "limit"), ("cursor=x", "cursor"), ("page=2", "page")):
        status, told, _ = await api("GET", f"/assistant?{query}")
        assert (status, told["field"]) == (400, field)


async def test_one_that_is_in_use_is_not_deleted() -> None:
    api = Api()
    _, made, _ = await api("POST", "/assistant", {"name": "Desk"})
    number = {"provider": "byo-phone-number", "number": "+49 30 1234567", "assistantId": made["id"]}
    status, bound, _ = await api("POST", "/phone-number", number)
    assert (status, bound["status"]) == (201, "active")
    status, told, _ = await api("DELETE", f"/assistant/{made['id']}")
    assert (status, told["code"]) == (409, "resource-in-use")
    assert bound["id"] in told["message"]
    await api("PATCH", f"/phone-number/{bound['id']}", {"assistantId": None})
    assert (await api("DELETE", f"/assistant/{made['id']}"))[1]["id"] == made["id"]


async def test_what_leads_nowhere_is_a_conflict() -> None:
    body = {"model": {"provider": "openai", "model": "gpt-4o", "toolIds": [str(uuid4())]}}
    status, told, _ = await Api()("POST", "/assistant", body)
    assert (status, told["code"], told["field"]) == (409, "unknown-reference", "model.toolIds.0")
