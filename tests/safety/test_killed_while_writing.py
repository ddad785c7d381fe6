"""kill -9 in the middle of writing: what was confirmed is there, and nothing is there by halves.

The history's own test is in tests/state.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

NOTES = """
import sys, time
from pathlib import Path
from whispera.pipeline.notes import add_note
for number in range(100_000):
    add_note(Path(sys.argv[1]) / "notes.md", f"note {number} " + "x" * 200, now=0)
    print(number, flush=True)
"""
TIMERS = """
import sys
from pathlib import Path
from whispera.pipeline.alarms import Alarms
alarms = Alarms(Path(sys.argv[1]))
for number in range(100_000):
    alarms.add_timer(1000, f"timer {number}")
    print(number, flush=True)
"""


def killed(code: str, place: Path, *, after_s: float) -> int:
    """How many writes a process confirmed before it was killed, so long after the first of them."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    confirmed = len(process.stdout.readline().splitlines())
    time.sleep(after_s)
    process.kill()
    confirmed += len(process.stdout.read().splitlines())
    process.communicate()
    return confirmed


@pytest.mark.parametrize("seed", range(4))
def test_notes_survive(tmp_path: Path, seed: int) -> None:
    count = killed(NOTES, tmp_path, after_s=random.Random(seed).uniform(0.05, 0.3))
    lines = (tmp_path / "notes.md").read_text(encoding="utf-8").splitlines()
    whole = [line for line in lines if re.fullmatch(r"- \d{4}-\d\d-\d\d \d\d:\d\d note \d+ x{200}", line)]
    assert [int(line.split()[4]) for line in whole[:count]] == list(range(count))
    assert len(lines) - len(whole) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_timers_survive(tmp_path: Path, seed: int) -> None:
    from whispera.pipeline.alarms import Alarms

    count = killed(TIMERS, tmp_path, after_s=random.Random(seed).uniform(0.05, 0.3))
    labels = [alarm.label for alarm in Alarms(tmp_path).pending()]
    assert labels[:count] == [f"timer {number}" for number in range(count)]
    assert (tmp_path / "alarms.pending").exists()


ADAPTER = """
import json, os, shutil, sys
from pathlib import Path
from whispera.engines import adapter
from whispera.engines.versions import AdapterVersions
from whispera.training import keep

place, change = Path(sys.argv[1]), sys.argv[2]
versions = AdapterVersions(place, "nano")

class Model:
    def __init__(self, mark):
        self.mark = mark
    def save_pretrained(self, folder):
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text(json.dumps({"target_modules": [], "mark": self.mark}))
        (folder / "adapter_model.safetensors").write_text(self.mark)

def write(mark):
    keep.put(Model(mark), place / "nano", {"base": "nano", "mark": mark})

def make(change):
    if change == "train":
        write("new")
    elif change == "use":
        versions.use(versions.named("1"))
    else:
        versions.use_none()

def crash_at(number):
    left = [number]
    def counted(function):
        def call(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return function(*arguments, **options)
        return call
    os.fsync = counted(os.fsync)
    shutil.rmtree = counted(shutil.rmtree)
    shutil.copytree = counted(shutil.copytree)
    for name in ("replace", "rename", "write_text", "unlink", "mkdir"):
        setattr(Path, name, counted(getattr(Path, name)))

def mark(folder):
    if folder is None:
        return None
    told = json.loads((folder / "card.json").read_text())["mark"]
    return told if (folder / "adapter_model.safetensors").read_text() == told else "broken"

def found():
    marks = {one.name: mark(one.folder) for one in versions.all()}
    return {"active": mark(adapter.present(place, "nano")), "all": marks}

for number in range(100):
    shutil.rmtree(place, ignore_errors=True)
    write("older")
    write("old")
    child = os.fork()
    if not child:
        crash_at(number)
        make(change)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    before = found()
    if code:
        write("next")  # what is trained after it tidies up
    left = sorted(path.name for path in place.iterdir())
    print(json.dumps([code, before, found(), left]), flush=True)
    if code == 0:
        break
"""


@pytest.mark.parametrize(
    ("change", "after", "kept"),
    [
        ("train", "new", {"1": "older", "2": "old", "3": "new"}),
        ("use", "older", {"1": "older", "2": "old"}),
        ("none", None, {"1": "older", "2": "old"}),
    ],
)
def test_an_adapter_is_whole_before_and_after_every_step_of_a_change(
    tmp_path: Path, change: str, after: str | None, kept: dict[str, str]
) -> None:
    pytest.importorskip("peft")
    done = subprocess.run(
        [sys.executable, "-c", ADAPTER, str(tmp_path / "adapters"), change],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=True,
    )  # fmt: skip
    tries = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(tries) > 4
    assert tries[-1][:2] == [0, {"active": after, "all": kept}]
    for number, (code, before, later, left) in enumerate(tries[:-1]):
        assert code == 9
        assert before["active"] in ("old", after), (number, before)
        assert {"older", "old"} <= set(before["all"].values()), (number, before)
        assert "broken" not in before["all"].values(), (number, before)
        assert later["active"] == "next", (number, later)
        assert {"older", "old"} <= set(later["all"].values()), (number, later)
        assert left == ["nano", "nano.versions"], (number, left)
