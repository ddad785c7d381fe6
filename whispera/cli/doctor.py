"""`whispera doctor`: what works on this machine, what is missing, and the command that installs it."""

from __future__ import annotations

import json
import platform as python_platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from whispera import __version__
from whispera.catalog.compiled import CompiledCatalog
from whispera.cli.checks import Check, Status
from whispera.cli.doctor_voice import voice_checks
from whispera.cli.options import Options
from whispera.cli.survey import survey
from whispera.engines import adapter
from whispera.engines.store import faults, read_models
from whispera.errors import WhisperaError
from whispera.pipeline.history import History
from whispera.pipeline.platform import Platform, detect
from whispera.workspace import DEFAULT_BASE, Workspace, restoring

_SHOWN_LACKING = 3


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(options: Options, as_json: bool) -> int:
    """What works on this machine, what is missing, and the command that installs it.

    Exit code 1 where something that every command needs is broken; a missing program is no fault.
    """
    checks = list(examine(options))
    sound = all(check.status != "broken" for check in checks)
    if as_json:
        data = {"ok": sound, "version": __version__, "checks": [asdict(check) for check in checks]}
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            click.echo(f"{check.name:<{width}}  {check.status:<6}  {check.detail}")
            for line in check.hint.splitlines():
                click.echo(f"{'':<{width}}          {line}")
    return 0 if sound else 1


def examine(options: Options) -> Iterator[Check]:
    """Every check, in the order a reader wants them; never raises."""
    machine = detect()
    yield _machine(machine)
    try:
        workspace = options.workspace()
    except WhisperaError as error:
        yield Check("workspace", "broken", error.message, error.hint)
        return
    yield Check("workspace", "ok", str(workspace.root))
    yield _writable("state", workspace.state)
    yield _writable("cache", workspace.cache, needed=False)
    yield _guarded("history", lambda: _history(workspace))
    catalog: CompiledCatalog | None = None
    try:
        catalog = options.catalog()
        yield Check("actions", "ok", f"{len(catalog.actions)} actions in {len(catalog.groups)} groups")
    except WhisperaError as error:
        yield Check("actions", "broken", str(error), error.hint or "whispera actions check")
    yield _guarded("model", lambda: _model(workspace))
    if catalog is not None:
        known = catalog
        yield _guarded("adapter", lambda: _adapter(workspace, known))
        yield _guarded("understanding", lambda: _understanding(options))
        yield from _groups(known, machine)
    yield _sound(machine)
    if catalog is not None:
        yield from voice_checks(workspace, catalog)


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except WhisperaError as error:
        return Check(name, "broken", str(error), error.hint)
    except OSError as error:
        return Check(name, "broken", str(error), "check the permissions")


def _machine(machine: Platform) -> Check:
    name = {"x11": "Linux (X11)", "wayland": "Linux (Wayland)", "macos": "macOS", "windows": "Windows"}
    python = f"Python {python_platform.python_version()}"
    if machine.desktop:
        return Check("machine", "ok", f"{name[machine.name]}, {python}")
    return Check(
        "machine",
        "partly",
        f"{name[machine.name]} without a desktop, {python}",
        "run Whispera inside a graphical session for windows, keys and applications",
    )


def _writable(name: str, folder: Path, *, needed: bool = True) -> Check:
    """Whether files can be made in a directory; commands run without, but nothing is remembered."""
    from whispera.pipeline.database import make_private

    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        variable = "XDG_STATE_HOME" if needed else "XDG_CACHE_HOME"
        hint = f"make {folder} writable, or set {variable}"
        detail = f"{folder}: {error.strerror or error}"
        return Check(name, "broken" if needed else "partly", detail, hint)
    return Check(name, "ok", str(folder))


def _history(workspace: Workspace) -> Check:
    history = History(workspace.state)
    newest = history.recent(1)
    return Check("history", "ok", f"{newest[0].id} utterances so far" if newest else "empty")


def _model(workspace: Workspace) -> Check:
    model = read_models(workspace.config)[DEFAULT_BASE]
    folder = workspace.models / DEFAULT_BASE
    wrong = faults(model, folder) if folder.is_dir() else [f"there is no {folder}"]
    if wrong:
        return Check("model", "broken", f"{model.name}: {'; '.join(wrong)}", restoring(folder))
    digest = adapter.base_card(folder).base_hash
    return Check("model", "ok", f"{model.name} {digest[:12]} in {folder}")


def _adapter(workspace: Workspace, catalog: CompiledCatalog) -> Check:
    folder = adapter.present(adapter.folder_for(workspace, DEFAULT_BASE), DEFAULT_BASE)
    if folder is None:
        return Check("adapter", "absent", f"{DEFAULT_BASE} runs without one")
    unfit = adapter.misfit(
        adapter.read_card(folder, hint=adapter.again(workspace.command)),
        base_hash=adapter.base_card(workspace.models / DEFAULT_BASE).base_hash,
        catalog_hash=catalog.hash,
        command=workspace.command,
    )
    if unfit is not None:
        return Check("adapter", "broken", f"{folder} {unfit.why}", unfit.hint)
    return Check("adapter", "ok", f"{adapter.file_hash(folder / adapter.WEIGHTS)[:12]} in {folder}")


def _understanding(options: Options) -> Check:
    parse = options.session().understand("what time is it")
    if parse.intent is None or parse.intent.action != "tell_time":
        meant = parse.intent.action if parse.intent else "nothing"
        return Check(
            "understanding", "broken", f"'what time is it' is read as {meant}", "whispera models check"
        )
    return Check("understanding", "ok", f"'what time is it' in {parse.ms:.0f} ms")


def _groups(catalog: CompiledCatalog, machine: Platform) -> Iterator[Check]:
    for group in survey(catalog, machine):
        total = len(group.works) + len(group.lacking)
        detail = f"{len(group.works)} of {total}"
        status: Status = "ok"
        if group.lacking:
            status = "partly" if group.works else "absent"
            shown = list(group.lacking)[:_SHOWN_LACKING]
            more = ", ..." if len(group.lacking) > _SHOWN_LACKING else ""
            detail += f"; not {', '.join(shown)}{more}: {group.lacking[shown[0]]}"
        hints = [hint for hint in group.hints if machine.desktop or "graphical session" not in hint]
        yield Check(f"actions/{group.name}", status, detail, "\n".join(hints))


def _sound(machine: Platform) -> Check:
    """Whether a sound server or device is there; typed commands do without."""
    if not machine.linux:
        return Check("sound", "ok", "the system's")
    runtime = Path(machine.environ.get("XDG_RUNTIME_DIR") or "/nowhere")
    for place in (runtime / "pipewire-0", runtime / "pulse" / "native", Path("/dev/snd/controlC0")):
        if place.exists():
            return Check("sound", "ok", str(place))
    return Check("sound", "absent", "no sound server or device; typed commands do without")
