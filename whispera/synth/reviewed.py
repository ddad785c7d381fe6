"""The file between a language model and the configuration: every paraphrase, what became of it, and why.

    model: qwen3-8b
    endpoint: http://127.0.0.1:8080/v1
    actions:
      set_volume:
      - {say: "whack it up to {level}", status: agreed, why: understood 4 times of 4}

`agreed` and `undecided` wait for a person; only what a person has `accepted` is ever applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from whispera.catalog.nodes import Source, did_you_mean
from whispera.errors import ConfigErrors, UsageError

Status = Literal["agreed", "undecided", "accepted", "rejected"]
STATUSES: tuple[Status, ...] = get_args(Status)
WAITING: tuple[Status, ...] = ("agreed", "undecided")
"""What a person has yet to decide."""
_HEAD = """\
# Paraphrases by a language model. `whispera synth review` asks about those that are agreed (the model here
# understood every filling of them as it was meant) or undecided; `whispera synth apply` takes those accepted.
"""


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """One line of the file."""

    say: str
    """A pattern."""
    status: Status
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The file."""

    model: str
    endpoint: str
    actions: Mapping[str, tuple[Paraphrase, ...]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Status to how many have it."""
        found = Counter(one.status for _, _, one in self.lines())
        return {status: found[status] for status in STATUSES}

    def lines(self) -> Iterator[tuple[str, int, Paraphrase]]:
        """Action, place in its list and paraphrase."""
        for action, lines in self.actions.items():
            for index, one in enumerate(lines):
                yield action, index, one

    def with_more(self, action: str, more: Sequence[Paraphrase]) -> Reviewed:
        """The file with paraphrases added to an action."""
        return replace(self, actions={**self.actions, action: (*self.actions.get(action, ()), *more)})

    def with_one(self, action: str, index: int, one: Paraphrase) -> Reviewed:
        """The file with one paraphrase replaced."""
        lines = list(self.actions[action])
        lines[index] = one
        return replace(self, actions={**self.actions, action: tuple(lines)})


def render(reviewed: Reviewed) -> str:
    """The file as text."""
    import yaml

    data: dict[str, Any] = {
        "model": reviewed.model,
        "endpoint": reviewed.endpoint,
        "actions": {
            action: [{"say": one.say, "status": one.status, "why": one.why} for one in lines]
            for action, lines in reviewed.actions.items()
        },
    }
    return _HEAD + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)


def read(path: Path) -> Reviewed:
    """The file at a path; raises UsageError where there is none, ConfigErrors naming what is wrong in it."""
    if not path.is_file():
        raise UsageError(f"there is no {path}", hint="whispera synth writes such a file and names it")
    source = Source(path, [], str(path))
    root = source.compose()
    found = source.known(root, "", ("model", "endpoint", "actions")) if root is not None else {}
    texts = {name: source.text(found[name], name) for name in ("model", "endpoint") if name in found}
    actions: dict[str, tuple[Paraphrase, ...]] = {}
    listed = source.entries(found["actions"], "actions") if "actions" in found else {}
    for action, node in listed.items():
        lines: list[Paraphrase] = []
        for item, key in source.items(node, f"actions.{action}"):
            entries = source.known(item, key, ("say", "status", "why"))
            if "say" not in entries or "status" not in entries:
                source.note(item, key, "expected {say: words, status: accepted}")
                continue
            status = source.text(entries["status"], f"{key}.status")
            if status not in STATUSES:
                hint = did_you_mean(status, STATUSES)
                source.note(entries["status"], f"{key}.status", f"no status '{status}'", hint=hint)
                continue
            why = source.text(entries["why"], f"{key}.why", empty=True) if "why" in entries else ""
            lines.append(Paraphrase(source.text(entries["say"], f"{key}.say"), status, why))
        actions[action] = tuple(lines)
    if source.errors:
        raise ConfigErrors(source.errors)
    return Reviewed(texts.get("model", ""), texts.get("endpoint", ""), actions)
