"""`--help` of every command, held to golden files; WHISPERA_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Whispera
from tests.voice.daemon.kit import Running, running, short_directory
from whispera.cli.registry import COMMANDS, cli
from whispera.workspace import find

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"


def paths() -> Iterator[tuple[str, ...]]:
    yield ()
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(click.Context(cli), name)
        if isinstance(command, click.Group):
            yield from ((name, sub) for sub in command.commands)


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_help_is_as_it_was(
    path: tuple[str, ...], whispera: Whispera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = whispera(*path, "--help")
    assert done.code == 0
    golden = GOLDEN / f"{'-'.join(path) or 'whispera'}.txt"
    if os.environ.get("WHISPERA_UPDATE_GOLDEN"):
        golden.write_text(done.out, encoding="utf-8")
    assert done.out == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_its_command() -> None:
    assert {"-".join(path) or "whispera" for path in paths()} == {file.stem for file in GOLDEN.glob("*.txt")}


def test_the_registry_and_the_commands_tell_the_same() -> None:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name


def test_every_command_has_a_file_and_is_registered() -> None:
    files = {file.stem for file in (ROOT / "whispera" / "cli").glob("*.py")}
    assert {entry.module for entry in COMMANDS.values()} <= files


def test_the_short_form_shows_the_options_of_run(whispera: Whispera) -> None:
    done = whispera("run", "--help", program="w")
    assert done.code == 0
    assert "--dry-run" in done.out


def loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines())


def test_help_imports_next_to_nothing() -> None:
    modules = loaded("from whispera.__main__ import main\nassert main(['--help']) == 0")
    heavy = {
        "numpy",
        "onnxruntime",
        "tokenizers",
        "pydantic",
        "yaml",
        "jinja2",
        "torch",
        "sqlite3",
        "asyncio",
    }
    assert modules & heavy == set()
    ours = {name for name in modules if name.startswith("whispera.")}
    assert ours == {
        "whispera.__main__",
        "whispera.cli",
        "whispera.cli.faults",
        "whispera.cli.options",
        "whispera.cli.registry",
        "whispera.cli.typed",
        "whispera.errors",
        "whispera.workspace",
    }


def test_a_typed_command_imports_only_what_it_needs() -> None:
    words = "'--dry-run', 'set volume to 30'"
    modules = loaded(
        "import sys; sys.path.insert(0, 'tests/cli')\n"
        "from whispera.cli.typed import main\n"
        "def open():\n"
        "    import dataclasses\n"
        "    from whispera.engines.fake import fake_model\n"
        "    from whispera.pipeline.session import open_session\n"
        "    from whispera.pipeline.understand import Understander\n"
        "    from whispera.workspace import find\n"
        "    import tokenizers\n"
        "    session = open_session(find())\n"
        '    answers = {\'set volume to 30\': \'{"action":"set_volume","level":" 30"}\'}\n'
        "    session._make_understander = lambda: Understander(session.catalog, fake_model(answers))\n"
        "    return session\n"
        f"main([{words}], open_session=open)\n"  # fills the cache of the catalog
        "if 'yaml' in sys.modules:\n"
        "    import os\n"
        "    os.execv(sys.executable, sys.orig_argv)\n"
    )
    assert "whispera.pipeline.understand" in modules
    unwanted = {
        "click", "pydantic", "pydantic_core", "yaml", "jinja2", "torch", "transformers", "sqlite3", "logging",
        "importlib.metadata", "subprocess", "asyncio", "socket", "http", "email", "unittest", "difflib",
        "whispera.catalog.reading", "whispera.pipeline.alarms", "whispera.pipeline.applications",
        "whispera.pipeline.keys", "whispera.pipeline.undo",
    }  # fmt: skip
    assert modules & unwanted == set()
    packages = {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names)
    of_python = {"__main__", "_distutils_hack", "org", "sitecustomize"}
    assert packages - of_python == {"numpy", "onnxruntime", "tokenizers", "whispera"}


@pytest.fixture
def daemon(quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with short_directory() as directory:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
        with running(find(), directory / "whispera", voice=True) as one:
            yield one


def test_a_command_typed_to_the_daemon_imports_no_library_at_all(daemon: Running) -> None:
    modules = loaded(
        "import sys\n"
        "from whispera.cli.typed import main\n"
        "from whispera.daemon import client\n"
        "client.ANSWER_S = 20.0\n"  # a busy machine takes its time
        "main(['--dry-run', 'set volume to 30'])\n"
        "if 'yaml' in sys.modules:\n"  # the cache of the catalog was filled
        "    import os\n"
        "    os.execv(sys.executable, sys.orig_argv)\n"
    )
    assert daemon.server.metrics.total("utterances_total") >= 1
    unwanted = {
        "click", "subprocess", "asyncio", "socket", "selectors", "logging", "sqlite3", "importlib.metadata",
        "whispera.catalog.reading", "whispera.pipeline.understand", "whispera.engines",
        "whispera.daemon.server", "whispera.daemon.lifecycle", "whispera.daemon.log",
    }  # fmt: skip
    assert modules & unwanted == set()
    packages = {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names)
    of_python = {"__main__", "_distutils_hack", "org", "sitecustomize"}
    assert packages - of_python == {"whispera"}


def test_a_key_imports_next_to_nothing(daemon: Running) -> None:
    modules = loaded("from whispera.__main__ import main\nassert main(['trigger', 'press']) == 0")
    assert daemon.voices[0].did == ["start", "press"]
    unwanted = {"click", "socket", "subprocess", "logging", "typing", "json", "dataclasses", "pathlib"}
    assert modules & unwanted - of_site() == set()
    assert {name for name in modules if name.startswith("whispera.")} == {
        "whispera.__main__",
        "whispera.cli",
        "whispera.cli.pressed",
        "whispera.daemon",
        "whispera.daemon.reach",
    }


def of_site() -> set[str]:
    """What the interpreter imports by itself where the tests run."""
    return loaded("pass")
