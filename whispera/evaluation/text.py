"""The figures of an evaluation as plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from whispera.domain.intent import Intent
from whispera.evaluation.measure import Answer, Figures, Share

CURVE_EVERY = 2
"""Every other threshold of the curve is enough to read."""


def render(figures: Figures, *, wrong: bool = False) -> str:
    """All tables, with every wrong answer where `wrong` asks for them."""
    parts = [
        heading(figures.extra),
        overall(figures),
        slot_types(figures),
        actions(figures),
        confusions(figures),
        curve(figures),
        calibration(figures),
        latency(figures),
    ]
    if wrong:
        parts.append(wrong_answers(figures.answers))
    return "\n\n".join(part for part in parts if part)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Aligned columns, the first to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def draw(line: Sequence[str]) -> str:
        first, *rest = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join([first, *rest]).rstrip()

    return "\n".join(map(draw, lines))


def percent(value: float) -> str:
    """A share as percent, one decimal."""
    return f"{100 * value:.1f} %"


def heading(extra: dict[str, Any]) -> str:
    """What was asked about what."""
    if not extra:
        return ""
    adapter = "with its adapter" if extra["adapter"] else "without an adapter"
    if extra["threshold"] is not None:
        limit = f"threshold {extra['threshold']:g}"
    else:
        limit = "thresholds " + ", ".join(f"{k} {v:g}" for k, v in extra["thresholds"].items())
    talk = f" in {extra['dialogues']} dialogues" if extra.get("dialogues") else ""
    return (
        f"{extra['file']}: {extra['utterances']} utterances{talk} in {extra['seconds']:.1f} s\n"
        f"{extra['base']} {adapter}, {limit}"
    )


def overall(figures: Figures) -> str:
    """Action and exact accuracy: everything, commands, non-commands, and the blocks asked for."""

    def row(name: str, action: Share, exact: Share) -> tuple[str, str, str, str]:
        return name, str(action.total), percent(action.value), percent(exact.value)

    false = figures.false_activations
    right = Share(false.total - false.right, false.total)
    rows = [row("all", figures.action, figures.exact)]
    rows.append(row("commands", figures.commands_action, figures.commands_exact))
    rows.append(row("no command", right, right))
    for block in figures.extra.get("blocks", []):
        rows.append((block["name"], str(block["total"]), percent(block["action"]), percent(block["exact"])))
    acted = f"false activations: {false.right} of {false.total} ({percent(false.value)})"
    return table(("", "lines", "action", "exact"), rows) + "\n" + acted


def slot_types(figures: Figures) -> str:
    """Right values by slot type."""
    rows = [
        (name, str(share.total), percent(share.value))
        for name, share in sorted(figures.per_slot_type.items(), key=lambda item: item[1].value)
    ]
    return table(("slot type, where the action is right", "values", "right"), rows) if rows else ""


def actions(figures: Figures) -> str:
    """Accuracy by expected action, worst first; those without a mistake are only counted."""
    worst = sorted(figures.per_action.items(), key=lambda item: (item[1][1].value, item[1][0].value, item[0]))
    rows = [
        (name, str(exact.total), percent(action.value), percent(exact.value))
        for name, (action, exact) in worst
        if exact.right < exact.total
    ]
    lines = [table(("action, worst first", "lines", "action", "exact"), rows)] if rows else []
    good = len(worst) - len(rows)
    lines.append(f"no mistake in {good} action{'s' if good != 1 else ''} of {len(worst)}")
    return "\n".join(lines)


def confusions(figures: Figures) -> str:
    """Which action was taken for which."""
    rows = [(f"{wanted} taken for {got}", str(count)) for wanted, got, count in figures.confusions[:20]]
    if not rows:
        return ""
    more = len(figures.confusions) - len(rows)
    return table(("confusions", "times"), rows) + (f"\nand {more} others, once each or more" if more else "")


def curve(figures: Figures) -> str:
    """What another threshold would accept."""
    rows = [
        (f"{threshold:.2f}", percent(coverage), percent(exact), percent(false))
        for threshold, coverage, exact, false in figures.curve[::CURVE_EVERY]
    ]
    head = ("threshold", "commands acted on", "of these exact", "false activations")
    return table(head, rows)


def calibration(figures: Figures) -> str:
    """Confidence against accuracy."""
    rows = [(percent(mean), percent(exact), str(count)) for mean, exact, count in figures.bins]
    return table(("mean confidence", "exact", "answers"), rows) + f"\nECE over ten bins: {figures.ece:.3f}"


def latency(figures: Figures) -> str:
    """Milliseconds from text to intent."""
    return "ms a command: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.latency_ms.items())


def wanted(answer: Answer) -> str:
    """What was expected, as the evaluation file writes it."""
    slots = " ".join(f"{name}={'||'.join(values)}" for name, values in answer.expected.slots.items())
    steps = ";".join(
        step.action + "".join(f" {name}={'||'.join(values)}" for name, values in step.slots.items())
        for step in answer.expected.steps
    )
    return " ".join(part for part in ("||".join(answer.expected.actions), slots, steps) if part)


def given(answer: Answer) -> str:
    """What was understood, slots as in the evaluation file; `?` where it was rejected as unsure."""
    if answer.raw is None:
        return "nothing"
    text = written(answer.raw)
    return text if answer.got is not None or answer.raw.action == "none" else f"{text} (not acted on)"


def written(intent: Intent) -> str:
    """An intent as the evaluation file writes it."""
    slots = " ".join(
        f"{name}={[step.as_json() for step in value] if isinstance(value, tuple) else value}"
        for name, value in intent.slots.items()
    )
    return f"{intent.action} {slots}".strip()


def wrong_answers(answers: Sequence[Answer]) -> str:
    """Each wrong answer with what was expected."""
    lines = [
        f"{a.expected.line}: {a.expected.text}\n"
        + "".join(f"    after  {written(one)}\n" for one in a.previous)
        + f"    wanted {wanted(a)}\n"
        f"    got    {given(a)}, confidence {a.confidence:.2f}"
        for a in answers
        if not a.exact
    ]
    return "\n".join([f"{len(lines)} wrong answers", *lines])
