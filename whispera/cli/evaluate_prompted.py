"""`whispera eval FILE --few-shot N`: a base that was not tuned, prompted, beside its tuned adapter."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera.cli.bases import load_base
from whispera.cli.faults import tell
from whispera.errors import AdapterError, UsageError
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.engines.load import Loaded
    from whispera.evaluation.expected import Expected
    from whispera.evaluation.prompting import Prompted, Prompter, Row

Each = Callable[[Sequence[Any], Callable[[Any], Any]], list[Any]]
"""Asks one after the other, with a progress bar."""
SEED = 1


@dataclass(frozen=True, slots=True)
class FewShot:
    """How to prompt."""

    shots: int
    free: bool = False
    """Let the base write without the walk as well."""
    draw: str = "seeded"
    threshold: float | None = None


def sample(expected: Sequence[Expected], limit: int | None) -> list[Expected]:
    """At most `limit` lines, drawn alike every time, in the order of the file."""
    if limit is None or limit >= len(expected):
        return list(expected)
    return sorted(random.Random(f"limit {SEED}").sample(list(expected), limit), key=lambda one: one.line)


def run(
    place: Workspace,
    catalog: CompiledCatalog,
    base: Path,
    expected: Sequence[Expected],
    how: FewShot,
    *,
    each: Each,
    wrong: bool = False,
    as_json: bool = False,
) -> None:
    """Print the table: the tuned adapter, prompted and constrained, prompted and free."""
    from whispera.engines.onnx import OnnxEngine
    from whispera.evaluation.expected import slot_names
    from whispera.evaluation.prompting import row

    slots_of = slot_names(catalog.actions)
    started = time.monotonic()
    rows: list[Row] = []
    asked: list[tuple[str, list[Prompted]]] = []
    try:
        tuned = load_base(place, base, catalog)
    except AdapterError as error:
        tell(f"without a row for the tuned adapter: {error.message}", hint=error.hint)
        engine: Any = OnnxEngine(base, threads=_threads())
    else:
        engine = tuned.engine
        asked.append(("tuned", _tuned(catalog, tuned, expected, slots_of, each)))
        rows.append(row(*asked[-1]))
        engine.use(None)
    prompter = _prompter(place, catalog, base, engine, how)
    named = f"{how.shots} example{'s' if how.shots != 1 else ''}"
    for free in (False, True) if how.free else (False,):

        def ask(one: Expected, free: bool = free) -> Prompted:
            return prompter.ask(one, slots_of, free=free)

        asked.append((f"{named}, {'free' if free else 'constrained'}", each(expected, ask)))
        rows.append(row(*asked[-1], once_s=prompter.fixed_s))
    if as_json:
        about = {"base": base.name, "examples": how.shots, "draw": how.draw, "seed": SEED}
        about |= {"utterances": len(expected), "seconds": round(time.monotonic() - started, 1)}
        data: dict[str, Any] = {**about, "rows": [asdict(one) for one in rows]}
        if wrong:
            data["wrong"] = {
                name: [_wrong(one) for one in found if not one.answer.exact] for name, found in asked
            }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    click.echo(
        f"{base.name}: {len(expected)} utterances in {time.monotonic() - started:.0f} s\n\n{table(rows)}"
    )
    if wrong:
        from whispera.evaluation.text import wrong_answers

        for name, found in asked:
            click.echo(f"\n{name}: {wrong_answers([one.answer for one in found])}")


def table(rows: Sequence[Row]) -> str:
    """The rows as text, and what the columns say."""
    from whispera.evaluation import text

    head = (
        "",
        "action",
        "exact",
        "false act.",
        "no intent",
        "ms",
        "p90 ms",
        "prompt tokens",
        "of these kept",
    )
    body = [
        (
            one.name,
            text.percent(one.action),
            text.percent(one.exact),
            text.percent(one.false_activations),
            text.percent(one.invalid),
            f"{one.median_ms:.0f}",
            f"{one.p90_ms:.0f}",
            f"{one.prompt_tokens:.0f}",
            str(one.kept_tokens),
        )
        for one in rows
    ]
    once = max((one.once_s for one in rows), default=0.0)
    kept = f"\nreading what is kept took {once:.1f} s, once; it is not part of ms" if once else ""
    return text.table(head, body) + kept


def _threads() -> int:
    from whispera.engines.load import free_threads

    return free_threads()


def _tuned(
    catalog: CompiledCatalog,
    model: Loaded,
    expected: Sequence[Expected],
    slots_of: dict[str, list[str]],
    each: Each,
) -> list[Prompted]:
    from whispera.evaluation.measure import answer
    from whispera.evaluation.prompting import Prompted
    from whispera.nlu import codec
    from whispera.nlu.normalise import normalise
    from whispera.pipeline.understand import Understander

    understander = Understander(catalog, model)
    understander.parse("hello")

    def ask(one: Expected) -> Prompted:
        pieces = codec.prompt_pieces(normalise(one.text), tag=catalog.domain.tag)
        tokens = len(codec.tokens(pieces, model.tokenizer))
        return Prompted(answer(one, understander.parse(one.text), slots_of), tokens, 0, valid=True)

    return each(expected, ask)


def _prompter(place: Workspace, catalog: CompiledCatalog, base: Path, engine: Any, how: FewShot) -> Prompter:
    from whispera.engines.load import Loaded
    from whispera.evaluation.prompting import Prompter, plain_tokenizer
    from whispera.evaluation.shots import Nearest, seeded, shots_of
    from whispera.pipeline.understand import Understander

    pool = []
    if how.shots:
        from whispera.training.dataset import read

        lines = [(one.prompt, one.wire, one.action) for one in read(place.dataset)]
        known = {*catalog.actions, "none", "sequence"}
        pool = [shot for shot in shots_of(lines) if shot.action in known]
        if len(pool) < how.shots:
            raise UsageError(
                f"train.jsonl has {len(pool)} lines that can be examples", hint="give fewer: --few-shot N"
            )
    tokenizer, sayable = plain_tokenizer(base / "tokenizer.json")
    understander = Understander(catalog, Loaded(base.name, engine, tokenizer, 1.0, ""))
    nearest = Nearest(pool) if how.draw == "nearest" and how.shots else None
    return Prompter(
        understander,
        tokenizer,
        sayable,
        shots=[] if nearest else seeded(pool, how.shots, seed=SEED),
        nearest=(lambda text: nearest.of(text, how.shots)) if nearest else None,
        threshold=how.threshold or 0.0,
    )


def _wrong(one: Prompted) -> dict[str, Any]:
    from whispera.evaluation import text

    found = one.answer
    return {
        "line": found.expected.line,
        "text": found.expected.text,
        "wanted": text.wanted(found),
        "given": text.given(found),
    }
