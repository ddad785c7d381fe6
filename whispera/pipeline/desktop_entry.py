"""Desktop entries: the `.desktop` files in which Linux lists its applications.

Follows the freedesktop.org Desktop Entry Specification 1.5 as far as starting an application needs it.
Field codes of `Exec` are dropped: an application is started without arguments of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MAX_BYTES = 128 * 1024
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_FIELD_CODES = frozenset("fFuUdDnNickvm")


@dataclass(frozen=True, slots=True)
class DesktopEntry:
    """One application, as its file describes it."""

    id: str
    """File name without `.desktop`."""
    name: str
    """In the user's language."""
    names: tuple[str, ...]
    """Other names it answers to: untranslated and generic."""
    argv: tuple[str, ...]
    """Starts it, field codes dropped."""
    window: str
    """StartupWMClass, or ""."""
    terminal: bool
    """Whether it has to be started inside a terminal."""
    hidden: bool
    """Not to be offered; it also hides entries of the same id in later directories."""


def read(
    path: Path,
    *,
    id: str,
    languages: Sequence[str],
    desktops: Sequence[str],
    which: Callable[[str], str | None],
) -> DesktopEntry | None:
    """The entry in a file; None where it cannot be read or is no application.

    `languages` are locale keys, best first (`de_DE`, `de`); `desktops` is XDG_CURRENT_DESKTOP, split.
    """
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return None
        keys = _group(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    if keys.get("Type") != "Application":
        return None
    plain = keys.get("Name", "")
    name = next((keys[f"Name[{tag}]"] for tag in languages if f"Name[{tag}]" in keys), plain)
    argv = split_exec(keys.get("Exec", ""))
    tried = keys.get("TryExec", "")
    hidden = (
        keys.get("Hidden") == "true"
        or keys.get("NoDisplay") == "true"
        or not _shown_on(keys, desktops)
        or (bool(tried) and which(tried) is None)
        or not argv
        or not name
    )
    others = tuple(dict.fromkeys(n for n in (plain, keys.get("X-GNOME-FullName", "")) if n and n != name))
    return DesktopEntry(
        id=id,
        name=name,
        names=others,
        argv=argv,
        window=keys.get("StartupWMClass", ""),
        terminal=keys.get("Terminal") == "true",
        hidden=hidden,
    )


def split_exec(value: str) -> tuple[str, ...]:
    """The argv of an `Exec` value: quotes resolved, field codes dropped; () where it is malformed.

    >>> split_exec('env "A=b c" prog --open %U')
    ('env', 'A=b c', 'prog', '--open')
    """
    argv: list[str] = []
    text = ""
    started = quoted = False
    i = 0
    while i < len(value):
        c = value[i]
        i += 1
        if quoted and c == "\\" and i < len(value):
            text += value[i]
            i += 1
        elif c == '"':
            quoted, started = not quoted, True
        elif c == "%" and i < len(value):
            code = value[i]
            i += 1
            if code == "%":
                text, started = text + "%", True
            elif code not in _FIELD_CODES:
                return ()
        elif c in " \t\n" and not quoted:
            if started:
                argv.append(text)
            text, started = "", False
        else:
            text, started = text + c, True
    if quoted:
        return ()
    if started:
        argv.append(text)
    # flatpak's markers around the files it is handed
    argv = [element for element in argv if element not in ("@@", "@@u")]
    return tuple(argv) if argv and argv[0] and "\0" not in "".join(argv) else ()


def languages(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Locale keys to look names up by, best first: `de_DE.UTF-8@euro` gives `de_DE@euro`, `de_DE`, ..."""
    said = next((environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(k)), "")
    base, _, modifier = said.partition("@")
    country = base.partition(".")[0]
    language = country.partition("_")[0]
    if language in ("", "C", "POSIX"):
        return ()
    tags = [f"{country}@{modifier}"] if modifier else []
    tags += [country, f"{language}@{modifier}"] if modifier else [country]
    return tuple(dict.fromkeys([*tags, language]))


def _group(text: str) -> dict[str, str]:
    """The keys of the group [Desktop Entry], unescaped."""
    keys: dict[str, str] = {}
    inside = False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if inside:
                break
            inside = line == "[Desktop Entry]"
        elif inside:
            key, equals, value = line.partition("=")
            if equals:
                keys.setdefault(key.rstrip(), _unescape(value.lstrip()))
    return keys


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    out: list[str] = []
    i = 0
    while i < len(value):
        c = value[i]
        i += 1
        if c == "\\" and i < len(value):
            out.append(_ESCAPES.get(value[i], "\\" + value[i]))
            i += 1
        else:
            out.append(c)
    return "".join(out)


def _shown_on(keys: Mapping[str, str], desktops: Sequence[str]) -> bool:
    only = [d for d in keys.get("OnlyShowIn", "").split(";") if d]
    never = [d for d in keys.get("NotShowIn", "").split(";") if d]
    if only and not any(d in only for d in desktops):
        return False
    return not any(d in never for d in desktops)
