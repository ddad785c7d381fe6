"""The shell scripts: their syntax, and that `w` finds its way from wherever it is called."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.setup.checkout import ROOT, SCRIPTS, Checkout

SHELLS = ("sh", "dash", "bash", "busybox")
WORDS = ("open  chrome", "", "$(touch x)", "a\nb", "--", "*", "'\"\\", "שלום 🦊")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_shell_reads_the_script(script: str, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    command = [shell, "sh"] if shell == "busybox" else [shell]
    done = subprocess.run([*command, "-n", str(ROOT / script)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text().startswith("#!/bin/sh\n")


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """A checkout that is set up."""
    checkout.run("bin/setup", "text")
    checkout.forget()
    return checkout


def asked(checkout: Checkout) -> str:
    """All that the Python was asked, line breaks and all."""
    return (checkout.root / "calls").read_text()


def test_words_reach_the_program_as_they_were_given(ready: Checkout) -> None:
    ready.behave("echo out; echo err >&2; exit 4")
    assert ready.run("w", *WORDS) == (4, "out\n", "err\n")
    assert asked(ready) == f"[-S][-E][{ready.root}/whispera/hot.py]" + "".join(f"[{w}]" for w in WORDS) + "\n"


@pytest.mark.parametrize(
    "way", ["./w", "sh w", "absolute", "link", "link to a link", "linked directory", "PATH"]
)
def test_it_finds_its_checkout_from_anywhere(ready: Checkout, tmp_path: Path, way: str) -> None:
    root, elsewhere = ready.root, tmp_path / "else where"
    elsewhere.mkdir()
    cwd, command, env = elsewhere, [str(root / "w")], dict(os.environ)
    if way == "./w":
        cwd, command = root, ["./w"]
    elif way == "sh w":
        cwd, command = root, ["sh", "w"]
    elif way == "link":
        (elsewhere / "w").symlink_to(root / "w")
        command = ["./w"]
    elif way == "link to a link":
        (elsewhere / "one").symlink_to(os.path.relpath(root / "w", elsewhere))
        (elsewhere / "two").symlink_to("one")
        cwd, command = tmp_path, [str(elsewhere / "two")]
    elif way == "linked directory":
        (elsewhere / "there").symlink_to(root)
        command = ["there/w"]
    elif way == "PATH":
        command, env["PATH"] = ["w"], f"{root}:{env['PATH']}"
    subprocess.run([*command, "hi"], cwd=cwd, env=env, check=True)
    found = asked(ready).removeprefix("[-S][-E][").removesuffix("/whispera/hot.py][hi]\n")
    assert Path(found).is_absolute()
    assert Path(found).resolve() == root.resolve()


def test_it_sets_itself_up_first(checkout: Checkout) -> None:
    assert checkout.run("w", "hi")[:2] == (0, "")
    assert "[pip][install]" in checkout.calls()[-2]
    assert checkout.calls()[-1].endswith("/whispera/hot.py][hi]")


def test_it_does_not_run_what_could_not_be_set_up(checkout: Checkout) -> None:
    checkout.pip("exit 1")
    code, out, err = checkout.run("w", "hi")
    assert (code, out) == (1, "")
    assert "hint:" in err
    assert not any("hot.py" in call for call in checkout.calls())


def test_newer_requirements_are_installed_before_it_runs(ready: Checkout) -> None:
    requirements = ready.root / "requirements" / "text.txt"
    requirements.write_text("another==1\n")
    os.utime(ready.mark("text"), (1, 1))
    ready.run("w", "hi")
    assert len(ready.installs()) == 1
    ready.run("w", "hi")
    assert len(ready.installs()) == 1


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["doctor"], ["text"]),
        (["eval"], ["text", "report"]),
        (["train"], ["text", "report", "train"]),
        (["train", "--help"], ["text"]),
    ],
)
def test_a_command_sets_up_the_parts_it_needs(checkout: Checkout, words: list[str], parts: list[str]) -> None:
    assert checkout.run("bin/whispera", *words)[0] == 0
    assert [
        part for part in ("text", "report", "voice", "train", "test") if checkout.mark(part).exists()
    ] == parts
    assert checkout.calls()[-1] == "[-m][whispera]" + "".join(f"[{word}]" for word in words)


@pytest.fixture
def checks(checkout: Checkout) -> Checkout:
    """A checkout in which every check of bin/test is fake and passes."""
    checkout.run("bin/setup", "text", "report", "voice", "train", "test")
    for tool in ("ruff", "lint-imports"):
        Checkout.write_program(
            checkout.root / ".venv/bin" / tool, f'#!/bin/sh\nexec "${{0%/*}}/python" {tool} "$@"\n'
        )
    checkout.forget()
    return checkout


def test_all_checks_run_and_pytest_is_the_last(checks: Checkout) -> None:
    checks.behave('case "$*" in *pytest*) echo "9 passed" ;; esac')
    code, out, _ = checks.run("bin/test", "--fast", "tests/values", "-x")
    assert code == 0
    assert [call.split("]")[0].strip("[") for call in checks.calls()] == [
        "-m", "ruff", "ruff", "-m", "lint-imports", "-m",
    ]  # fmt: skip
    assert checks.calls()[0].endswith("[models][get][whisper-tiny.en]")
    assert "[--ignore=tests/desktop][tests/values][-x]" in checks.calls()[-1]
    assert out.endswith("9 passed\n")


def test_a_failed_check_is_named_and_the_others_run(checks: Checkout) -> None:
    checks.behave('case "$*" in *mypy*) exit 1 ;; *pytest*) echo "9 passed" ;; esac')
    code, out, _ = checks.run("bin/test", "--fast")
    assert code == 1
    assert "failed so far: mypy\n" in out
    assert out.endswith("9 passed\n")


def test_a_failed_test_fails_it_all(checks: Checkout) -> None:
    checks.behave('case "$*" in *pytest*) exit 3 ;; esac')
    assert checks.run("bin/test", "--fast")[0] == 3


def test_programs_that_cannot_be_installed_are_named(tmp_path: Path) -> None:
    """On a machine with nothing on it."""
    done = subprocess.run(
        [str(ROOT / "bin" / "test-system")], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "there is no apt-get to do it" in done.stderr
    assert "xvfb xdotool" in done.stderr
