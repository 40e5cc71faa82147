"""Every error is JSON of one shape, names its request, and says nothing it should not."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from aywa_server.app import create_app
from tests.kit.api_parts import AUTH, DictCallStore, make_parts


@pytest.mark.parametrize("headers", [{}, AUTH])
async def test_an_unknown_route_is_404_with_and_without_a_key(headers: dict[str, str]) -> None:
    answer = await create_app(make_parts()).test_client().get("/calls/%ff", headers=headers)
    assert answer.status_code == 404
    assert await answer.get_json() == {
        "statusCode": 404,
        "error": "Not Found",
        "message": "there is no such route",
        "code": "not-found",
    }


async def test_a_wrong_method_is_405_and_says_which_would_do() -> None:
    answer = await create_app(make_parts()).test_client().delete("/call", headers=AUTH)
    assert (answer.status_code, (await answer.get_json())["code"]) == (405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


async def test_a_lost_database_is_503_with_retry_after() -> None:
    answer = await create_app(make_parts(DictCallStore(broken=True))).test_client().get("/call", headers=AUTH)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert (await answer.get_json())["code"] == "store-error"


async def test_a_bug_is_500_without_its_message() -> None:
    parts = make_parts()

    def crash(_org_id: object) -> None:
        raise RuntimeError("secret detail")

    parts.store.of = crash  # type: ignore[method-assign]
    with capture_logs() as logs:
        answer = await create_app(parts).test_client().get("/call", headers=AUTH)
    assert answer.status_code == 500
    (crash,) = [line for line in logs if line["event"] == "request crashed"]
    assert "RuntimeError at " in crash["places"][0]
    assert "secret" not in str(logs)
    assert "exc_info" not in crash
    text = (await answer.get_data()).decode()
    assert "secret" not in text
    assert answer.headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("offered", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 101, False), ("<script>", False)]
)
async def test_request_ids(offered: str, kept: bool) -> None:
    answer = await create_app(make_parts()).test_client().get("/health", headers={"X-Request-Id": offered})
    assert (answer.headers["X-Request-Id"] == offered) is kept


@pytest.mark.parametrize("path", ["/call/phone", "/logs/webhooks/replay"])
async def test_a_word_that_is_a_path_is_no_id(path: str) -> None:
    answer = await create_app(make_parts()).test_client().get(path, headers=AUTH)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"POST", "OPTIONS"})
