"""Asking a base that was not tuned: instructions and examples in the prompt, the utterance last.

Constrained, the answer is decoded by the same walk as ever; free, the base writes until its JSON is closed,
and what is no intent of the catalog counts as wrong. The tokens are the base's own: the codec's marks, which
mean nothing to a base that never learnt them, are taken out of its tokenizer. What is the same for every
utterance is read once; its state is kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from whispera.catalog.model import Action
from whispera.domain.intent import NONE, SEQUENCE, Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.engines.chat import ChatTokenizer
from whispera.errors import ModelError, UsageError
from whispera.evaluation.expected import Expected
from whispera.evaluation.measure import Answer, answer, percentile
from whispera.evaluation.shots import Shot
from whispera.nlu import codec
from whispera.nlu.chat import template, template_of
from whispera.nlu.decode import decode_after
from whispera.nlu.domains import DESKTOP
from whispera.nlu.grammar import Chosen, ChosenStep, Trace
from whispera.nlu.normalise import normalise
from whispera.pipeline.policy import NOT_SURE
from whispera.pipeline.understand import Understander

LONGEST_ANSWER = 96
"""Tokens after which a free answer is given up."""
_RULES = """\
You turn what a person says to a computer into one JSON object and say nothing else. The object names an \
action of the list, then its slots in the order given: {"action":"NAME","SLOT":" words"}. A slot marked ? is \
left out where nothing is said of it. The value of a slot is copied from the sentence word by word, with a \
space before it; where words are listed for a slot, it is one of these. Several commands in one sentence are \
{"action":"sequence","steps":[{"action":"NAME"},{"action":"NAME"}]}. A sentence that is no command of the \
list is {"action":"none"}."""


def instructions(actions: Iterable[Action]) -> str:
    """What the base is told: the rules, and the actions with their slots."""
    lines = [_RULES, "Actions:"]
    for action in actions:
        slots = [
            f"{slot.name}{'?' if slot.may_be_absent else ''}: {'|'.join(slot.enum) or slot.type}"
            for slot in action.slots
        ]
        lines.append(f"{action.name}({', '.join(slots)})" if slots else action.name)
    return "\n".join(lines)


def plain_tokenizer(path: Path) -> tuple[ChatTokenizer, list[int]]:
    """The tokenizer in a file without the codec's marks and tags, and the ids it can give.

    Raises ModelError where the file is broken.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        ours = {*codec.MARKS, codec.tag_piece(DESKTOP)}
        data["added_tokens"] = [one for one in data["added_tokens"] if one["content"] not in ours]
        made = Tokenizer.from_str(json.dumps(data))
    except Exception as error:
        raise ModelError(f"{path} is broken: {error}", hint="prepare the base again") from error
    made.encode_special_tokens = True  # an utterance holds no marks
    return ChatTokenizer(made), sorted(made.get_vocab().values())


def read_answer(text: str, actions: Mapping[str, Action]) -> Trace | None:
    """The steps of a free answer; None where it is no intent of the catalog."""
    try:
        data = json.loads(text[text.index("{") :])
        steps = data["steps"] if data["action"] == SEQUENCE else [data]
        if not isinstance(steps, list) or (data["action"] == SEQUENCE and len(steps) < 2):
            return None
        return tuple(_step(step, actions) for step in steps)
    except (ValueError, KeyError, TypeError):
        return None


def _step(data: Mapping[str, Any], actions: Mapping[str, Action]) -> ChosenStep:
    """One step; raises KeyError, TypeError or ValueError where the catalog knows nothing like it."""
    name = data["action"]
    slots = {key: value for key, value in data.items() if key != "action"}
    if name == NONE and not slots:
        return ChosenStep(NONE)
    action = actions[name]
    chosen: list[Chosen] = []
    for key, value in slots.items():
        spec = action.slot(key)
        if spec is None or not isinstance(value, str | int | float):
            raise ValueError(key)
        words = str(value).strip()
        if not words or (spec.enum and words not in spec.enum):
            raise ValueError(words)
        chosen.append(Chosen(key, words))
    if any(not slot.may_be_absent and slot.name not in slots for slot in action.slots):
        raise ValueError(name)
    return ChosenStep(name, tuple(chosen))


def is_closed(text: str) -> bool:
    """Whether the first JSON object of a text has its closing brace."""
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = depth > 0
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth <= 0:
                return character == "}"
    return False


@dataclass(frozen=True, slots=True)
class Prompted:
    """The answer of a prompted base to one line."""

    answer: Answer
    tokens: int
    """Tokens of the prompt."""
    kept: int
    """How many of them had been read before."""
    valid: bool
    """Whether it was an intent of the catalog."""


