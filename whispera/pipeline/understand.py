"""From text to intent: normalise, decode, canonical values, validation, threshold.

"Not understood" is a value: `Parse.rejection` says why, the intent is still there to be shown.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.model import Action
from whispera.catalog.validate import validate_any
from whispera.domain.intent import NONE, SEQUENCE, Intent, Value
from whispera.domain.outcome import Candidate, Parse, Rejection
from whispera.engines.load import Loaded
from whispera.nlu.before import words_before
from whispera.nlu.decode import Decoded
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import ChosenStep, Trace
from whispera.nlu.normalise import MAX_CHARS, MAX_UNITS, Utterance, normalise
from whispera.nlu.sense import readings
from whispera.pipeline.context import spoken
from whispera.pipeline.policy import doubt

SURE = 0.8
"""Least confidence of a reading after others that stands, and of one without them that takes its place.
Chosen on held-out examples after two other commands, and on generated follow-ups with values held out."""


class Understander:
    """A model with its grammar, ready to read utterances."""

    def __init__(self, catalog: CompiledCatalog, model: Loaded) -> None:
        self.catalog = catalog
        self.model = model
        self.grammar = domain_grammar(
            catalog.actions.values(), tokenizer=model.tokenizer, tag=catalog.domain.tag
        )

    def parse(self, text: str, *, previous: Sequence[Trace] = (), alternatives: int = 0) -> Parse:
        """What was meant by a text of any kind, said after `previous` (newest last).

        Never raises for what a user typed. `alternatives` asks for that many runners-up, at the price of
        decoding them too.
        """
        started = time.perf_counter()
        refused = self._refuse(text)
        utterance = normalise(text if refused is None else "")
        if refused is None and not utterance.units:
            refused = Rejection("empty", "There are no words in it.")
        elif refused is None and len(utterance.units) > MAX_UNITS:
            refused = Rejection("too_long", f"That is longer than a command: more than {MAX_UNITS} words.")
        if refused is not None:
            return Parse(text, "", None, refused, 0.0, (time.perf_counter() - started) * 1e3)
        (decoded, *rest), leant_on = self._readings(utterance, previous, alternatives)
        intent, rejection = self._read(decoded, leant_on)
        others: list[Candidate] = []
        for other in rest:
            candidate, bad = self._read(other, leant_on)
            if candidate is not None and (bad is None or bad.reason != "value"):
                others.append(Candidate(candidate, other.confidence))
        ms = (time.perf_counter() - started) * 1e3
        before = tuple(map(spoken, previous))
        return Parse(text, decoded.wire, intent, rejection, decoded.confidence, ms, tuple(others), before)

    def _readings(
        self, utterance: Utterance, previous: Sequence[Trace], alternatives: int
    ) -> tuple[list[Decoded], Sequence[Trace]]:
        """What an utterance can mean, the best first, and what it was read after.

        Most of what follows a command does not lean on it. Where a reading after others is not sure, the
        words count as they are by themselves, if that is a sure command.
        """

        def read(after: Sequence[Trace]) -> list[Decoded]:
            return readings(
                utterance,
                self.grammar,
                self.model.engine,
                previous=after,
                temperature=self.model.temperature,
                others=alternatives,
            )

        found = read(previous)
        if previous and found[0].confidence < SURE:
            alone = read(())
            if alone[0].confidence >= SURE and alone[0].steps[0].action != NONE:
                return alone, ()
        return found, previous

    @staticmethod
    def _refuse(text: str) -> Rejection | None:
        if len(text) > MAX_CHARS:
            return Rejection(
                "too_long", f"That is longer than a command: {len(text)} characters, at most {MAX_CHARS}."
            )
        if not text.strip():
            return Rejection("empty", "There are no words in it.")
        return None

    def _read(self, decoded: Decoded, previous: Sequence[Trace]) -> tuple[Intent | None, Rejection | None]:
        """The canonical intent of a decoded answer, and why it must not be acted on, if so."""
        intent = self.intent_of(decoded.steps, previous)
        if isinstance(intent, Rejection):
            return None, intent
        checked = validate_any(self.catalog.actions, intent)
        if isinstance(checked, Rejection):
            return intent, checked
        catalog = self.catalog
        return checked, doubt(checked, decoded.confidence, catalog.actions, settings=catalog.settings)

    def intent_of(self, steps: Trace, previous: Sequence[Trace] = ()) -> Intent | Rejection:
        """The canonical intent of steps chosen after `previous`, or which value of them cannot be read."""
        found: list[Intent] = []
        for step in steps:
            canonical = self._canonical(step, previous)
            if isinstance(canonical, Rejection):
                return canonical
            found.append(canonical)
        return found[0] if len(found) == 1 else Intent(SEQUENCE, {"steps": tuple(found)})

    def _canonical(self, step: ChosenStep, previous: Sequence[Trace]) -> Intent | Rejection:
        action: Action | None = self.catalog.actions.get(step.action)
        slots: dict[str, Value] = {}
        for chosen in step.slots:
            spec = action.slot(chosen.name) if action is not None else None
            if spec is None:
                return Rejection("unreadable", f"There is no slot '{chosen.name}' in '{step.action}'.")
            after = words_before(previous, step.action, spec.name)
            value = chosen.words if spec.enum else spec.read(chosen.words, after)
            if value is None:
                return Rejection("value", f"'{chosen.words}' is no {spec.type}.")
            slots[chosen.name] = value
        return Intent(step.action, slots)
