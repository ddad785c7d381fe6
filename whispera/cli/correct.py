"""`whispera correct`: say what an utterance should have been; training learns from it.

A correction is kept in the history and in `config/local/examples.jsonl` (`pipeline.examples`). The model
points at words, so a correction whose values neither the words of the utterance nor the commands before it
hold could never be learned and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.model import SlotSpec
from whispera.catalog.validate import validate_any
from whispera.cli.files import held, replace_file
from whispera.cli.options import Options
from whispera.domain.intent import NONE, SEQUENCE, Intent, Value
from whispera.domain.outcome import Rejection
from whispera.errors import ModelError, UsageError
from whispera.nlu.before import words_before
from whispera.nlu.decode import trace_of
from whispera.nlu.normalise import Utterance, normalise
from whispera.pipeline.examples import FILE, WEIGHTS, Example, Source, merged
from whispera.pipeline.history import Entry, History
from whispera.pipeline.policy import describe, steps_of
from whispera.workspace import Workspace

_EXAMPLE = """'{"action": "open_app", "target": "chrome"}'"""


@click.command("correct")
@click.argument("words", nargs=-1, required=True, metavar="[ID] INTENT|TEXT...")
@click.pass_obj
def command(options: Options, words: tuple[str, ...]) -> None:
    """Say what an utterance should have been: the last one, or the one numbered ID.

    \b
    whispera correct '{"action": "mute"}'     the intent as JSON
    whispera correct mute                     an action without values, or none
    whispera correct 12 open chrome           words that are understood rightly
    """
    history = options.history()
    entry, rest = _entry(history, words)
    catalog = options.catalog()
    intent = read_intent(options, catalog, rest)
    check_said(catalog, entry.utterance, intent, previous=entry.previous)
    history.correct(entry.id, intent)
    previous = leant_on(options, entry, intent, catalog)
    replaced = append_example(options.workspace(), entry.utterance, intent, previous=previous)
    click.echo(f"{entry.utterance!r} should have been: {describe(intent)}{told_of(replaced, intent)}")


def _entry(history: History, words: Sequence[str]) -> tuple[Entry, str]:
    """The entry that is meant, and the words after its number."""
    if len(words) > 1 and words[0].isascii() and words[0].isdigit():
        return history.entry(int(words[0])), " ".join(words[1:])
    recent = history.recent(1)
    if not recent:
        raise UsageError("the history is empty", hint="say the command first, then correct it")
    return recent[0], " ".join(words)


def read_intent(options: Options, catalog: CompiledCatalog, said: str) -> Intent:
    """The intent of JSON, of an action's name, or of words that are understood; raises UsageError."""
    said = said.strip()
    if said.startswith("{"):
        try:
            data = json.loads(said)
            intent = Intent.from_json(data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"that is no intent: {error}", hint=f"such as {_EXAMPLE}") from error
    elif said == "none" or said in catalog.actions:
        intent = Intent(said)
    else:
        parse = options.session().understand(said)
        if parse.intent is None or not parse.accepted:
            why = parse.rejection.message if parse.rejection else ""
            raise UsageError(
                f"{said!r} is not understood either. {why}", hint=f"give JSON, such as {_EXAMPLE}"
            )
        intent = parse.intent
    checked = validate_any(catalog.actions, intent)
    if isinstance(checked, Rejection):
        raise UsageError(checked.message, hint=f"whispera actions show {intent.action}")
    return checked


def check_said(
    catalog: CompiledCatalog, text: str, intent: Intent, *, previous: Sequence[Intent] = ()
) -> None:
    """Raises UsageError where a value of the intent is neither in the words of an utterance nor before it."""
    utterance = normalise(text)
    before = [trace_of(json.dumps(one.as_json())) for one in previous]
    steps = intent.slots.get("steps")
    for step in steps if intent.action == SEQUENCE and isinstance(steps, tuple) else (intent,):
        action = catalog.actions.get(step.action)
        for spec in action.slots if action is not None else ():
            value = step.slots.get(spec.name)
            if value is None or spec.enum:
                continue
            if _is_said(utterance, spec, value, after=words_before(before, step.action, spec.name)):
                continue
            if not _is_before(previous, spec, value):
                raise UsageError(
                    f"no words of {text!r} say {spec.name} {value!r}",
                    hint="values are taken from the words; leave the slot out, or correct another utterance",
                )


def _is_said(utterance: Utterance, spec: SlotSpec, value: Value, *, after: str) -> bool:
    """Whether words of an utterance mean a value, said after words that were this value before."""
    count = len(utterance.units)
    wanted = str(value).casefold()
    for first in range(count):
        for last in range(first, count):
            if not utterance.units[first].is_word or not utterance.ends_span(last):
                continue
            meant = spec.read(utterance.slice(first, last), after)
            if meant is not None and str(meant).casefold() == wanted:
                return True
    return False


def _is_before(previous: Sequence[Intent], spec: SlotSpec, value: Value) -> bool:
    """Whether a value of the commands before, as words, means this one."""
    wanted = str(value).casefold()
    for intent in previous:
        for step in steps_of(intent):
            for words in step.slots.values():
                meant = spec.read(str(words))
                if meant is not None and str(meant).casefold() == wanted:
                    return True
    return False


def leant_on(options: Options, entry: Entry, intent: Intent, catalog: CompiledCatalog) -> tuple[Intent, ...]:
    """What an utterance leans on for its intent to be right; empty where its words alone say it.

    They do not if a value comes from before, or if the words by themselves are read as no command.
    """
    if not entry.previous or intent.action == NONE:
        return ()
    try:
        check_said(catalog, entry.utterance, intent)
        alone = options.session().understand(entry.utterance).intent
    except UsageError:
        return entry.previous
    except ModelError:  # no model to be asked: the context does no harm
        return entry.previous
    return entry.previous if alone is None or alone.action == NONE else ()


def append_example(
    workspace: Workspace,
    text: str,
    intent: Intent,
    *,
    source: Source = "corrected",
    previous: tuple[Intent, ...] = (),
) -> Example | None:
    """Adds an example to the user's own; the older one of the same words that it replaces.

    Raises StateError where the file cannot be written.
    """
    path = workspace.local / FILE
    example = Example(text, intent, source, WEIGHTS[source], previous)
    with held(path):
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept, replaced = merged(lines, example)
        replace_file(path, "\n".join(kept) + "\n")
    return replaced


def told_of(replaced: Example | None, intent: Intent) -> str:
    """What to add where an earlier decision was replaced."""
    if replaced is None:
        return ""
    if replaced.intent == intent:
        return " (as was decided before)"
    return f" (decided before: {describe(replaced.intent)}; that is replaced)"
