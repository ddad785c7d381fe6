"""The typed commands of eval/desktop.txt, spoken by synthetic voices: how many are understood exactly.

Spoken are the blocks plain, compound and speech (eval/README.md): typing errors cannot be heard. Lines that
are no command are spoken too, with --none, and reported apart. Synthetic voices are no people; they are the
same for everyone, and cheap to make more of. Each clip is made once and kept in a cache folder.

A line has an unseen name where one of its values, between spaces, has something that stands so in no YAML
file of config/: "zorptracker", but also "web-1" and "q3-report.pdf", whose words are known. All such lines
are spoken and reported apart, whether they are in the sample or not. Two columns are of the other lines of
the sample: "names seen" leaves away all of these, "words seen" only those with an unseen word, as
"zorptracker"; the others are of the whole sample. "By ear" forgives what nobody can hear: punctuation, spaces
and case inside a value.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ears import Setting, listening
from measure import ROOT, arguments, show, spread, table
from speakers import say_all, there

from whispera.catalog import load
from whispera.evaluation.audio import Round, Spoken, by_ear, listen
from whispera.evaluation.audio_labels import Labelled
from whispera.evaluation.expected import Expected, read
from whispera.evaluation.text import given, wanted

TYPED = range(571, 596)
"""Lines with typing errors."""
SEED = 1
BEST = 4
SHARES = {
    "exact": "exact",
    "by_ear": "by ear",
    "action": "action",
    "words_seen": "words seen",
    "seen": "names seen",
    "unseen": "names unseen",
    "word_errors": "word errors",
}
"""What is told of each voice, and the head of its column."""
GOALS = {"all": 0.80, "best": 0.90}


@dataclass(frozen=True, slots=True)
class Work:
    """What one process listens to."""

    voice: str
    setting: Setting
    lines: tuple[Expected, ...]
    slots_of: dict[str, list[str]]


def main() -> None:
    options = arguments(__doc__, add_options)
    catalog = load(ROOT / "config")
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    types = {
        (name, slot.name): slot.type for name, action in catalog.actions.items() for slot in action.slots
    }
    lines = [line for line in read(ROOT / "eval" / "desktop.txt", slots_of) if line.line not in TYPED]
    commands = drawn([line for line in lines if not line.is_none], options.sample)
    others = drawn([line for line in lines if line.is_none], options.none) if options.none else []
    names, strange = (
        [line for line in lines if unseen_values(line, types, known, of)]
        for of, known in ((of, known_words(of)) for of in (tokens, words))
    )
    if options.no_names:
        names, strange = [], []
    voices = options.voice or there()
    threads = max(1, options.threads // options.jobs)
    setting = Setting(options.recogniser, options.beam, options.model, threads=threads)
    spoken = tuple(dict.fromkeys(line.line for line in (*commands, *others, *names)))
    by_number = {line.line: line for line in lines}
    work = [Work(voice, setting, tuple(by_number[number] for number in spoken), slots_of) for voice in voices]
    for one in work:  # before anything is timed
        say_all([line.text for line in one.lines], one.voice, jobs=options.threads)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        rounds = dict(zip(voices, pool.map(heard, work), strict=True))
    figures = figures_of(
        rounds, slots_of, *({line.line for line in some} for some in (commands, others, names, strange))
    )
    figures |= {"recogniser": options.recogniser, "beam": options.beam, "lines": len(commands)}
    if options.wrong:
        list_wrong(rounds)
    show(options, figures, text_of(figures))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recogniser", default="whisper", help="whisper (default) or pocketsphinx")
    parser.add_argument(
        "--model",
        default="",
        help="a speech model of config/models.yaml, or its folder (as the settings say)",
    )
    parser.add_argument("--beam", type=int, help="hypotheses that Whisper follows (as the settings say)")
    parser.add_argument(
        "--sample", type=int, default=80, help="commands, drawn alike every time (80); 0: all"
    )
    parser.add_argument("--none", type=int, default=0, help="lines that are no command, beside them (0)")
    parser.add_argument("--no-names", action="store_true", help="leave the lines with unseen names away")
    parser.add_argument(
        "--voice", action="append", help="a voice; may be given several times (all there are)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes that listen (2)")
    parser.add_argument("--threads", type=int, default=2, help="threads of all of them together (2)")
    parser.add_argument("--wrong", action="store_true", help="list what went wrong, on stderr")


def drawn(lines: Sequence[Expected], count: int) -> list[Expected]:
    """So many of the lines, alike every time, in their order."""
    if not count or count >= len(lines):
        return list(lines)
    return sorted(random.Random(SEED).sample(list(lines), count), key=lambda line: line.line)


def known_words(of: Callable[[str], list[str]]) -> frozenset[str]:
    """Every word of every file of the configuration, by `words` or `tokens`."""
    files = [path for path in (ROOT / "config").rglob("*.yaml") if "local" not in path.parts]
    return frozenset(word for path in files for word in of(path.read_text(encoding="utf-8")))


def unseen_values(
    line: Expected,
    types: dict[tuple[str, str], str],
    known: frozenset[str],
    of: Callable[[str], list[str]],
) -> list[str]:
    """The values of a line that hold something the configuration does not: a name, an address, free text."""
    steps = line.steps or [line]
    return [
        values[0]
        for step in steps
        for action in ([step.action] if hasattr(step, "action") else step.actions)
        for slot, values in step.slots.items()
        if types.get((action, slot)) in ("name", "text", "url")
        and not all(word in known for word in of(values[0]))
    ]


_AROUND = ".,;:!?'()[]{}|-\""
"""Marks around a word, of YAML among them."""


def words(text: str) -> list[str]:
    """Letters that stand together, in small ones."""
    return re.findall(r"[^\W\d_]+", text.lower())


def tokens(text: str) -> list[str]:
    """What stands between spaces, in small letters; bare numbers are left out."""
    found = (word.strip(_AROUND) for word in re.split(r"[\s,\"|=()\[\]{}]+", text.lower()))
    return [word for word in found if any(character.isalpha() for character in word)]


def heard(work: Work) -> Round:
    """What one voice was understood as."""
    clips = say_all([line.text for line in work.lines], work.voice, jobs=1)
    with listening(work.setting) as (_, hearing):
        hearing.hear(clips[0])  # the first clip pays for what is loaded on first use
        spoken = [
            listen(hearing, clip, Labelled(Path(work.voice), line.text, line), work.slots_of)
            for line, clip in zip(work.lines, clips, strict=True)
        ]
    print(f"{work.voice}: {sum(one.answer.exact for one in spoken)} of {len(spoken)}", file=sys.stderr)
    return Round(work.voice, tuple(spoken))


def figures_of(
    rounds: dict[str, Round],
    slots_of: dict[str, list[str]],
    commands: set[int],
    others: set[int],
    names: set[int],
    strange: set[int],
) -> dict[str, Any]:
    """Shares and milliseconds by voice, over all and over the best four."""

    def share(spoken: Sequence[Spoken], among: set[int]) -> float | None:
        some = [one.answer.exact for one in spoken if one.labelled.expected.line in among]
        return sum(some) / len(some) if some else None

    found: dict[str, Any] = {"voices": {}}
    for voice, one in rounds.items():
        told = Round(voice, tuple(s for s in one.spoken if s.labelled.expected.line in commands))
        found["voices"][voice] = {
            "exact": told.exact.value,
            "by_ear": sum(by_ear(s, slots_of) for s in told.spoken) / max(1, len(told.spoken)),
            "action": told.action.value,
            "seen": share(told.spoken, commands - names),
            "words_seen": share(told.spoken, commands - strange),
            "unseen": share(one.spoken, names),
            "word_errors": told.word_error_rate,
            "ms": spread([s.ms for s in one.spoken]).median,
            "no_command_acted_on": sum(
                s.answer.got is not None for s in one.spoken if s.labelled.expected.line in others
            ),
        }
    ranked = sorted(found["voices"], key=lambda voice: -found["voices"][voice]["exact"])
    for name, some in (("all voices", list(rounds)), (f"the best {BEST}", ranked[:BEST])):
        found[name] = {key: mean([found["voices"][voice][key] for voice in some]) for key in (*SHARES, "ms")}
    found["unseen_lines"] = len(names)
    return found


def mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def text_of(figures: dict[str, Any]) -> str:
    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.1%}"

    ranked = sorted(figures["voices"].items(), key=lambda item: -item[1]["exact"])
    both = [(name, figures[name]) for name in ("all voices", f"the best {BEST}")]
    rows = [
        [
            name,
            *(cell(one[key]) for key in SHARES),
            f"{one['ms']:.0f} ms",
        ]
        for name, one in [*ranked, *both]
    ]
    heads = ["voice", *SHARES.values(), "ms"]
    acted = sum(one["no_command_acted_on"] for one in figures["voices"].values())
    told = f"; lines that are no command acted on: {acted}" if acted else ""
    return (
        f"{table(heads, rows)}\n\n{figures['lines']} commands; {figures['unseen_lines']} with a name that no "
        f"file of config/ holds{told}. Goals: {GOALS['all']:.0%} over all voices, "
        f"{GOALS['best']:.0%} over the best {BEST}."
    )


def list_wrong(rounds: dict[str, Round]) -> None:
    """Each line that a voice was not understood with, and how it was heard."""
    by_line: dict[int, list[tuple[str, Spoken]]] = {}
    for voice, one in rounds.items():
        for spoken in one.wrong:
            by_line.setdefault(spoken.labelled.expected.line, []).append((voice, spoken))
    for line, wrong in sorted(by_line.items(), key=lambda item: (-len(item[1]), item[0])):
        first = wrong[0][1]
        print(f"{line} ({len(wrong)} of {len(rounds)}): {first.labelled.text}", file=sys.stderr)
        print(f"    wanted {wanted(first.answer)}", file=sys.stderr)
        for voice, spoken in wrong:
            reason = f" [{spoken.rejection}]" if spoken.rejection else ""
            print(f"    {voice:16} {spoken.heard!r} -> {given(spoken.answer)}{reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
