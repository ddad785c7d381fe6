"""What the history holds that training could learn from, for a person to decide about.

Utterances that were not understood, taken back, refused or done unsurely; commands that somebody said yes
to; and commands said again at once with other words, which is mostly a correction. Nothing here decides: it
finds, and leaves out what was decided before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from whispera.catalog.model import Action
from whispera.catalog.settings import Settings
from whispera.domain.intent import CANCEL, Intent
from whispera.domain.outcome import Parse
from whispera.nlu.grammar import FREE_TYPES
from whispera.nlu.normalise import normalise
from whispera.pipeline import policy
from whispera.pipeline.examples import Example
from whispera.pipeline.history import REJECTED, REPEAT, UNDO, Entry

Why = Literal["corrected", "undone", "rephrased", "refused", "rejected", "unsure", "confirmed"]
ORDER: tuple[Why, ...] = get_args(Why)
"""What teaches most comes first."""
TOLD: Mapping[Why, str] = {
    "corrected": "you said what it should have been",
    "undone": "taken back",
    "rephrased": "said again with other words",
    "refused": "you said no",
    "rejected": "not understood",
    "unsure": "done, but unsure",
    "confirmed": "you said yes",
}
UNSURE = 0.75
"""A command done with less confidence than this is worth a look."""
AGAIN_S = 30.0
"""Said so soon after, other words are taken for the same wish."""
ALIKE = 0.5
"""Share of words that two commands must have in common, where the first seemed all right."""
NOTHING_DONE = "Nothing was done."
"""What is told where the answer to a question was no."""
_ABOUT = frozenset({UNDO, REPEAT, CANCEL})


@dataclass(frozen=True, slots=True)
class Candidate:
    """The same words, said once or more often, that await a decision."""

    entries: tuple[Entry, ...]
    """Oldest first."""
    why: tuple[Why, ...]
    suggestion: Intent | None = None
    """What the user said it should have been, or got by other words right after."""
    said_after: str = ""
    """These words."""

    @property
    def entry(self) -> Entry:
        """The newest."""
        return self.entries[-1]

    @property
    def ids(self) -> list[int]:
        """The numbers of all entries."""
        return [entry.id for entry in self.entries]

    def as_json(self) -> dict[str, Any]:
        """The candidate as plain data."""
        entry = self.entry
        return {
            "ids": self.ids,
            "time": entry.time,
            "text": entry.utterance,
            "why": list(self.why),
            "reading": entry.intent and entry.intent.as_json(),
            "confidence": round(entry.confidence, 4),
            "previous": [one.as_json() for one in entry.previous],
            "suggestion": self.suggestion and self.suggestion.as_json(),
            "said_after": self.said_after,
        }


def candidates(
    entries: Sequence[Entry],
    *,
    reviewed: Iterable[int],
    examples: Sequence[Example],
    actions: Mapping[str, Action],
    settings: Settings,
) -> list[Candidate]:
    """What awaits a decision, what teaches most first, then newest first.

    `entries`: the history, oldest first; `reviewed`: ids that were decided; `examples`: those written before.
    """
    done = set(reviewed)
    settled = {_group(entry) for entry in entries if entry.id in done}
    known: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        known[_plain(example.text)].append(example)
    after = dict(_rephrased(entries, actions))
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if _plain(entry.utterance) and _group(entry) not in settled and not _is_known(entry, known):
            groups[_group(entry)].append(entry)
    found: list[Candidate] = []
    for group in groups.values():
        why = {
            one for entry in group for one in _reasons(entry, entry.id in after, actions, settings=settings)
        }
        if not why:
            continue
        corrected = [entry.correction for entry in group if entry.correction is not None]
        later = [after[entry.id] for entry in group if entry.id in after]
        found.append(
            Candidate(
                tuple(group),
                tuple(one for one in ORDER if one in why),
                corrected[-1] if corrected else later[-1].intent if later else None,
                later[-1].utterance if later and not corrected else "",
            )
        )
    return sorted(found, key=lambda one: (ORDER.index(one.why[0]), -one.entry.id))


def _plain(text: str) -> str:
    return normalise(text).text.strip()


def _group(entry: Entry) -> str:
    """The same for entries of the same words that were read alike."""
    return f"{_plain(entry.utterance)} {entry.intent.as_json() if entry.intent else ''}"


def _is_known(entry: Entry, known: Mapping[str, Sequence[Example]]) -> bool:
    """Whether an example of these words was written; one that the user corrected since is none."""
    return any(
        entry.correction in (None, example.intent)
        for example in known.get(_plain(entry.utterance), ())
        if not example.previous or example.previous == entry.previous
    )


def _reasons(
    entry: Entry, is_rephrased: bool, actions: Mapping[str, Action], *, settings: Settings
) -> Iterator[Why]:
    """Why an entry is worth a look."""
    about = entry.intent is not None and entry.intent.action in _ABOUT
    if entry.correction is not None:
        yield "corrected"
    if entry.undone:
        yield "undone"
    if is_rephrased:
        yield "rephrased"
    if entry.status == REJECTED and entry.wire:  # the model was asked
        yield "rejected"
    if about or entry.intent is None:
        return
    parse = Parse(entry.utterance, entry.wire, entry.intent, None, entry.confidence, entry.ms)
    asked = policy.decide(parse, actions, settings=settings, interactive=True).kind == "confirm"
    if asked and entry.status == "refused" and entry.message == NOTHING_DONE:
        yield "refused"
    elif asked and entry.status in ("done", "failed", "refused"):  # a yes, whatever came of it here
        yield "confirmed"
    elif entry.status == "done" and entry.confidence < UNSURE:
        yield "unsure"


def _rephrased(entries: Sequence[Entry], actions: Mapping[str, Action]) -> Iterator[tuple[int, Entry]]:
    """Ids of entries with the one that was said in their place, right after in the same session."""
    before: dict[str, Entry] = {}
    for entry in entries:
        earlier = before.get(entry.session)
        if entry.intent is not None and entry.intent.action in _ABOUT:
            continue  # "undo that" stands between a mistake and what was meant
        if earlier is not None and _is_instead(earlier, entry, actions):
            yield earlier.id, entry
        before[entry.session] = entry


def _is_instead(earlier: Entry, later: Entry, actions: Mapping[str, Action]) -> bool:
    """Whether a command was probably said in place of the one before."""
    if later.status != "done" or later.intent is None or later.time - earlier.time > AGAIN_S:
        return False
    if later.intent == earlier.intent or _plain(later.utterance) == _plain(earlier.utterance):
        return False
    if earlier.status in (REJECTED, "refused") or earlier.undone:
        return True
    if earlier.status != "done" or _is_another(earlier.intent, later.intent, actions):
        return False
    one, other = set(_plain(earlier.utterance).split()), set(_plain(later.utterance).split())
    return len(one & other) >= ALIKE * len(one | other)


def _is_another(earlier: Intent | None, later: Intent, actions: Mapping[str, Action]) -> bool:
    """Whether the same is done with another thing: "open chrome", "open slack" are two wishes."""
    action = actions.get(later.action)
    if earlier is None or action is None or earlier.action != later.action:
        return False
    free = [spec.name for spec in action.slots if spec.type in FREE_TYPES]
    return any(
        name in earlier.slots and name in later.slots and earlier.slots[name] != later.slots[name]
        for name in free
    )
