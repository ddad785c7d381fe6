"""The grammar of a catalog's actions: the step from configuration to decoding."""

from __future__ import annotations

from collections.abc import Iterable

from whispera import values
from whispera.catalog.model import Action
from whispera.nlu.codec import Tokenizer
from whispera.nlu.grammar import Grammar, GrammarAction, GrammarSlot

DESKTOP = "desktop"


def grammar_actions(actions: Iterable[Action]) -> list[GrammarAction]:
    """The actions as the grammar sees them, in catalog order."""
    return [
        GrammarAction(
            action.name,
            tuple(GrammarSlot(s.name, s.type, s.may_be_absent, s.enum) for s in action.slots),
        )
        for action in actions
    ]


def domain_grammar(actions: Iterable[Action], *, tokenizer: Tokenizer, tag: str = DESKTOP) -> Grammar:
    """The grammar of a domain's actions, its typed spans decided by `whispera.values`."""
    return Grammar(
        grammar_actions(actions),
        tag=tag,
        tokenizer=tokenizer,
        fits=values.fits,
        could_start=values.could_start,
    )


def corpus_grammar(actions: Iterable[GrammarAction], *, tokenizer: Tokenizer, tag: str) -> Grammar:
    """The grammar of a foreign label set: every slot optional and free text, no sequences."""
    return Grammar(
        list(actions),
        tag=tag,
        tokenizer=tokenizer,
        fits=lambda _type, words, _after: bool(words),
        could_start=lambda _type, _word: True,
        sequences=False,
    )
