"""A registry's figures as JSON."""

from __future__ import annotations

from prometheus_client import CollectorRegistry


def metrics_json(registry: CollectorRegistry) -> dict[str, object]:
    """By name: a number, or a list with labels. Buckets are left out, sums and counts are there."""
    found: dict[str, object] = {}
    for family in registry.collect():
        for sample in family.samples:
            if sample.name.endswith(("_bucket", "_created")):
                continue
            if not sample.labels:
                found[sample.name] = sample.value
                continue
            rows = found.setdefault(sample.name, [])
            assert isinstance(rows, list), "a name has labels or none"
            rows.append({"labels": dict(sample.labels), "value": sample.value})
    return found
