"""Liquid templates within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.model.template import MAX_TEMPLATE, TemplateError, fill, filled_or_same, render

VALUES: dict[str, object] = {
    "name": "Bo",
    "long": "a" * 20_000,
    "customer": {"number": "+4930"},
    "items": [{"price": 3}, {"price": 4}],
    "now": "2026-11-22T05:00:00+00:00",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello {{ name }}!", "Hello Bo!"),
        ("{{ customer.number }}", "+4930"),
        ("{% if name == 'Bo' %}yes{% else %}no{% endif %}", "yes"),
        ("{% for item in items %}{{ item.price | times: 2 }} {% endfor %}", "6 8 "),
        ("{{ nobody }}{{ nobody.at.all }}", ""),
        ("{{ nobody | default: 'friend' }}", "friend"),
        (
            "{{ 'now' | date: '%A, %B %d, %Y, %I:%M %p', 'America/New_York' }}",
            "Sunday, November 22, 2026, 12:00 AM",
        ),
        ("{{ now | date: '%H:%M' }}", "05:00"),
        ("{{ 'a b&c' | url_encode }}", "a+b%26c"),
        ("no template at all }}", "no template at all }}"),
        ("{{ name.__class__ }}{{ name.upper }}{{ items.append }}", ""),
    ],
)
def test_filled_in(template: str, text: str) -> None:
    assert render(template, VALUES) == text


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{% assign x = 'ab' %}{% for i in (1..100) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 9 %}{% for i in (1..100) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
        "{{ '1e1000000000' | ceil }}",
        "{{ long | replace: 'a', long }}",
        "{{ long | split: '' | join: long }}",
        "{% capture x %}{% for i in (1..500) %}{{ long }}{% endfor %}{% endcapture %}",
        "{% for a in (1..400) %}{% for b in (1..400) %}x{% endfor %}{% endfor %}",
        "{{ 'now' | date: '%0999999999Y' }}",
        "{{ 'now' | date: '%H', '../../etc/passwd' }}",
        "{% include '/etc/passwd' %}",
        "{% render 'other' %}",
        "{{" * 5000,
        "{% raw %}" * 900,
        "{% if a %}" * 500,
        "x{{ name }}" + "x" * MAX_TEMPLATE,
        "{{ name | no_such_filter }}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_what_runs_away_is_stopped(template: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, VALUES)
    assert "aaaa" not in str(caught.value), "no value is told"


@given(st.text(st.sampled_from("{}%| a.b[1]'\":,-()=<"), max_size=60))
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    assert isinstance(filled_or_same(text, VALUES), str)


def test_what_is_not_known_is_a_fault_where_that_is_asked() -> None:
    with pytest.raises(TemplateError, match="nobody"):
        render("{{ nobody }}", VALUES, strict=True)


def test_strings_inside_are_filled_in() -> None:
    given = {"a": ["{{ name }}", 7], "b": {"c": "{{ customer.number }}"}}
    assert fill(given, VALUES) == {"a": ["Bo", 7], "b": {"c": "+4930"}}
