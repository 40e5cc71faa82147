"""What a call used, and what that costs."""

from __future__ import annotations

import trio
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.hearing import Hearing
from aywa.call.timeline import Timeline
from aywa.call.usage import MAX_LATENCIES, Usage
from aywa.model.costs import CallUsage, Tokens, price_analysis, price_call, total
from aywa.model.price_table import DEFAULT_PRICES, Price, PriceTable, Stage, parse_prices
from aywa.ports.store import TimelineEntry
from tests.kit.call_world import NOT_AHEAD, CallWorld
from tests.kit.fake_providers import FakeModel, FakeTranscriber, says

TABLE = PriceTable(
    prices=(
        Price(stage=Stage.STT, provider="ears", per_minute=0.006),
        Price(
            stage=Stage.LLM,
            provider="brain",
            model="small",
            per_million_prompt_tokens=1.0,
            per_million_cached_prompt_tokens=0.25,
            per_million_completion_tokens=4.0,
        ),
        Price(stage=Stage.TTS, provider="mouth", per_million_characters=30.0),
        Price(stage=Stage.TRANSPORT, provider="carrier", per_minute=0.01, per_minute_outbound=0.02),
        Price(stage=Stage.STORAGE, provider="disk", per_gigabyte_month=0.02),
    )
)
USED = CallUsage(
    transcriber="ears",
    model="brain/small",
    voice="mouth",
    trunk="carrier",
    tokens=Tokens(10_000, 500, 4_000),
    wasted=Tokens(1_000, 100),
    characters=2_000,
    wasted_characters=200,
    heard_s=90.0,
    talked_s=120.0,
    stored_bytes=3_840_000,
)


def test_each_thing_costs_by_its_own_unit() -> None:
    items = {item["type"]: item for item in price_call(USED, TABLE)}
    assert items["transport"] == {
        "type": "transport", "provider": "carrier", "minutes": 2.0, "cost": 0.02, "priced": True,
    }  # fmt: skip
    assert (items["transcriber"]["minutes"], items["transcriber"]["cost"]) == (1.5, 0.009)
    # 6,000 at 1.00, 4,000 at 0.25 and 500 at 4.00 a million
    assert items["model"]["cost"] == 0.009
    assert items["model"]["model"] == {"provider": "brain", "model": "small"}
    # what was made ahead and dropped was paid for: it is in the sum, and on its own
    assert items["model"]["speculation"] == {"promptTokens": 1000, "completionTokens": 100, "cost": 0.0014}
    assert items["voice"]["cost"] == 0.06
    assert items["voice"]["speculation"] == {"characters": 200, "cost": 0.006}
    assert items["storage"]["cost"] == 0.000077
    assert total(items.values()) == 0.098077
    assert total(items.values(), "model", "voice") == 0.069


def test_a_call_out_costs_what_calls_out_cost() -> None:
    out = CallUsage(trunk="carrier", outbound=True, talked_s=60.0)
    assert [item["cost"] for item in price_call(out, TABLE)] == [0.02]


def test_what_has_no_price_is_not_called_free() -> None:
    (item,) = price_call(CallUsage(model="unheard-of", tokens=Tokens(5, 5)), TABLE)
    assert (item["cost"], item["priced"]) == (0.0, False)
    assert price_analysis("summary", "brain/small", Tokens(1_000_000, 0), TABLE)["cost"] == 1.0


def test_an_operators_entry_stands_before_what_is_built_in() -> None:
    text = '{"prices": [{"stage": "llm", "provider": "scripted", "perMillionPromptTokens": 2}]}'
    own, gaps = parse_prices(text, "RUNTIME_PRICES")
    assert own is not None
    assert gaps == []
    price = own.over(DEFAULT_PRICES).find(Stage.LLM, "scripted")
    assert price is not None
    assert price.per_million_prompt_tokens == 2
    euros = PriceTable(currency="EUR").over(DEFAULT_PRICES)
    assert euros.prices == (), "an amount of another currency is none"


def test_every_fault_of_a_table_is_named() -> None:
    table, gaps = parse_prices('{"prices": [{"stage": "stt", "provider": "x", "perMinute": -1}]}', "P")
    assert table is None
    assert [gap.name for gap in gaps] == ["P.prices.0.perMinute"]


@given(
    st.lists(
        st.sampled_from(
            [
                ("llm.done", {"prompt_tokens": 7, "completion_tokens": 3, "cached_prompt_tokens": 2}),
                ("tts.phrase", {"text": "hello"}),
                ("speculation.dropped", {"prompt_tokens": 5, "completion_tokens": 1, "characters": 4}),
                ("turn.summary", {"latencies_ms": "none"}),
                ("colleague.llm.done", {"prompt_tokens": 99}),
                ("llm.done", {"prompt_tokens": "many"}),
            ]
        ),
        max_size=40,
    )
)
def test_the_units_are_those_of_the_timeline(entries: list[tuple[str, dict[str, object]]]) -> None:
    usage = Usage(("ears", "brain/small", "mouth"))
    for seq, (kind, data) in enumerate(entries):
        usage.observe(TimelineEntry("c", seq, 0, kind, data))
    used = usage.usage()
    kinds = [(kind, data.get("prompt_tokens")) for kind, data in entries]
    done, dropped = kinds.count(("llm.done", 7)), kinds.count(("speculation.dropped", 5))
    assert used.tokens == Tokens(7 * done + 5 * dropped, 3 * done + dropped, 2 * done)
    assert used.wasted == Tokens(5 * dropped, dropped)
    assert used.characters == 5 * kinds.count(("tts.phrase", None)) + 4 * dropped
    record = usage.record(used, TABLE)
    assert record["total"] == total(price_call(used, TABLE))


def test_latencies_are_those_of_the_summary_and_bounded() -> None:
    usage = Usage()
    parts = [{"total": number, "llm": 1} for number in range(2 * MAX_LATENCIES)]
    usage.observe(TimelineEntry("c", 1, 0, "turn.summary", {"latencies_ms": parts}))
    kept = usage.record(usage.usage(), TABLE)["turn_latencies_ms"]
    assert kept == list(range(MAX_LATENCIES, 2 * MAX_LATENCIES))


async def test_a_call_has_its_costs_when_it_is_over(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello."), says("Two nights.")), settings=NOT_AHEAD)
    async with world.call() as person:
        await person.listens()
        await person.says("a room please")
        await person.listens()
        assert world.row().costs is None
        person.session.remote_hangs_up()
    costs = world.row().costs
    assert costs is not None
    items = {item["type"]: item for item in costs["items"]}  # type: ignore[attr-defined]
    assert items["voice"]["characters"] == len("Hello.") + len("Two nights.")
    row = world.row()
    assert row.started_at is not None
    assert row.ended_at is not None
    talked_s = (row.ended_at - row.started_at).total_seconds()
    assert costs["transport_seconds"] == round(talked_s, 3)
    assert len(costs["turn_latencies_ms"]) >= 1  # type: ignore[arg-type]


async def test_audio_that_a_recogniser_was_given_is_counted(autojump_clock: trio.testing.MockClock) -> None:
    timeline = Timeline("c")
    hearing = Hearing(FakeTranscriber(), timeline, lambda _event: None)
    hearing.feed(bytes(32_000), 8000)
    assert hearing.fed_s() == {}, "nobody listens yet"
    async with trio.open_nursery() as nursery:
        await nursery.start(hearing.serve)
        hearing.feed(bytes(32_000), 16_000)
        hearing.feed(bytes(16_000), 20_000)
        nursery.cancel_scope.cancel()
    assert hearing.fed_s() == {"fake-stt": 1.5}
