"""`whispera config`: your settings, kept in `config/local/settings.yaml`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from whispera.cli.files import held, replace_file
from whispera.cli.options import Options
from whispera.errors import ConfigError, UsageError
from whispera.workspace import Workspace

FILE = "settings.yaml"


@click.group("config")
def command() -> None:
    """Your settings."""


@command.command("path")
@click.pass_obj
def path(options: Options) -> None:
    """Where the configuration, your part of it, the state and the caches are."""
    workspace = options.workspace()
    for name, place in (
        ("shipped", workspace.config),
        ("yours", workspace.local),
        ("state", workspace.state),
        ("cache", workspace.cache),
    ):
        click.echo(f"{name:<8} {place}")


@command.command("show")
@click.pass_obj
def show(options: Options) -> None:
    """Every setting with its value, and whether it is yours."""
    workspace = options.workspace()
    for key, (value, yours) in _settings(workspace).items():
        click.echo(f"{key} = {_shown(value)}" + ("  (yours)" if yours else ""))


@command.command("get")
@click.argument("key")
@click.pass_obj
def get(options: Options, key: str) -> None:
    """The value of one setting, such as confirm.disruptive."""
    workspace = options.workspace()
    settings = _settings(workspace)
    if key not in settings:
        raise _unknown(key, settings)
    click.echo(_shown(settings[key][0]))


@command.command("set")
@click.argument("key")
@click.argument("value")
@click.pass_obj
def set_value(options: Options, key: str, value: str) -> None:
    """Change one setting, for you alone; a value that makes no sense is refused."""
    import yaml

    workspace = options.workspace()
    shipped: dict[str, Any] = {}
    for file, yours in workspace.settings:
        shipped |= {} if yours else _flat(_read(file))
    if key not in shipped:
        raise _unknown(key, shipped)
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UsageError(f"{value!r} is no value", hint=f"such as {_shown(shipped[key])}") from error
    change(workspace, {key: read})
    click.echo(f"{key} = {_shown(read)}")


def change(workspace: Workspace, values: Mapping[str, Any]) -> None:
    """Put values of settings, `confirm.disruptive` and the like, into the user's own file, all or none.

    Raises ConfigError where they make no sense, UsageError where the file has another shape, StateError.
    """
    import yaml

    target = workspace.local / FILE
    with held(target):
        yours = _read(target)
        for key, value in values.items():
            _put(yours, key.split("."), value)
        text = yaml.safe_dump(yours, sort_keys=False, allow_unicode=True)
        check_settings(workspace, text)
        replace_file(target, text)


def check_settings(workspace: Workspace, text: str) -> None:
    """Raises ConfigError where settings laid over the shipped ones make no sense."""
    from whispera.catalog.load import load

    with tempfile.TemporaryDirectory(prefix="whispera-") as folder:
        overlay = Path(folder) / "local"
        if workspace.local.is_dir():
            shutil.copytree(workspace.local, overlay, ignore=shutil.ignore_patterns(".*"))
        else:
            overlay.mkdir()
        (overlay / FILE).write_text(text, encoding="utf-8")
        try:
            load(workspace.config, overlay=overlay)
        except ConfigError as error:
            inside = [one for one in getattr(error, "errors", (error,)) if one.file.endswith(FILE)]
            if inside:
                found = inside[0]
                raise ConfigError(found.message, key=found.key, hint=found.hint) from error
            raise


def _settings(workspace: Workspace) -> dict[str, tuple[Any, bool]]:
    """Every setting with its value, and whether that is the user's."""
    found: dict[str, tuple[Any, bool]] = {}
    for file, yours in workspace.settings:
        found |= {key: (value, yours) for key, value in _flat(_read(file)).items()}
    return found


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot be read: {error}", file=file, hint="mend it or move it away") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError("expected keys and values", file=file, hint="mend it or move it away")
    return data


def _flat(data: dict[str, Any], before: str = "") -> dict[str, Any]:
    """`{"confirm": {"disruptive": 0.9}}` as `{"confirm.disruptive": 0.9}`."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value
    return flat


def _put(data: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = data.setdefault(key, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{key} holds a single value in your settings", hint="whispera config path")
        data = inner
    data[keys[-1]] = value


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(key: str, known: dict[str, Any]) -> UsageError:
    from whispera.pipeline.names import close, did_you_mean

    hint = did_you_mean(close(key, list(known))) or f"there are {', '.join(known)}"
    return UsageError(f"there is no setting named '{key}'", hint=hint)
