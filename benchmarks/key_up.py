"""From key up to action, the typed round trip through the daemon, and what an idle daemon takes.

Spoken: clips of about two seconds are fed in real time into the service of the daemon (the fake microphone
and the runner aside, its real parts) while the key is held; the time counts from the release, at the last
sample (or `--late` seconds after it, as people do), until the runner is called. pocketsphinx is measured once
more with whole recordings handed over after the full tail, as if it could not hear what is being said.
`--daemon`: a daemon process with a virtual microphone (PulseAudio with a
null sink), Whisper loaded: typed round trips, `./w` with and without it, processor and memory while idle.
Goals: 400 ms with tiny.en, 100 ms with pocketsphinx, 15 ms a round trip, 1 % of a core and 400 MB idle.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ears import Setting
from measure import PYTHON, ROOT, SPREAD_HEADS, arguments, show, spread, succeed, table, user
from service import fed
from speakers import say_all, there

from tests.desktop.pulse import SPEAKER, NoSoundServerError, sound_server
from whispera.audio.clip import Clip

COMMANDS = (
    "set the volume to thirty percent",
    "turn the volume up a little bit",
    "please mute the sound for now",
    "turn the brightness down to forty",
    "open the downloads folder please",
    "take a screenshot of the screen",
    "search the web for apple pie recipes",
    "lock the screen for me please",
    "show me the next desktop please",
    "play the next song on the list",
    "scroll down to the bottom of the page",
    "turn the volume down to ten percent",
)
SECONDS = (1.5, 2.5)
WARM_UP = 2


def main() -> None:
    options = arguments(__doc__, add_options)
    figures: dict[str, Any] = {"spoken": {}}
    rows: list[list[str]] = []
    voices = options.voice or there()[:1]
    clips = [clip for voice in voices for clip in say_all(COMMANDS, voice)]
    clips = [clip for clip in clips if SECONDS[0] <= clip.seconds <= SECONDS[1]]
    for recogniser in options.recogniser or ["whisper", "pocketsphinx"]:
        setting = Setting(recogniser, options.beam, threads=options.threads)
        whole = [replace(setting, at_once=False)] if recogniser == "pocketsphinx" else []
        for one in (setting, *whole):
            figures["spoken"][one.name], found = spoken(one, clips, options)
            rows += found
    if options.daemon:
        found = daemon(options)
        figures["daemon"] = found
        for name in ("round trip of a typed text", "./w with a daemon", "./w without one"):
            rows.append([name, *spread(found[name]).cells("ms")])
    text = table(["", *SPREAD_HEADS], rows)
    seconds = spread([clip.seconds for clip in clips])
    text += f"\n\nClips: {len(clips)} of {seconds.low:.1f} to {seconds.worst:.1f} s, {', '.join(voices)}."
    if options.daemon:
        idle = figures["daemon"]["idle"]
        text += (
            f"\nIdle for {idle['seconds']:.0f} s, Whisper loaded, microphone open: "
            f"{idle['cpu_percent']:.2f} % of a core, {idle['rss_mb']:.0f} MB resident "
            f"({idle['pss_mb']:.0f} MB proportional)."
        )
    show(options, figures, text)


def spoken(
    setting: Setting, clips: Sequence[Clip], options: argparse.Namespace
) -> tuple[dict[str, Any], list[list[str]]]:
    """The figures of one setting, and its rows."""
    with fed(setting) as one:
        for clip in clips[:WARM_UP]:
            one.say(clip)
        said = [one.say(clip, late_s=options.late) for clip in clips * options.rounds]
    acted = [one for one in said if one.acted]
    if not acted:
        raise SystemExit(f"{setting.name}: nothing was understood")
    spreads = {
        "key up to action": spread([one.ms for one in acted]),
        "of it in the recogniser": spread([one.recognised_ms for one in acted]),
        "processor time meanwhile": spread([one.cpu_ms for one in acted]),
    }
    figures: dict[str, Any] = {name: asdict(ms) for name, ms in spreads.items()}
    figures |= {"clips": len(said), "acted": len(acted)}
    return figures, [[f"{setting.name}: {name}", *ms.cells("ms")] for name, ms in spreads.items()]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recogniser", action="append", help="whisper and pocketsphinx, if not given")
    parser.add_argument("--beam", type=int, help="hypotheses that Whisper follows (as the settings say)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2, help="times every clip is said (2)")
    parser.add_argument("--late", type=float, default=0.0, help="seconds from the last sample to key up (0)")
    parser.add_argument("--voice", action="append", help="a voice; the first there is, if not given")
    parser.add_argument("--daemon", action="store_true", help="measure a daemon process too")
    parser.add_argument("--idle", type=float, default=60, help="seconds that it is watched for (60)")


def daemon(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of typed texts, and what the process takes while nothing is said."""
    found: dict[str, Any] = {}
    with (
        user() as env,
        tempfile.TemporaryDirectory(prefix="wb-") as runtime,
        microphone(Path(runtime)) as pulse,
    ):
        del env["PYTHONPATH"]
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        env |= {"XDG_RUNTIME_DIR": runtime, "XDG_CACHE_HOME": cache, "PULSE_SERVER": pulse}
        command = [str(ROOT / "w"), "--dry-run", "set the volume to thirty percent"]
        program = [PYTHON, "-m", "whispera", "daemon"]
        succeed(command, env=env, codes=(0, 4))
        found["./w without one"] = [1e3 * succeed(command, env=env, codes=(0, 4)).seconds for _ in range(20)]
        started = json.loads(succeed([*program, "--json"], env=env).out)
        try:
            succeed(command, env=env, codes=(0, 4))
            found["./w with a daemon"] = [
                1e3 * succeed(command, env=env, codes=(0, 4)).seconds for _ in range(20)
            ]
            found["round trip of a typed text"] = round_trips(env)
            found["idle"] = idle(int(started["pid"]), options.idle)
            found["status"] = json.loads(succeed([*program, "status", "--json"], env=env).out)
        finally:
            succeed([*program, "stop"], env=env)
    return found


