"""What the training data consists of: shares, balance over actions, pattern coverage, values, lengths."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.fillers import plain
from generator.leaning import ORIGIN
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Copied, Labelled, Span


@dataclass(slots=True)
class ActionCount:
    """One action in the data."""

    samples: int = 0
    """Alone, as a plain command."""
    steps: int = 0
    """As a step of a sequence."""
    other: int = 0
    """From near misses, corrections, commands taken back and follow-ups."""
    patterns: int = 0
    used: int = 0
    """Patterns seen at least once."""
    values: dict[str, int] = field(default_factory=dict)
    """Slot to the number of different values."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The report."""

    samples: int
    shares: Mapping[str, float]
    """Origin to its share, 0 to 1."""
    context: Mapping[str, float]
    """Share of all that come after other commands, and of those after two, leaning, copying."""
    actions: Mapping[str, ActionCount]
    slot_kinds: Mapping[str, int]
    """How the words of slots look (lower, Capital, digits, ...) to how many."""
    words: Mapping[str, float]
    """Words an utterance: mean, median, 95th percentile, most."""
    repeated: int
    """Utterances that differ from another in case and punctuation only."""

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "samples": self.samples,
            "shares": {name: round(share, 4) for name, share in self.shares.items()},
            "context": {name: round(share, 4) for name, share in self.context.items()},
            "words": self.words,
            "repeated": self.repeated,
            "slot_kinds": dict(self.slot_kinds),
            "actions": {
                name: {
                    "samples": one.samples, "steps": one.steps, "other": one.other, "patterns": one.patterns,
                    "patterns_used": one.used, "values": one.values,
                }
                for name, one in self.actions.items()
            },
        }  # fmt: skip

    def text(self) -> str:
        """The report for people."""
        lines = [f"{self.samples} utterances, {self.repeated} alike but for case and punctuation", ""]
        lines += [f"  {share:6.1%}  {name}" for name, share in self.shares.items()]
        lines += ["", "context: " + ", ".join(f"{name} {share:.1%}" for name, share in self.context.items())]
        lines += ["words: " + ", ".join(f"{name} {count:g}" for name, count in self.words.items())]
        lines += ["slot words: " + ", ".join(f"{kind} {count}" for kind, count in self.slot_kinds.items())]
        lines += ["", f"{'action':20} alone steps other  patterns  different values"]
        for name, one in self.actions.items():
            values = ", ".join(f"{slot} {count}" for slot, count in one.values.items())
            used = f"{one.used}/{one.patterns}"
            lines.append(f"{name:20} {one.samples:5} {one.steps:5} {one.other:5} {used:>9}  {values}")
        return "\n".join(lines)


def report(samples: Iterable[Labelled], catalog: Catalog) -> Balance:
    """The balance of samples over a catalog."""
    samples = list(samples)
    actions = {name: ActionCount(patterns=len(action.patterns)) for name, action in catalog.actions.items()}
    for name in ("none", "sequence"):
        actions[name] = ActionCount()
    used: dict[str, set[str]] = defaultdict(set)
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    kinds: Counter[str] = Counter()
    origins: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for sample in samples:
        origins[sample.origin] += 1
        texts[plain(sample.text)] += 1
        if len(sample.steps) > 1:
            actions["sequence"].samples += 1
        for step in sample.steps:
            one = actions.setdefault(step.action, ActionCount())
            if len(sample.steps) > 1:
                one.steps += 1
            elif sample.origin == "pattern" or step.action == "none":
                one.samples += 1
                used[step.action].add(sample.source)
            else:
                one.other += 1
            for slot, value in step.slots:
                if isinstance(value, Copied):
                    continue
                words = sample.text[value.start : value.end] if isinstance(value, Span) else value
                values[step.action, slot].add(words.lower())
                kinds[look(words) if isinstance(value, Span) else "enum"] += 1
    for name, one in actions.items():
        one.used = len(used[name]) if one.patterns else 0
        one.values = {slot: len(found) for (action, slot), found in values.items() if action == name}
    lengths = sorted(len(sample.text.split()) for sample in samples) or [0]
    return Balance(
        samples=len(samples),
        shares={name: count / max(1, len(samples)) for name, count in origins.most_common()},
        context=_context(samples),
        actions=actions,
        slot_kinds=dict(kinds.most_common()),
        words={
            "mean": round(statistics.fmean(lengths), 2),
            "median": statistics.median(lengths),
            "p95": lengths[int(0.95 * (len(lengths) - 1))],
            "most": lengths[-1],
        },
        repeated=sum(count - 1 for count in texts.values()),
    )


def _context(samples: list[Labelled]) -> dict[str, float]:
    """How many samples come after other commands, and how those are made up."""
    after = [sample for sample in samples if sample.previous]
    copying = [
        one for one in after if any(isinstance(v, Copied) for step in one.steps for _, v in step.slots)
    ]
    whole = max(1, len(after))
    return {
        "after commands": len(after) / max(1, len(samples)),
        "of these after two": sum(len(sample.previous) > 1 for sample in after) / whole,
        "leaning": sum(sample.origin.startswith(ORIGIN) for sample in after) / whole,
        "copying": len(copying) / whole,
    }


def look(words: str) -> str:
    """What a value looks like."""
    if any(char.isdigit() for char in words):
        return "digits"
    if "'" in words or "’" in words:
        return "apostrophe"
    if not words.isascii():
        return "accent"
    if any(char in "/_@-.+" for char in words):
        return "symbols"
    if " " in words:
        return "several words"
    if words[1:] != words[1:].lower():
        return "CamelCase"
    return "one word"


def plot(balance: Balance, path: Path | str) -> None:
    """Draw the balance over actions into `path` (.png or .svg); needs matplotlib."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "whispera"
    from matplotlib import pyplot as plt

    names = [name for name in balance.actions if name not in ("none", "sequence")]
    figure, axes = plt.subplots(figsize=(9, max(4, 0.17 * len(names))))
    left = [0] * len(names)
    for part, colour in (("samples", "#3465a4"), ("steps", "#73a946"), ("other", "#c17d11")):
        counts = [getattr(balance.actions[name], part) for name in names]
        axes.barh(names, counts, left=left, color=colour, label=part)
        left = [start + count for start, count in zip(left, counts, strict=True)]
    axes.invert_yaxis()
    axes.margins(y=0.005)
    axes.tick_params(axis="y", labelsize=6)
    axes.set_xlabel(f"utterances of {balance.samples}")
    axes.legend()
    figure.tight_layout()
    figure.savefig(Path(path), dpi=140, metadata={"Date": None} if str(path).endswith(".svg") else None)
    plt.close(figure)
