"""What is asked of a language model: other ways of saying one action."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from whispera import patterns
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import NONE
from whispera.patterns import Pattern

MOST = 20
"""Paraphrases asked for at once; more get worse towards the end."""
SHOWN_PATTERNS = 12
SHOWN_NEIGHBOURS = 12
TEMPERATURE = 0.9
_TOKENS_EACH = 40

_MEANS: Mapping[str, str] = {
    "text": "any words",
    "name": "the name of a thing",
    "url": "a web address",
    "percent": "a percentage",
    "count": "a number",
    "duration": "a length of time",
    "clock": "a time of day",
    "keys": "a key, or keys pressed together",
    "expression": "a sum to be worked out",
}

_SYSTEM = (
    "You help to train a program that understands what people tell a computer to do. "
    "You write what many different people would say or type to it."
)
_RULES = """\
Write {count} new ways of asking for it.
- Make them as different as people are: short and clipped, chatty, polite, impatient, a question, a complaint,
  slang, simple words of somebody who learns English; let the order of words and the place of the slot vary.
- Each must ask for this and nothing else, and be understood without any other sentence.
- Write a slot in braces, by its name, where its value would be said. Never write a value yourself.
- No quotation marks around a sentence, no numbering, no alternatives in one line.
Answer with JSON alone: {{"paraphrases": ["...", "..."]}}"""


def body(action: Action, catalog: Catalog, *, model: str, count: int, seed: int) -> dict[str, Any]:
    """The request for up to `MOST` paraphrases; the same for the same arguments."""
    return {
        "model": model,
        "messages": messages(action, catalog, count=count, rng=random.Random(f"{seed} {action.name}")),
        "temperature": TEMPERATURE,
        "seed": seed,
        "max_tokens": 200 + _TOKENS_EACH * count,
    }


def messages(action: Action, catalog: Catalog, *, count: int, rng: random.Random) -> list[dict[str, str]]:
    """The conversation that asks: nothing in it but what the configuration says of this action and others."""
    lines = [f"The action: {action.summary or action.name}", ""]
    if action.slots:
        lines += ["Its slots:", *(f"- {_slot(spec, catalog)}" for spec in action.slots), ""]
    lines += ["People say it like this:", *(f"- {text}" for text in _said(action, catalog, rng)), ""]
    near = [f"- {other.summary}" for other in neighbours(action, catalog) if other.summary]
    if near:
        lines += ["These are others. Write nothing that could mean one of them:", *near, ""]
    lines.append(_RULES.format(count=count))
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": "\n".join(lines)}]


def neighbours(action: Action, catalog: Catalog) -> list[Action]:
    """Actions that are easily taken for one: those of its near misses, then the others of its group."""
    names = [str(miss.intent["action"]) for miss in action.near_misses]
    names += [name for name, other in catalog.actions.items() if other.group == action.group]
    known = [name for name in dict.fromkeys(names) if name not in (action.name, NONE)]
    return [catalog.actions[name] for name in known if name in catalog.actions][:SHOWN_NEIGHBOURS]


def _slot(spec: SlotSpec, catalog: Catalog) -> str:
    means = _MEANS.get(spec.type, "")
    if spec.enum:
        words = catalog.enums.get(spec.type, {})
        means = "one of: " + ", ".join(words.get(word, (word,))[0] for word in spec.enum)
    return f"{{{spec.name}}}: {means}" + (" (may be left out)" if spec.may_be_absent else "")


def _said(action: Action, catalog: Catalog, rng: random.Random) -> Sequence[str]:
    """Some patterns as plain sentences, slots in braces."""
    chosen = rng.sample(action.patterns, min(len(action.patterns), SHOWN_PATTERNS))
    return [_sentence(patterns.parse(text), catalog, rng) for text in chosen]


def _sentence(pattern: Pattern, catalog: Catalog, rng: random.Random) -> str:
    return patterns.sample(pattern, rng=rng, lists=catalog.lists, fill=lambda name, _: f"{{{name}}}").text