ROUND_TRIPS = """
import json, sys, time
from whispera import workspace
from whispera.daemon.client import RemoteUnderstander
from whispera.daemon.place import place_of
from whispera.pipeline.session import open_session
place = workspace.find()
session = open_session(place)
def local():
    raise SystemExit("the daemon does not answer")
reader = RemoteUnderstander(session, place_of(place), local=local)
texts = [line.split(" | ")[0] for line in open(sys.argv[1], encoding="utf-8")][:440]
times = []
for text in texts[:10] + texts:
    started = time.perf_counter()
    reader.parse(text)
    times.append(1e3 * (time.perf_counter() - started))
print(json.dumps(times[10:]))
"""


def round_trips(env: Mapping[str, str]) -> list[float]:
    """Milliseconds from a text to its intent through the daemon, for the plain lines of eval/desktop.txt."""
    argv = [PYTHON, "-c", ROUND_TRIPS, str(ROOT / "eval" / "desktop.txt")]
    times: list[float] = json.loads(succeed(argv, env={**env, "PYTHONPATH": str(ROOT)}).out)
    return times


def idle(pid: int, seconds: float) -> dict[str, float]:
    """Processor and memory of a process that nobody talks to."""
    time.sleep(5)
    before, started = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    used, took = cpu_s(pid) - before, time.monotonic() - started
    sizes = memory_mb(pid)
    return {"seconds": seconds, "cpu_percent": 100 * used / took, **sizes}


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> dict[str, float]:
    """Resident and proportional memory of a process, in MB of a million bytes (Linux)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {
        line.partition(":")[0]: int(line.split()[1]) for line in lines[1:] if line.split()[1].isdigit()
    }
    return {"rss_mb": kilobytes["Rss"] * 1024 / 1e6, "pss_mb": kilobytes["Pss"] * 1024 / 1e6}


@contextmanager
def microphone(runtime: Path) -> Iterator[str]:
    """The address of a sound server whose microphone hears silence."""
    heard = "module-remap-source master=speaker.monitor source_name=microphone"
    try:
        with sound_server(runtime, SPEAKER, heard) as address:
            yield address
    except NoSoundServerError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    if sys.platform != "linux":
        print("idle processor and memory are read from /proc, on Linux alone", file=sys.stderr)
    main()
