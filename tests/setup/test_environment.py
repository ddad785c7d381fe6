"""Setting up: once, one at a time, and never taken for done when it was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.setup.checkout import Checkout


def wait_for_file(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} was never made"
        time.sleep(0.02)


def test_a_part_is_installed_once(checkout: Checkout) -> None:
    code, out, err = checkout.run("bin/setup")
    assert (code, out) == (0, "")
    assert "installing 13 packages for 'text'" in err
    [install] = checkout.installs()
    assert "[--no-deps]" in install
    assert install.endswith("requirements/text.txt][--quiet]")
    assert checkout.mark("text").read_text() == (checkout.root / "requirements/text.txt").read_text()
    assert checkout.run("bin/setup", "text") == (0, "", "")
    assert len(checkout.installs()) == 1


def test_parts_are_installed_in_the_order_named_and_torch_first(checkout: Checkout) -> None:
    assert checkout.run("bin/setup", "report", "train")[0] == 0
    report, torch, train = checkout.installs()
    assert "requirements/report.txt" in report
    assert "[torch==" in torch
    assert "requirements/train.txt" in train
    assert not checkout.mark("text").exists()


def test_changed_requirements_are_installed_again(checkout: Checkout) -> None:
    checkout.run("bin/setup")
    requirements = checkout.root / "requirements" / "text.txt"
    requirements.write_text(requirements.read_text() + "another==1\n")
    assert checkout.run("bin/setup")[0] == 0
    assert len(checkout.installs()) == 2


def test_a_touched_file_of_requirements_costs_nothing(checkout: Checkout) -> None:
    """As after a checkout of another branch and back; `w` compares times only."""
    checkout.run("bin/setup")
    requirements = checkout.root / "requirements" / "text.txt"
    later = time.time() + 100
    os.utime(requirements, (later, later))
    os.utime(checkout.mark("text"), (1, 1))
    assert checkout.run("bin/setup")[0] == 0
    assert len(checkout.installs()) == 1
    assert checkout.mark("text").stat().st_mtime > 1000


def test_the_second_waits_for_the_first(checkout: Checkout) -> None:
    checkout.pip('touch "$here/began"; while [ ! -e "$here/go" ]; do sleep 0.05; done')
    first = checkout.start("bin/setup")
    wait_for_file(checkout.root / "began")
    second = checkout.start("bin/setup")
    assert second.stderr is not None
    assert "another set-up is running here" in second.stderr.readline()
    assert not checkout.mark("text").exists()
    (checkout.root / "go").touch()
    assert [first.wait(timeout=20), second.wait(timeout=20)] == [0, 0]
    assert len(checkout.installs()) == 1
    for process in (first, second):
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_what_was_interrupted_is_not_taken_for_done(
    checkout: Checkout, number: signal.Signals, code: int
) -> None:
    checkout.pip('touch "$here/began"; exec sleep 30')
    process = checkout.start("bin/setup")
    wait_for_file(checkout.root / "began")
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in err
    assert not checkout.mark("text").exists()
    checkout.pip("exit 0")
    assert checkout.run("bin/setup")[0] == 0
    assert checkout.mark("text").exists()


def test_a_failed_install_says_what_to_do(checkout: Checkout) -> None:
    checkout.pip("echo 'no route to host' >&2; exit 1")
    code, out, err = checkout.run("bin/setup")
    assert (code, out) == (1, "")
    assert "no route to host" in err
    assert "hint: check the network and run the same command again" in err
    assert not checkout.mark("text").exists()


def test_an_unknown_part_is_a_usage_error(checkout: Checkout) -> None:
    code, _, err = checkout.run("bin/setup", "text", "voices")
    assert code == 2
    assert err.startswith("usage: bin/setup [text] ")
    assert checkout.calls() == []


def test_a_checkout_that_cannot_be_written_says_so(checkout: Checkout) -> None:
    (checkout.root / ".setup.lock").mkdir()
    code, _, err = checkout.run("bin/setup")
    assert code == 1
    assert "hint: needs a writable checkout" in err
    assert "Traceback" not in err


def test_without_a_python_it_says_which_one_is_needed(checkout: Checkout, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(checkout.root / "bin/setup")], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "hint: install it" in done.stderr


def test_a_python_that_is_too_old_is_passed_over(checkout: Checkout, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    for name, script in {"python3": "exit 1", "python3.11": f'exec {sys.executable} "$@"'}.items():
        Checkout.write_program(tools / name, f"#!/bin/sh\n{script}\n")
    env = {**os.environ, "PATH": f"{tools}:/usr/bin:/bin", "WHISPERA_PYTHON": str(tools / "nothing")}
    done = subprocess.run([str(checkout.root / "bin/setup")], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert checkout.mark("text").exists()


def test_a_broken_environment_is_made_anew(checkout: Checkout) -> None:
    """With the real venv and the real pip, which has nothing to install and needs no network."""
    for file in (checkout.root / "requirements").iterdir():
        file.write_text("# nothing\n")
    checkout.mark("text").write_text("# nothing\n")
    checkout.program.unlink()
    checkout.program.symlink_to("/nowhere/python")  # as after an upgrade of the system
    environ = {**os.environ, "WHISPERA_PYTHON": sys.executable, "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [str(checkout.root / "bin/setup")], env=environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "making a virtual environment" in done.stderr
    run = subprocess.run([str(checkout.program), "-c", "print(1)"], capture_output=True, text=True)
    assert run.stdout == "1\n"
