"""`whispera review`: walks through what the history holds; a person decides what training learns from it.

Each decision is written at once: the example first, then the mark in the history, so that one that was made
is never asked for again and Ctrl-C loses nothing. Nothing is taken in without being shown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.validate import validate_any
from whispera.cli.correct import append_example, check_said, leant_on, read_intent, told_of
from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.options import Options
from whispera.cli.terminal import TerminalAsker, asker
from whispera.domain.intent import NONE, SEQUENCE, Intent
from whispera.domain.outcome import Candidate as Reading
from whispera.domain.outcome import Rejection
from whispera.errors import ConfirmationNeeded, ModelError, UsageError
from whispera.nlu.decode import trace_of
from whispera.pipeline import examples
from whispera.pipeline.examples import Source
from whispera.pipeline.history import History
from whispera.pipeline.policy import describe, steps_of
from whispera.pipeline.review import TOLD, Candidate, candidates

OTHERS = 3
"""Runners-up that are shown."""
KEYS = "[a]ccept, [1-9] that one, [f]ix, [n]one, [d]rop, [s]kip, [q]uit"
HELP = """a  it was understood rightly: an example as it is
1  the reading of that number is right (f 1 does the same)
f  say what it should have been: f mute, f open chrome, f {"action": "mute"}
n  it is no command
d  nothing to learn from; it is not shown again
s  decide later
q  stop; what was decided is kept"""
_QUIT = frozenset({"q", "quit", "exit"})


@click.command("review")
@click.option("--list", "only_list", is_flag=True, help="Show what awaits a decision, and decide nothing.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: what awaits a decision, or what was taken."
)
@click.option(
    "--accept-all-confirmed",
    "accept_confirmed",
    is_flag=True,
    help="Take in every command that you said yes to and neither took back nor corrected; shows each.",
)
@click.pass_obj
def command(options: Options, only_list: bool, as_json: bool, accept_confirmed: bool) -> int:
    """Decide what training learns from the history.

    Shows what was not understood, taken back, refused, done unsurely, said again with other words, or
    confirmed, with its reading and others. What you accept or fix goes into examples.jsonl of your
    configuration, and the next whispera train learns it. What was decided is not shown again.
    """
    if only_list and accept_confirmed:
        raise click.UsageError("--list decides nothing; leave --accept-all-confirmed away")
    review = Review(options)
    if accept_confirmed:
        review.accept_confirmed(as_json=as_json)
        return 0
    if only_list or as_json:
        review.show_all(as_json=as_json)
        return 0
    if not review.open:
        click.echo("there is nothing to review")
        return 0
    somebody = asker()
    if somebody is None:
        raise ConfirmationNeeded(
            f"{_count(len(review.open), 'utterance')} to decide about, and nobody is here to decide",
            hint="run it in a terminal; or --list, --json, --accept-all-confirmed",
        )
    return review.walk(somebody)


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading that may be chosen by its number."""

    intent: Intent
    told: str
    """Where it comes from: its probability, or that the user said so."""


