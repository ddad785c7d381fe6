"""Hours of what nobody meant as a command, and thousands of what somebody did.

`--quiet HOURS`: silence, noise, music and speech that is no command (other languages, words that are none,
people talking to one another) go through the open microphone of the daemon's service as quickly as they are
recognised: voice detector, end of speech, recogniser, understanding, policy. Counted is what would be
carried out; the goal is nothing. With `--keep FILE` every kind of sound that is done is written there, and a
run that was ended goes on from it.

`--commands N`: so many spoken commands in a row with the key held, through
the same service: nothing may be lost in the history, and memory must stay. `--reloads N`: a daemon process
whose configuration changes so many times while it is asked. `--unplug`: the desktop test that unplugs a
microphone 20 times.

A slope of memory is fitted over the second half, when everything has been loaded and used.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ears import Setting
from key_up import COMMANDS, cpu_s, memory_mb
from measure import PYTHON, ROOT, arguments, machine, show, spread, succeed, table, user
from numpy.typing import NDArray
from overheard import CHAT, FOREIGN, nonsense
from service import Fed, fed
from speakers import say, say_foreign, there

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.files import read_clip
from whispera.audio.mixing import make_noise, mix

SEED = 1
PART_S = 20
"""Length of a stretch of noise or of silence."""
PARTS = ("foreign", "nonsense", "chat", "chat in music", "silence", "noise", "music")
"""Kinds of sound, each for the same time; what is most likely to be acted on comes first."""
LOUD = (0.02, 0.1, 0.4)
"""Root mean squares of noise: a quiet room to a loud one."""


def main() -> None:
    options = arguments(__doc__, add_options)
    figures: dict[str, Any] = {}
    texts: list[str] = []
    if options.quiet:
        figures["quiet"] = quiet(options)
        texts.append(quiet_text(figures["quiet"]))
    if options.commands:
        figures["commands"] = commands(options)
        texts.append(commands_text(figures["commands"]))
    if options.reloads:
        figures["reloads"] = reloads(options)
        texts.append(reloads_text(figures["reloads"]))
    if options.unplug:
        figures["unplug"] = unplug()
        texts.append(f"A microphone unplugged 20 times: survived in {figures['unplug']['seconds']:.0f} s.")
    show(options, figures, "\n\n".join(texts))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", type=float, default=0, metavar="HOURS", help="of what is no command (0)")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="write what is done here, and go on from it"
    )
    parser.add_argument("--commands", type=int, default=0, help="spoken commands in a row (0)")
    parser.add_argument("--reloads", type=int, default=0, help="changes of the configuration (0)")
    parser.add_argument("--unplug", action="store_true", help="unplug a virtual microphone 20 times")
    parser.add_argument("--recogniser", default="whisper")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--part", action="append", choices=PARTS, help="a kind of sound (all)")


# -- what nobody means


def quiet(options: argparse.Namespace) -> dict[str, Any]:
    """What came of sound that is no command, by kind."""
    kinds = options.part or PARTS
    of = {"hours": options.quiet, "recogniser": options.recogniser, "commit": machine()["commit"]}
    parts = kept(options.keep, of)
    setting = Setting(options.recogniser, threads=options.threads)
    missing = [kind for kind in kinds if kind not in parts]
    if missing:
        with fed(setting, mode="open", live=False) as one:
            one.dry_run = True  # what it would do is counted, not done
            counted = CountingEars(one)
            for kind in missing:
                parts[kind] = part_of(kind, one, counted, seconds=3600 * options.quiet / len(kinds))
                print(f"{kind}: {parts[kind]}", file=sys.stderr, flush=True)
                keep(options.keep, of, parts)
    parts = {kind: parts[kind] for kind in kinds}
    return {
        **of,
        "parts": parts,
        "actions": sum(len(part["actions"]) for part in parts.values()),
        "rss_mb": max(part["rss_mb"] for part in parts.values()),
        "rss_slope_mb": max(part["rss_slope_mb"] for part in parts.values()),
        "seconds": sum(part["seconds"] for part in parts.values()),
    }


def part_of(kind: str, one: Fed, counted: CountingEars, *, seconds: float) -> dict[str, Any]:
    """What came of one kind of sound."""
    started, memory = time.monotonic(), [memory_mb(os.getpid())["rss_mb"]]
    before, fed_before = len(one.understood), one.fed
    heard, words = counted.heard, counted.with_words
    for samples in sounds(kind, seconds):
        one.hear(samples)
        memory.append(memory_mb(os.getpid())["rss_mb"])
    one.hear(np.zeros(3 * SAMPLE_RATE_HZ, dtype=np.float32))
    one.until(lambda: one.state == "idle", timeout_s=60)
    return {
        "minutes": round((one.fed - fed_before) / SAMPLE_RATE_HZ / 60, 1),
        "recordings": counted.heard - heard,
        "with_words": counted.with_words - words,
        "actions": [
            {"text": parse.text, "intent": parse.intent.as_json(), "confidence": round(parse.confidence, 3)}
            for parse in one.understood[before:]
        ],
        "rss_mb": memory[-1],
        "rss_slope_mb": slope(memory),
        "seconds": round(time.monotonic() - started),
    }


def kept(path: Path | None, of: dict[str, Any]) -> dict[str, Any]:
    """The parts that an earlier run of the same kind has done; ends the benchmark where it was another."""
    if path is None or not path.exists():
        return {}
    read: dict[str, Any] = json.loads(path.read_text())
    if read["of"] != of:
        raise SystemExit(f"{path} is of another run: {read['of']}, not {of}")
    parts: dict[str, Any] = read["parts"]
    return parts


def keep(path: Path | None, of: dict[str, Any], parts: dict[str, Any]) -> None:
    """Writes what is done, whole or not at all."""
    if path is not None:
        beside = path.with_name(path.name + ".new")
        beside.write_text(json.dumps({"of": of, "parts": parts}, indent=1))
        beside.replace(path)


class CountingEars:
    """Counts recordings, and those in which words were found."""

    def __init__(self, one: Fed) -> None:
        self.heard = self.with_words = 0
        self._hear = one.hearing.hear
        one.hearing.hear = self.hear

    def hear(self, clip: Clip, *rest: Any, **options: Any) -> Any:
        heard = self._hear(clip, *rest, **options)
        self.heard += 1
        self.with_words += bool(heard.transcript.hypotheses)
        return heard


def sounds(kind: str, seconds: float) -> Iterator[NDArray[np.float32]]:
    """Stretches of a kind of sound, the same every time, for so long."""
    rng, draw = np.random.default_rng(SEED), random.Random(SEED)
    voices = there()
    music = noise("music", rng) if kind == "chat in music" else silence(PART_S, rng)
    number, left = 0, seconds * SAMPLE_RATE_HZ
    while left > 0:
        if kind == "silence":
            made = silence(PART_S, rng)
        elif kind == "noise":
            name = ("white", "pink", "hum", "clicks")[number % 4]
            made = noise(name, rng) * np.float32(LOUD[number % len(LOUD)] / LOUD[1])
        elif kind == "music":
            made = noise("music", rng) * np.float32(LOUD[number % len(LOUD)] / LOUD[1])
        else:
            clip = read_clip(speech(kind, number, draw, voices))
            if kind == "chat in music":
                clip = mix(clip, music, snr_db=draw.choice((12, 6)))
            made = np.concatenate([clip.samples, silence(draw.uniform(0.3, 2.5), rng)])
        number += 1
        left -= len(made)
        yield made.astype(np.float32)


def speech(kind: str, number: int, draw: random.Random, voices: Sequence[str]) -> Path:
    """The file of the next sentence of a kind."""
    if kind == "foreign":
        language = list(FOREIGN)[number % len(FOREIGN)]
        variant = draw.choice(("", "+f3", "+m3", "+f1"))
        return say_foreign(draw.choice(FOREIGN[language]), f"{language}{variant}")
    if kind == "nonsense":
        return say(nonsense(random.Random(number % 60)), voices[number % len(voices)])
    return say(draw.choice(CHAT), voices[number % len(voices)])


def silence(seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """What a microphone hears of a still room."""
    return 1e-4 * rng.standard_normal(int(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def noise(kind: str, rng: np.random.Generator) -> NDArray[np.float32]:
    return make_noise(kind, PART_S * SAMPLE_RATE_HZ, rng=rng)


# -- what somebody means


def commands(options: argparse.Namespace) -> dict[str, Any]:
    """Spoken commands in a row: times, history and memory."""
    clips = [read_clip(say(text, there()[0])) for text in COMMANDS]
    memory: list[float] = []
    took: list[float] = []
    with fed(Setting(options.recogniser, threads=options.threads), live=False) as one:
        before = len(one.session.history.recent(10 * options.commands))
        for number in range(options.commands):
            started = time.monotonic()
            one.service.press()
            hung = not one.until(lambda: one.state == "listening")
            one.hear(clips[number % len(clips)].samples)
            one.service.release()
            hung |= not one.until(lambda: one.state == "idle", timeout_s=60)
            if hung:
                raise SystemExit(f"command {number} did not end: {one.service.status()}")
            took.append(1e3 * (time.monotonic() - started))
            memory.append(memory_mb(os.getpid())["rss_mb"])
        entries = len(one.session.history.recent(10 * options.commands)) - before
        acted, notes = len(one.understood), len(one.screen.notes)
    return {
        "commands": options.commands,
        "recogniser": options.recogniser,
        "in_history": entries,
        "understood": acted,
        "nothing_heard": notes,
        "ms": spread(took).median,
        "rss_mb": memory[-1],
        "rss_slope_mb_per_1000": slope(memory) * 1000 / max(1, len(memory)),
    }


# -- what changes meanwhile


def reloads(options: argparse.Namespace) -> dict[str, Any]:
    """A daemon process whose configuration is changed and which is asked after each change."""
    from whispera.daemon import client
    from whispera.daemon.place import Place

    memory: list[float] = []
    wrong = 0
    took: list[float] = []
    with user() as env, tempfile.TemporaryDirectory(prefix="wb-") as runtime:
        place_dir = Path(env["HOME"]) / "place"
        place_dir.mkdir()
        for name in ("config", "adapters"):
            copy_tree(ROOT / name, place_dir / name)
        del env["PYTHONPATH"]
        env |= {"XDG_RUNTIME_DIR": runtime, "WHISPERA_HOME": str(place_dir)}
        program = [PYTHON, "-m", "whispera", "daemon"]
        started = json.loads(succeed([*program, "--no-voice", "--json"], env=env).out)
        pid = int(started["pid"])
        place = Place(Path(runtime) / "whispera", str(started.get("address") or ""), Path(runtime))
        if not place.address:
            place = Place(place.directory, str(Path(runtime) / "whispera" / "daemon.sock"), place.state)
        try:
            local = place_dir / "config" / "local"
            local.mkdir()
            for number in range(options.reloads):
                text = f"confidence: {{harmless: {0.4 + 0.001 * (number % 100):.3f}}}\n"
                (local / "settings.yaml").write_text(text)
                at = time.monotonic()
                client.ask(place, {"do": "reload"}, timeout_s=60)
                asked = {"do": "understand", "text": "set the volume to thirty percent", "previous": []}
                answer = client.ask(place, {**asked, "alternatives": 0}, timeout_s=60)
                took.append(1e3 * (time.monotonic() - at))
                wrong += '"set_volume"' not in json.dumps(answer)
                memory.append(memory_mb(pid)["rss_mb"])
            busy = cpu_s(pid)
        finally:
            succeed([*program, "stop"], env=env)
    return {
        "reloads": options.reloads,
        "wrong_answers": wrong,
        "ms": spread(took).median,
        "cpu_s": busy,
        "rss_mb": memory[-1],
        "rss_slope_mb_per_100": slope(memory) * 100 / max(1, len(memory)),
    }


def unplug() -> dict[str, Any]:
    """Seconds that the test of it takes, which ends the benchmark where it fails."""
    test = str(ROOT / "tests" / "desktop" / "test_microphone.py")
    done = succeed([PYTHON, "-m", "pytest", test, "-k", "unplugged_twenty_times"], env=os.environ)
    if "1 passed" not in done.out:
        raise SystemExit(done.out)
    return {"times": 20, "seconds": done.seconds}


def copy_tree(source: Path, to: Path) -> None:
    import shutil

    shutil.copytree(source, to, ignore=shutil.ignore_patterns("local", "*.versions", "__pycache__"))


def slope(values: Sequence[float]) -> float:
    """What the second half of some values rose by, fitted as a line, were it as long as the whole."""
    half = np.asarray(values[len(values) // 2 :], dtype=np.float64)
    if len(half) < 2:
        return 0.0
    return float(np.polyfit(np.arange(len(half)), half, 1)[0] * len(values))


# -- telling it


def quiet_text(found: dict[str, Any]) -> str:
    rows = [
        [
            kind,
            f"{part['minutes']} min",
            str(part["recordings"]),
            str(part["with_words"]),
            str(len(part["actions"])),
        ]
        for kind, part in found["parts"].items()
    ]
    lines = [table(["open microphone", "sound", "recordings", "with words", "actions"], rows)]
    for part in found["parts"].values():
        lines += [
            f"acted on: {one['text']!r} -> {one['intent']} {one['confidence']}" for one in part["actions"]
        ]
    lines.append(
        f"\n{found['recogniser']}, {found['actions']} actions in {found['hours']:g} hours of sound, "
        f"{found['seconds']} s; {found['rss_mb']:.0f} MB, at most {found['rss_slope_mb']:+.1f} MB in a part."
    )
    return "\n".join(lines)


def commands_text(found: dict[str, Any]) -> str:
    return (
        f"{found['commands']} spoken commands in a row, {found['recogniser']}: {found['in_history']} in the "
        f"history, {found['understood']} understood, {found['nothing_heard']} notes; "
        f"median {found['ms']:.0f} ms; {found['rss_mb']:.0f} MB, "
        f"{found['rss_slope_mb_per_1000']:+.1f} MB a thousand."
    )


def reloads_text(found: dict[str, Any]) -> str:
    return (
        f"{found['reloads']} changes of the configuration, reloaded: {found['wrong_answers']} wrong answers; "
        f"median {found['ms']:.0f} ms; {found['rss_mb']:.0f} MB, "
        f"{found['rss_slope_mb_per_100']:+.1f} MB a hundred."
    )


if __name__ == "__main__":
    main()
