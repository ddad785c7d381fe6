"""Examples of a file, the user's own or others, as training learns them; what cannot be learnt is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.cli.faults import tell
from whispera.cli.parts import needs, needs_generator
from whispera.pipeline.examples import FILE
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from generator.corrections import Correction
    from whispera.catalog.catalog import Catalog
    from whispera.domain.labelled import Labelled
    from whispera.training.corrections import OwnExamples

_TOLD = 5


def own_examples(place: Workspace, catalog: Catalog, *, seed: int) -> OwnExamples:
    """The examples of the overlay, dressed by the generator; raises ConfigError naming a broken line."""
    with needs_generator("train"):
        from generator import dressed, leaks, read_corrections
    with needs("train"):
        from whispera.training import corrections
    recipe = corrections.read_recipe(place.recipe("corrections"))
    found, problems = dressed(read_corrections(place.local / FILE), catalog, seed=seed)
    _tell(problems, place.local / FILE)
    measured = leaks.read_measured(place.evaluation, catalog)
    examples = [
        corrections.own_example(
            one.line.digest,
            one.line.weight,
            [one.samples[0], *(copy for copy in one.samples[1:] if measured.leak(copy) is None)],
        )
        for one in found
    ]
    return corrections.OwnExamples(tuple(examples), recipe)


def labelled_examples(file: Path, catalog: Catalog) -> list[Labelled]:
    """The examples of a file as they stand; raises ConfigError naming a broken line."""
    with needs_generator("base build"):
        from generator import plain, read_corrections
    found, problems = plain(read_corrections(file), catalog)
    _tell(problems, file)
    return found


def _tell(problems: Sequence[tuple[Correction, str]], file: Path) -> None:
    for line, reason in problems[:_TOLD]:
        tell(f"the example {line.text!r} cannot be learnt: {reason}")
    if len(problems) > _TOLD:
        tell(f"and {len(problems) - _TOLD} others", hint=f"mend or remove them in {file}")
