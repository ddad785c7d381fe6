"""What the daemon counts and measures, as JSON and as Prometheus text. For threads of any kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 10.0)
"""Upper bounds of the steps of every histogram."""
PREFIX = "whispera_"
HELP: Mapping[str, str] = {
    "requests_total": "Requests, by what was asked.",
    "refused_total": "Requests that got no answer, by kind.",
    "utterances_total": "Utterances, by where they came from and what was understood.",
    "connections_total": "Connections taken, and those dropped by reason.",
    "reloads_total": "Times the configuration or the model was loaded anew.",
    "unloads_total": "Times the models gave their memory back.",
    "troubles_total": "Faults that were logged.",
    "request_seconds": "From the request to its answer.",
    "understand_seconds": "From text to intent.",
    "spoken_seconds": "From the end of speech to the action.",
}
"""Name to what it is; `_total` counts, `_seconds` is a histogram."""

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Histogram:
    steps: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """How many fell under each bound and above the one before; the last one above all."""
    sum_s: float = 0.0
    highest_s: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.steps)

    def quantile(self, share: float) -> float:
        """The upper bound, in seconds, that so many stayed under."""
        wanted = share * self.count
        seen = 0
        for bound, step in zip(BOUNDS_S, self.steps, strict=False):
            seen += step
            if seen >= wanted:
                return bound
        return self.highest_s


class Metrics:
    """Counters and histograms by name and labels."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[tuple[str, Labels], int] = {}
        self._histograms: dict[tuple[str, Labels], _Histogram] = {}

    def count(self, name: str, **labels: str) -> None:
        """One more; `name` of `HELP`."""
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            self._counters[key] = self._counters.get(key, 0) + 1

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """One more measurement; `name` of `HELP`."""
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            histogram = self._histograms.setdefault(key, _Histogram())
            place = next((i for i, bound in enumerate(BOUNDS_S) if seconds <= bound), len(BOUNDS_S))
            histogram.steps[place] += 1
            histogram.sum_s += seconds
            histogram.highest_s = max(histogram.highest_s, seconds)

    def total(self, name: str) -> int:
        """A counter over all its labels."""
        with self._lock:
            return sum(value for (one, _), value in self._counters.items() if one == name)

    def as_json(self) -> dict[str, Any]:
        """Counters, and for histograms count, mean, largest and bounds of the 50 and 95 % quantiles."""
        with self._lock:
            counters = {_series(name, labels): value for (name, labels), value in self._ordered_counters()}
            histograms = {
                _series(name, labels): {
                    "count": one.count,
                    "mean_ms": round(one.sum_s / one.count * 1e3, 3),
                    "max_ms": round(one.highest_s * 1e3, 3),
                    "p50_ms_at_most": round(one.quantile(0.5) * 1e3, 3),
                    "p95_ms_at_most": round(one.quantile(0.95) * 1e3, 3),
                }
                for (name, labels), one in sorted(self._histograms.items())
            }
        return {"counters": counters, "histograms": histograms}

    def as_prometheus(self, gauges: Mapping[str, float]) -> str:
        """The text format 0.0.4 of Prometheus, `gauges` (name to value) among it."""
        lines: list[str] = []
        with self._lock:
            known = ""
            for (name, labels), value in self._ordered_counters():
                known = _head(lines, name, "counter", known)
                lines.append(f"{PREFIX}{_series(name, labels)} {value}")
            for (name, labels), one in sorted(self._histograms.items()):
                known = _head(lines, name, "histogram", known)
                lines.extend(_buckets(name, labels, one))
        for name, number in sorted(gauges.items()):
            _head(lines, name, "gauge", "")
            lines.append(f"{PREFIX}{name} {number:g}")
        return "\n".join(lines) + "\n"

    def _ordered_counters(self) -> Sequence[tuple[tuple[str, Labels], int]]:
        return sorted(self._counters.items())


def _buckets(name: str, labels: Labels, one: _Histogram) -> Iterator[str]:
    seen = 0
    for bound, step in zip((*BOUNDS_S, float("inf")), one.steps, strict=True):
        seen += step
        le = "+Inf" if bound == float("inf") else f"{bound:g}"
        yield f"{PREFIX}{_series(f'{name}_bucket', (*labels, ('le', le)))} {seen}"
    yield f"{PREFIX}{_series(f'{name}_sum', labels)} {one.sum_s:.6f}"
    yield f"{PREFIX}{_series(f'{name}_count', labels)} {seen}"


def _head(lines: list[str], name: str, kind: str, known: str) -> str:
    if name != known:
        if name in HELP:
            lines.append(f"# HELP {PREFIX}{name} {HELP[name]}")
        lines.append(f"# TYPE {PREFIX}{name} {kind}")
    return name


def _series(name: str, labels: Labels) -> str:
    if not labels:
        return name
    inside = ",".join(f'{key}="{_escape(value)}"' for key, value in labels)
    return f"{name}{{{inside}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
