"""Asking two adapters the same, for `whispera adapters compare` and the end of `whispera train`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whispera import __version__
from whispera.catalog.compiled import CompiledCatalog
from whispera.domain.labelled import Labelled
from whispera.engines.load import load
from whispera.engines.versions import Version
from whispera.evaluation import text
from whispera.evaluation.comparison import Comparison, Pair
from whispera.evaluation.expected import Expected, slot_names
from whispera.evaluation.heldout import expected_of
from whispera.evaluation.measure import Answer, answer
from whispera.nlu.decode import trace_of
from whispera.pipeline.understand import Understander
from whispera.workspace import command_in

if TYPE_CHECKING:
    from whispera.training.lora import TrainReport

MOST_ASKED = 100
"""New mistakes of a training that are asked again."""


@dataclass(frozen=True, slots=True)
class Question:
    """An utterance to ask, with what is right."""

    expected: Expected
    previous: tuple[str, ...] = ()
    """Wire intents said before, newest last."""


def questions_of(samples: Sequence[Labelled], catalog: CompiledCatalog) -> list[Question]:
    """The questions of labelled utterances, numbered from 1."""
    return [
        Question(expected_of(one, catalog.actions, line=number), one.previous)
        for number, one in enumerate(samples, 1)
    ]


def compare(
    base: Path,
    catalog: CompiledCatalog,
    versions: Sequence[Version | None],
    questions: Sequence[Question],
    *,
    file: str,
) -> Comparison:
    """Two adapters of a base, None for the bare base, on all questions; raises what `engines.load` raises."""
    first, second = (ask(base, catalog, version, questions) for version in versions)
    pairs = [_pair(a, b) for a, b in zip(first, second, strict=True)]
    names = [f"adapter {one.name}" if one is not None else "the bare base" for one in versions]
    return Comparison(tuple(pairs), (names[0], names[1]), about(base.name, file))


def about(base: str, file: str) -> dict[str, str]:
    """What a comparison is about."""
    return {"base": base, "file": file, "version": __version__, "date": time.strftime("%Y-%m-%d")}


def ask(
    base: Path, catalog: CompiledCatalog, version: Version | None, questions: Sequence[Question]
) -> list[Answer]:
    """The answers of an adapter, with a progress bar on stderr when that is a terminal."""
    folder = version.folder if version is not None else None
    command = command_in(catalog.domain.name)
    model = load(
        base, base.parent, catalog_hash=catalog.hash, use_adapter=False, version=folder, command=command
    )
    understander = Understander(catalog, model)
    slots_of = slot_names(catalog.actions)

    def one(question: Question) -> Answer:
        previous = [trace_of(wire) for wire in question.previous]
        return answer(
            question.expected, understander.parse(question.expected.text, previous=previous), slots_of
        )

    if not sys.stderr.isatty():
        return [one(question) for question in questions]
    label = f"Asking adapter {version.name}" if version is not None else "Asking the bare base"
    with click.progressbar(questions, label=label, file=sys.stderr) as bar:
        return [one(question) for question in bar]


def _pair(before: Answer, after: Answer) -> Pair:
    return Pair(
        before.expected.text,
        before.expected.actions[0],
        before.exact,
        after.exact,
        text.wanted(before),
        text.given(before),
        text.given(after),
        before.confidence,
        after.confidence,
    )


def of_training(
    report: TrainReport,
    heldout: Sequence[Labelled],
    base: Path,
    catalog: CompiledCatalog,
    version: Version | None,
) -> Comparison:
    """The held-out phrasings before and after a run; `version` is asked its new mistakes, to tell what came.

    The figures are those of the run, before any threshold.
    """
    samples = {one.text: one for one in heldout}
    lost = [pair.text for pair in report.paired if pair.before and not pair.after and pair.text in samples]
    questions = questions_of([samples[one] for one in lost[:MOST_ASKED]], catalog)
    told: dict[str, Answer] = {}
    if questions:
        told = {one.expected.text: one for one in ask(base, catalog, version, questions)}
    pairs = []
    for one in report.paired:
        pair = Pair(one.text, one.action, one.before, one.after)
        if one.text in told:
            now = told[one.text]
            wanted, given = text.wanted(now), text.given(now)
            pair = replace(
                pair, wanted=wanted, said_before=wanted, said_after=given, confidence_after=now.confidence
            )
        pairs.append(pair)
    return Comparison(tuple(pairs), about=about(base.name, "the held-out phrasings"))
