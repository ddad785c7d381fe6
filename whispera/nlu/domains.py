"""The grammar of a catalog's actions: the step from configuration to decoding."""

from __future__ import annotations

from collections.abc import Iterable

from whispera import values
from whispera.catalog.model import Action, SlotSpec, said
from whispera.domain.domain import DESKTOP as DESKTOP
from whispera.nlu.codec import Tokenizer
from whispera.nlu.grammar import Grammar, GrammarAction, GrammarSlot


def grammar_actions(actions: Iterable[Action]) -> list[GrammarAction]:
    """The actions as the grammar sees them, in catalog order."""
    return [
        GrammarAction(
            action.name,
            tuple(GrammarSlot(s.name, s.type, s.may_be_absent, s.enum, bool(s.words)) for s in action.slots),
            action.is_bare,
        )
        for action in actions
    ]


def domain_grammar(actions: Iterable[Action], *, tokenizer: Tokenizer, tag: str = DESKTOP) -> Grammar:
    """The grammar of a domain's actions, its typed spans decided by their tables and `whispera.values`."""
    actions = list(actions)
    tables = {spec.type: _Table(spec) for action in actions for spec in action.slots if spec.words}

    def fits(slot_type: str, words: str, after: str = "") -> bool:
        table = tables.get(slot_type)
        return values.fits(slot_type, words, after) if table is None else table.spec.fits(words)

    def could_start(slot_type: str, word: str) -> bool:
        table = tables.get(slot_type)
        return (
            values.could_start(slot_type, word) if table is None else said(word).split(" ")[0] in table.first
        )

    return Grammar(
        grammar_actions(actions),
        tag=tag,
        tokenizer=tokenizer,
        fits=fits if tables else values.fits,
        could_start=could_start if tables else values.could_start,
    )


class _Table:
    """A slot of a table, and the words its values begin with."""

    def __init__(self, spec: SlotSpec) -> None:
        self.spec = spec
        self.first = {words.split(" ", 1)[0] for words in spec.words}


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