class Review:
    """One walk through the history."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._catalog: CompiledCatalog = options.catalog()
        self._workspace = options.workspace()
        self._history: History = options.history()
        self._model = True
        self.open: list[Candidate] = candidates(
            list(reversed(self._history.recent(self._catalog.settings.history_keep * 2))),
            reviewed=self._history.reviewed(),
            examples=examples.read(self._workspace.local / examples.FILE),
            actions=self._catalog.actions,
            settings=self._catalog.settings,
        )
        """What awaits a decision."""

    # -- for scripts

    def show_all(self, *, as_json: bool) -> None:
        """Print everything that awaits a decision."""
        shown: list[dict[str, Any]] = []
        for number, one in enumerate(self.open, 1):
            if as_json:
                others = [
                    {"intent": other.intent.as_json(), "confidence": round(other.confidence, 4)}
                    for other in self._others(one)
                ]
                shown.append({**one.as_json(), "runners_up": others})
            else:
                click.echo(f"{self._described(one, number, self._choices(one))}\n")
        if as_json:
            click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            click.echo(f"{_count(len(self.open), 'utterance')} to decide about")

    def accept_confirmed(self, *, as_json: bool) -> None:
        """Take in what was confirmed and is in no doubt otherwise, telling each."""
        taken: list[dict[str, Any]] = []
        for one in self.open:
            reading = self._learnable(one)
            if one.why != ("confirmed",) or reading is None:
                continue
            added = self._write(one, reading, "confirmed")
            taken.append({"text": one.entry.utterance, "intent": reading.as_json()})
            if not as_json:
                click.echo(f"{one.entry.utterance!r}: {describe(reading)}{added}")
        if as_json:
            click.echo(json.dumps(taken, ensure_ascii=False, indent=2))
        else:
            click.echo(self._summary(len(taken)))

    # -- with somebody

    def walk(self, somebody: TerminalAsker) -> int:
        """Ask about each in turn; the exit code."""
        written = 0
        try:
            for number, one in enumerate(self.open, 1):
                decided = self._decide(one, number, somebody)
                if decided is None:
                    break
                written += decided
        except KeyboardInterrupt:
            tell("interrupted; every decision so far is kept")
            click.echo(self._summary(written))
            return INTERRUPTED
        click.echo(self._summary(written))
        return 0

    def _decide(self, one: Candidate, number: int, somebody: TerminalAsker) -> int | None:
        """1 where an example was written, 0 where none was, None to stop."""
        choices = self._choices(one)
        click.echo(f"\n{self._described(one, number, choices)}")
        question = f"{number} of {len(self.open)}: {KEYS}?"
        while True:
            said = somebody.ask(question)
            if said is None or said.strip().lower() in _QUIT:
                return None
            key, _, rest = said.strip().partition(" ")
            key, rest = key.lower(), rest.strip()
            if key in ("s", "skip"):
                return 0
            if key in ("d", "drop"):
                self._history.review(one.ids, "drop")
                return 0
            try:
                intent = self._chosen(one, key, rest, choices, somebody)
                if intent is None:
                    continue
                check_said(self._catalog, one.entry.utterance, intent, previous=one.entry.previous)
            except UsageError as error:
                tell(str(error), hint=error.hint)
                continue
            right = intent == self._learnable(one)
            source: Source = "corrected"
            if right:
                source = "confirmed" if "confirmed" in one.why else "accepted"
            added = self._write(one, intent, source)
            click.echo(f"{one.entry.utterance!r}: {describe(intent)}{added}")
            return 1

    def _chosen(
        self, one: Candidate, key: str, rest: str, choices: Sequence[Choice], somebody: TerminalAsker
    ) -> Intent | None:
        """What was decided, None to ask again; raises UsageError where it cannot be."""
        if key in ("n", "none"):
            return Intent(NONE)
        if key in ("a", "accept"):
            reading = self._learnable(one)
            if reading is None:
                raise UsageError("there is no reading to accept", hint="f says what it should have been")
            return reading
        if key in ("f", "fix"):
            rest = rest or (somebody.ask("what should it have been?") or "").strip()
            if not rest:
                return None
            key = rest if rest.isdecimal() else ""
        elif key.startswith("{"):
            rest, key = f"{key} {rest}", ""
        if key.isdecimal():
            if not 1 <= int(key) <= len(choices):
                raise UsageError(f"there is no reading {key}", hint=KEYS)
            return choices[int(key) - 1].intent
        if not rest or key:
            click.echo(HELP, err=True)
            return None
        return read_intent(self._options, self._catalog, rest)

    # -- readings

    def _learnable(self, one: Candidate) -> Intent | None:
        """The reading as the words say it, without values that were asked for; None where it is no intent."""
        reading = one.entry.intent
        if reading is None:
            return None
        parts, heard = list(steps_of(reading)), trace_of(one.entry.wire) if one.entry.wire else ()
        if len(parts) == len(heard):
            for place, step in enumerate(heard):
                names = {slot.name for slot in step.slots}
                said = {name: value for name, value in parts[place].slots.items() if name in names}
                parts[place] = Intent(parts[place].action, said)
            reading = parts[0] if len(parts) == 1 else Intent(SEQUENCE, {"steps": tuple(parts)})
        return None if isinstance(validate_any(self._catalog.actions, reading), Rejection) else reading

    def _choices(self, one: Candidate) -> list[Choice]:
        """Other readings that could be learnt, the most probable first."""
        found: list[Choice] = []
        if one.suggestion is not None:
            words = f"you then said {one.said_after!r}" if one.said_after else "as you corrected it"
            found.append(Choice(one.suggestion, words))
        found += [Choice(other.intent, f"{other.confidence:.0%}") for other in self._others(one)]
        reading = self._learnable(one)
        kept: list[Choice] = []
        for choice in found:
            known = [reading, *(other.intent for other in kept)]
            if choice.intent not in known and self._can_be_learnt(one, choice.intent):
                kept.append(choice)
        return kept[:9]

    def _others(self, one: Candidate) -> list[Reading]:
        """What the model reads now, its runners-up too, but for the reading of then."""
        if not self._model:
            return []
        try:
            reader = self._options.session().understander
            previous = [trace_of(json.dumps(said.as_json())) for said in one.entry.previous]
            parse = reader.parse(one.entry.utterance, previous=previous, alternatives=OTHERS)
        except ModelError as error:
            self._model = False
            tell(f"other readings are not shown: {error}", hint=error.hint)
            return []
        found = [Reading(parse.intent, parse.confidence)] if parse.intent is not None else []
        return [other for other in [*found, *parse.runners_up] if other.intent != one.entry.intent]

    def _can_be_learnt(self, one: Candidate, intent: Intent) -> bool:
        if isinstance(validate_any(self._catalog.actions, intent), Rejection):
            return False
        try:
            check_said(self._catalog, one.entry.utterance, intent, previous=one.entry.previous)
        except UsageError:
            return False
        return True

    # -- telling and writing

    def _described(self, one: Candidate, number: int, choices: Sequence[Choice]) -> str:
        entry = one.entry
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.time))
        times = f", {len(one.entries)} times" if len(one.entries) > 1 else ""
        lines = [f"{number} of {len(self.open)}  {entry.utterance!r}"]
        lines.append(f"  {'; '.join(TOLD[why] for why in one.why)} ({when}{times})")
        if one.said_after:
            lines.append(f"  then     {one.said_after!r}")
        if entry.previous:
            lines.append(f"  after    {'; '.join(map(describe, entry.previous))}")
        reading = describe(entry.intent) if entry.intent is not None else "nothing"
        lines.append(f"  reading  {reading}  {entry.confidence:.0%}")
        lines += [
            f"  {place}        {describe(one.intent)}  {one.told}" for place, one in enumerate(choices, 1)
        ]
        return "\n".join(lines)

    def _write(self, one: Candidate, intent: Intent, source: Source) -> str:
        """Writes a decision down; what to add where it replaces an earlier one."""
        entry = one.entry
        previous = leant_on(self._options, entry, intent, self._catalog)
        replaced = append_example(self._workspace, entry.utterance, intent, source=source, previous=previous)
        if source == "corrected":
            self._history.correct(entry.id, intent)
        self._history.review(one.ids, source)
        return told_of(replaced, intent)

    def _summary(self, written: int) -> str:
        path = self._workspace.local / examples.FILE
        if not written:
            return "no example was written"
        return f"{_count(written, 'example')} written to {path}; {self._workspace.command} train learns them"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