class Prompter:
    """A base with instructions and examples, ready to be asked."""

    def __init__(
        self,
        understander: Understander,
        tokenizer: ChatTokenizer,
        sayable: Sequence[int],
        *,
        shots: Sequence[Shot],
        nearest: Callable[[str], Sequence[Shot]] | None = None,
        threshold: float = 0.0,
    ) -> None:
        """`understander`: over the engine and `tokenizer`; `sayable`: ids a free answer may hold.

        `nearest` chooses examples for each utterance, after `shots`; `threshold`: least confidence of a
        constrained answer that counts. Raises UsageError where the prompt is longer than the base reads.
        """
        self._understander = understander
        self._engine = understander.model.engine
        self._tokenizer = tokenizer
        self._template = template(template_of(tokenizer), tokenizer)
        self._sayable = np.asarray(sayable)
        self._nearest = nearest
        self._threshold = threshold
        self._actions = understander.catalog.actions
        fixed = self._template.system(instructions(self._actions.values())) + self._shown(shots)
        if len(fixed) + 2 * LONGEST_ANSWER > self._engine.limit:
            raise UsageError(
                f"the prompt has {len(fixed)} tokens; {understander.model.name} reads {self._engine.limit}",
                hint="give fewer examples: --few-shot N",
            )
        started = time.perf_counter()
        self._state, _ = self._engine.extend(self._engine.start(), fixed, [0])
        self.fixed_tokens = len(fixed)
        self.fixed_s = time.perf_counter() - started
        """Seconds that reading the fixed part took, once."""

    def _shown(self, shots: Iterable[Shot]) -> list[int]:
        ids: list[int] = []
        for shot in shots:
            pieces = codec.pieces_of_wire(shot.wire)
            ids += self._template.question(shot.text)
            ids += [*codec.tokens(pieces, self._tokenizer), self._template.stop, *self._template.after()]
        return ids

    def ask(self, expected: Expected, slots_of: Mapping[str, Sequence[str]], *, free: bool) -> Prompted:
        """The answer to one line; `free` without the walk."""
        started = time.perf_counter()
        utterance = normalise(expected.text)
        shown = self._shown(self._nearest(expected.text)) if self._nearest is not None else []
        ids = shown + self._template.question(utterance.text.strip())
        steps: Trace | None
        if free:
            steps, confidence = read_answer(self._write(ids), self._actions), 1.0
        else:
            walk = self._understander.grammar.walk(utterance)
            decoded = decode_after(self._engine, self._state, ids, walk)
            steps, confidence = decoded.steps, decoded.confidence
        intent = None if steps is None else self._understander.intent_of(steps)
        ms = (time.perf_counter() - started) * 1e3
        tokens = self.fixed_tokens + len(ids)
        if free and not isinstance(intent, Intent):  # no intent at all: wrong, whatever was expected
            wrong = Answer(expected, None, None, 0.0, ms, action_right=False, exact=False)
            return Prompted(wrong, tokens, self.fixed_tokens, valid=False)
        rejection = intent if isinstance(intent, Rejection) else None
        if confidence < self._threshold:
            rejection = Rejection("low_confidence", NOT_SURE)
        meant = intent if isinstance(intent, Intent) else None
        parse = Parse(expected.text, "", meant, rejection, confidence, ms)
        return Prompted(answer(expected, parse, slots_of), tokens, self.fixed_tokens, valid=True)

    def _write(self, ids: Sequence[int]) -> str:
        """What the base says of its own, up to the end of its JSON."""
        state, said = self._state, list[int]()
        pending = list(ids)
        while len(said) < LONGEST_ANSWER:
            state, logits = self._engine.extend_all(state, pending)
            token = int(self._sayable[np.argmax(logits[self._sayable])])
            if token == self._template.stop:
                break
            said.append(token)
            pending = [token]
            if is_closed(self._tokenizer.text(said)):
                break
        return self._tokenizer.text(said)


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one way to ask."""

    name: str
    lines: int
    action: float
    """Share of lines with the right action."""
    exact: float
    false_activations: float
    """Share of the lines that are no command and were acted on."""
    invalid: float
    """Share of answers that were no intent of the catalog."""
    median_ms: float
    p90_ms: float
    prompt_tokens: float
    """Median."""
    kept_tokens: int
    """How many of them are read once and kept."""
    once_s: float
    """Seconds that took."""


def row(name: str, prompted: Sequence[Prompted], *, once_s: float = 0.0) -> Row:
    """The figures of some answers."""
    answers = [one.answer for one in prompted]
    count = max(1, len(answers))
    nones = [one for one in answers if one.expected.is_none]
    times = [one.ms for one in answers]
    return Row(
        name,
        len(answers),
        sum(one.action_right for one in answers) / count,
        sum(one.exact for one in answers) / count,
        sum(one.got is not None and not one.action_right for one in nones) / max(1, len(nones)),
        sum(not one.valid for one in prompted) / count,
        percentile(times, 0.5),
        percentile(times, 0.9),
        percentile([one.tokens for one in prompted], 0.5),
        max((one.kept for one in prompted), default=0),
        once_s,
    )
