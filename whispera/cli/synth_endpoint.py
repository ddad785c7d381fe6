"""Which endpoint `whispera synth` asks, with which key, and what it tells the user of that."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.cli.faults import printable, tell
from whispera.errors import UsageError
from whispera.synth import request
from whispera.synth.endpoint import Client, Endpoint, read_endpoint

if TYPE_CHECKING:
    from whispera.catalog.model import Action
    from whispera.catalog.settings import Settings

KEY = "OPENAI_API_KEY"
ADDRESS = "OPENAI_BASE_URL"


def named(address: str | None, settings: Settings) -> Endpoint:
    """The endpoint of the command line, the settings or the environment; raises UsageError."""
    address = address or settings.synth_endpoint or os.environ.get(ADDRESS, "")
    if not address:
        raise UsageError(
            "no endpoint to ask",
            hint="name one: --endpoint http://127.0.0.1:8080/v1, or whispera config set synth.endpoint URL",
        )
    return read_endpoint(address)


def tell_what_is_sent(endpoint: Endpoint, actions: Sequence[Action]) -> None:
    """Say on stderr what goes where, before anything does."""
    where = "on this machine" if endpoint.local else "which is NOT this machine"
    count = f"{len(actions)} actions" if len(actions) > 1 else actions[0].name
    tell(
        f"asking {endpoint.url}, {where}\n"
        f"sent: summary, slots and {request.SHOWN_PATTERNS} patterns of {count}, "
        "summaries of their neighbours; nothing else"
    )


def check_allowed(endpoint: Endpoint, *, remote_ok: bool) -> None:
    """Raises UsageError for an endpoint on another machine, unless that was allowed."""
    if not (endpoint.local or remote_ok):
        raise UsageError(
            f"{endpoint.host} is not this machine, and Whispera sends nothing elsewhere unasked",
            hint="add --remote-ok; --dry-run shows what would be sent",
        )


def key_of(endpoint: Endpoint, *, variable: str | None, file: Path | None) -> str:
    """The key to send, empty for none; raises UsageError.

    It comes from a file or a variable that was named; from OPENAI_API_KEY only for other machines.
    """
    if file is not None:
        return _key_in(file)
    if variable is None:
        return "" if endpoint.local else _checked(os.environ.get(KEY, "").strip())
    key = os.environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        raise UsageError(f"the variable {variable} holds no key", hint="set it, or leave --key-env away")
    return _checked(key)


def _key_in(path: Path) -> str:
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError(f"others can read the key in {path}", hint=f"chmod 600 {path}")
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the key in {path} cannot be read: {getattr(error, 'strerror', '') or 'it is no text'}",
            hint="a file that holds the key and nothing else",
        ) from None
    if not key:
        raise UsageError(f"{path} holds no key", hint="a file that holds the key and nothing else")
    return _checked(key)


def _checked(key: str) -> str:
    """A key that can stand in a header; raises UsageError, without showing it."""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError("that is no key: it has spaces or strange characters", hint="copy it again")
    return key


def only_model(client: Client) -> str:
    """The one model of an endpoint; raises UsageError where there are several, or none."""
    names = client.models()
    if len(names) == 1:
        return names[0]
    listed = ", ".join(printable(name) for name in names[:12])
    raise UsageError(
        f"{client.endpoint.url} has {len(names) or 'no'} models" + (f": {listed}" if listed else ""),
        hint="name one with --model",
    )
