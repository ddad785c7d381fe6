"""The figures of recordings as plain text, for a terminal or a log."""

from __future__ import annotations

from typing import Any

from whispera.evaluation.audio import AudioFigures, Round
from whispera.evaluation.text import given, percent, table, wanted

HEADS = ("", "recordings", "intent", "every slot", "word errors", "median", "p90", "real time", "rejected")


def render(figures: AudioFigures, *, wrong: bool = False) -> str:
    """All tables, and what went wrong: in the first round, or in each where `wrong` asks for it."""
    parts = [heading(figures.extra), rounds(figures), slots(figures), rejections(figures), footing(figures)]
    parts += map(mistakes, figures.rounds if wrong else figures.rounds[:1])
    return "\n\n".join(part for part in parts if part)


def heading(extra: dict[str, Any]) -> str:
    """What was asked about what."""
    if not extra:
        return ""
    adapter = "with its adapter" if extra["adapter"] else "without an adapter"
    beam = f", beam {extra['beam']}" if extra["recogniser"] == "whisper" else ""
    return (
        f"{extra['folder']}: {extra['recordings']} recordings, {extra['minutes']:.1f} minutes of speech\n"
        f"{extra['recogniser']}{beam}, {extra['base']} {adapter}, domain {extra['domain']}"
    )


def rounds(figures: AudioFigures) -> str:
    """One row for each condition."""
    return table(HEADS, [row(one) for one in figures.rounds])


def row(one: Round) -> tuple[str, ...]:
    """The figures of a condition, below `HEADS`."""
    rate, ms = one.word_error_rate, one.latency_ms
    return (
        one.name,
        str(len(one.spoken)),
        percent(one.action.value),
        percent(one.exact.value),
        "-" if rate is None else percent(rate),
        f"{ms['median']:.0f} ms",
        f"{ms['p90']:.0f} ms",
        f"{one.real_time_factor:.3f} x",
        str(sum(one.rejections.values())),
    )


def slots(figures: AudioFigures) -> str:
    """Right values by slot, in every condition."""
    names = dict.fromkeys(name for one in figures.rounds for name in one.per_slot)
    if not names:
        return ""
    found = [one.per_slot for one in figures.rounds]
    rows = [
        (
            name,
            str(next(some[name].total for some in found if name in some)),
            *(percent(some[name].value) if name in some else "-" for some in found),
        )
        for name in names
    ]
    return table(("slot", "values", *(one.name for one in figures.rounds)), rows)


def rejections(figures: AudioFigures) -> str:
    """Why nothing would be done, by condition."""
    lines = [
        f"rejected, {one.name}: " + ", ".join(f"{reason} {count}" for reason, count in one.rejections.items())
        for one in figures.rounds
        if one.rejections
    ]
    return "\n".join(lines)


def footing(figures: AudioFigures) -> str:
    """What the figures mean, and what memory it took."""
    peak = "" if figures.peak_mb is None else f"\npeak memory {figures.peak_mb:.0f} MB"
    return f"median and p90: from the last sample of a recording to the intent{peak}"


def mistakes(one: Round) -> str:
    """Each recording that is not exactly right, with what was said, heard, wanted and understood."""
    lines = [f"{one.name}: {len(one.wrong)} of {len(one.spoken)} not exactly right"]
    for spoken in one.wrong:
        lines.append(f"  {spoken.labelled.path.name}")
        if spoken.labelled.text:
            lines.append(f"      said   {spoken.labelled.text}")
        lines.append(f"      heard  {spoken.heard or '(nothing)'}")
        lines.append(f"      wanted {wanted(spoken.answer)}")
        reason = f", {spoken.rejection}" if spoken.rejection else ""
        lines.append(
            f"      got    {given(spoken.answer)}, confidence {spoken.answer.confidence:.2f}{reason}"
        )
    return "\n".join(lines)
