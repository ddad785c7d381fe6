"""What a run of `whispera train` learns, and the phrasings it is measured on and never sees.

Actions that are new or changed since the present adapter (or the base) was trained get a share of the run,
the rest replays what is known; without any, examples of the user's own that are new get a short run, and
without these it goes once through the dataset, as it does for a domain that is all new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from whispera.domain.domain import DESKTOP
from whispera.domain.labelled import Labelled
from whispera.errors import TrainingError
from whispera.nlu.grammar import Grammar
from whispera.training import dataset
from whispera.training.corrections import OwnExample, OwnExamples
from whispera.training.encode import Encoded, encode_example
from whispera.training.loop import Answered, Trainable, answers, score_of

if TYPE_CHECKING:
    from whispera.training.lora import AdapterRecipe, Start, TrainPlan

FEW = 5
"""Fewer held-out phrasings of new actions than this are filled up with lines kept out of the dataset."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One held-out phrasing, before and after a run."""

    text: str
    action: str
    before: bool
    """Whether the whole intent was right before."""
    after: bool


@dataclass(slots=True)
class HeldOut:
    """Phrasings that training never sees, and what a model answers to them before and after a run."""

    encoded: list[Encoded] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Utterance and action of each."""
    before: list[Answered] = field(default_factory=list)
    after: list[Answered] = field(default_factory=list)

    def add(self, encoded: Encoded, text: str, action: str) -> None:
        """One more phrasing."""
        self.encoded.append(encoded)
        self.texts.append((text, action))

    def ask(self, trainable: Trainable) -> list[Answered]:
        """What a model answers now."""
        return answers(trainable, self.encoded)

    def some(self, count: int) -> list[Encoded]:
        """About so many of them, evenly taken."""
        return self.encoded[:: max(1, len(self.encoded) // count)]

    def paired(self, after: Sequence[Answered] | None = None) -> tuple[Paired, ...]:
        """Each phrasing with whether it was right before and is now, or by other answers."""
        return tuple(
            Paired(text, action, was.right, now.right)
            for (text, action), was, now in zip(
                self.texts, self.before, self.after if after is None else after, strict=True
            )
        )

    def as_json(self) -> dict[str, Any]:
        """For the card: how many there are, and the scores."""
        scores = {"before": asdict(score_of(self.before)), "after": asdict(score_of(self.after))}
        return {"examples": len(self.encoded), **scores}


def heldout_of(examples: Sequence[Labelled], grammar: Grammar, new: Sequence[str]) -> tuple[HeldOut, HeldOut]:
    """The held-out phrasings of known and of new actions, without those that the grammar cannot say."""
    known, fresh = HeldOut(), HeldOut()
    for example in examples:
        try:
            encoded = encode_example(example, grammar)
        except ValueError:
            continue
        (fresh if example.action in new else known).add(encoded, example.text, example.action)
    return known, fresh


@dataclass(frozen=True, slots=True)
class Curriculum:
    """What one run learns."""

    actions: dict[str, str]
    """Every action with its digest."""
    new: list[str]
    """Those that are new or changed; empty where `--all` goes through everything."""
    first: bool
    """No action is known yet."""
    short: bool
    """It is about the user's own new examples alone."""
    own: OwnExamples
    """The user's own examples that can be said."""
    own_new: list[OwnExample]
    """Those of them that were not learnt before."""
    lines: list[dataset.Line]
    encoded: list[Encoded]
    """The lines, as the loop takes them."""
    known: HeldOut
    """Held-out phrasings of known actions."""
    fresh: HeldOut
    """Those of new ones, where they do not come with the whole dataset."""
    asked: HeldOut
    """The user's own examples, in their own words."""

    def learning_rate(self, recipe: AdapterRecipe) -> float:
        """Where no action is known yet, some are new, few are corrected, or all come again."""
        if self.first:
            return recipe.learning_rate_first
        if self.new:
            return recipe.learning_rate_new
        return (self.own.recipe if self.short else recipe).learning_rate

    def evaluate_every(self, recipe: AdapterRecipe) -> int:
        """Examples between two evaluations in the course of the run."""
        evaluations = (self.own.recipe if self.short else recipe).evaluations
        return max(500, len(self.encoded) // evaluations)

    def recipe(self, recipe: AdapterRecipe) -> dict[str, Any]:
        """The settings that it is learnt by, for the card."""
        return asdict(recipe) | (asdict(self.own.recipe) if self.short else {})


def curriculum(
    recipe: AdapterRecipe, plan: TrainPlan, start: Start, *, say: Callable[[str], None]
) -> Curriculum:
    """What a run that goes on from `start` learns; raises ConfigError, TrainingError for a bad dataset."""
    domain = plan.catalog.domain
    actions = dataset.digests(plan.catalog.actions.values())
    trained_on = start.card.data.get("actions", {}) if start.adapter or domain.tag == DESKTOP else {}
    new = [] if plan.everything else dataset.new_actions(actions, trained_on)
    whole = not new or len(new) == len(actions)
    own, own_encoded = plan.own.fitting(start.grammar)
    own_new = own.new(start.card)
    short = bool(own_new) and not new and not plan.everything
    learns = f"new or changed: {', '.join(new)}"
    if whole:
        learns = "your examples" if short else "the whole dataset"
    say(
        f"base {plan.base.name}, {start.told}; {learns}"
        + (f"; {len(own_new)} new of your {len(own.all)} examples" if own_new else "")
    )
    apart = [] if whole else new
    lines = own.undisputed(dataset.read(plan.data, command=plan.command))
    if short:
        drawn = own.draw(lines, own_new, seed=recipe.seed)
    else:
        drawn = dataset.draw(
            lines,
            new=apart,
            known=actions,
            count=recipe.examples if whole else recipe.examples_new,
            share=recipe.new_share,
            seed=recipe.seed,
            command=plan.command,
        )
        drawn = own.mixed_in(drawn, own_new, whole=whole, seed=recipe.seed)
    encoded = fitting(drawn.train, start.grammar, command=plan.command)
    known, fresh = heldout_of(own.measurable(plan.heldout, tag=domain.tag), start.grammar, apart)
    if not whole and len(fresh.encoded) < FEW:
        for line, one in fitting(drawn.heldout_new, start.grammar, command=plan.command):
            fresh.add(one, line.prompt, line.action)
    return Curriculum(
        actions=actions,
        new=new,
        first=not trained_on,
        short=short,
        own=own,
        own_new=own_new,
        lines=drawn.train,
        encoded=[one for _, one in encoded],
        known=known,
        fresh=fresh,
        asked=HeldOut(own_encoded, [(one.text, one.action) for one in own.all]),
    )


def fitting(
    lines: Sequence[dataset.Line], grammar: Grammar, *, command: str
) -> list[tuple[dataset.Line, Encoded]]:
    """The lines that fit the grammar; raises TrainingError where more than one in twenty does not."""
    encoded: list[tuple[dataset.Line, Encoded]] = []
    refused: list[str] = []
    known: dict[dataset.Line, Encoded] = {}  # lines of new actions are drawn several times
    for line in lines:
        try:
            if line not in known:
                known[line] = dataset.encode_line(line, grammar)
            encoded.append((line, known[line]))
        except ValueError as error:
            refused.append(str(error))
    if len(refused) * 20 > len(lines):
        raise TrainingError(
            f"{len(refused)} of {len(lines)} lines of the dataset do not fit the catalog, "
            f"such as {refused[0]}",
            hint=f"make it again: {command} regen",
        )
    return encoded
