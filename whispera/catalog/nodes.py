"""Reading YAML with line numbers: every mistake is noted with file, line and key, and reading goes on.

Words are taken as written: `on`, `off`, `yes`, `7:30` and `10` are what they look like, not YAML's idea of
a boolean, a base-60 number or a float. Asking for a number or a flag is what makes it one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from whispera.errors import ConfigError, PatternError
from whispera.patterns import parse

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known words, or all of them when they are few; else empty."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=2, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"'{one}'" for one in close) + "?"
    return f"known: {', '.join(words)}" if 0 < len(words) <= 24 else ""


@dataclass(slots=True)
class Source:
    """One YAML file being read."""

    path: Path
    errors: list[ConfigError]
    """Shared by all files of one reading."""
    shown: str = ""
    """The path as shown to people."""
    lines: dict[str, int] = field(default_factory=dict)

    def compose(self) -> Node | None:
        """The root node; None, with the mistake noted, when the file cannot be read or is no YAML."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.note(0, "", f"cannot be read: {error}")
            return None
        try:
            root: Node | None = yaml.compose(text, _LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = ", ".join(part for part in (error.context, error.problem) if part)
            hint = "put quotes around text with ': ', ' #' or a leading special character"
            self.note(mark.line + 1 if mark else 0, "", f"not valid YAML: {problem}", hint=hint)
            return None
        except yaml.YAMLError as error:
            self.note(0, "", f"not valid YAML: {error}")
            return None
        if root is None:
            self.note(1, "", "the file is empty: expected keys and values")
        return root

    def note(self, at: Node | int, key: str, message: str, *, hint: str = "") -> None:
        """Note a mistake at a node or a line (from 1)."""
        line = at if isinstance(at, int) else line_of(at)
        self.errors.append(ConfigError(message, file=self.shown or self.path, line=line, key=key, hint=hint))

    def entries(self, node: Node, key: str) -> dict[str, Node]:
        """The entries of a mapping in file order; anything else, and a key given twice, is noted."""
        if not isinstance(node, MappingNode):
            if not (isinstance(node, ScalarNode) and node.tag.endswith(":null")):
                self.note(node, key, f"expected keys and values, found {kind(node)}")
            return {}
        found: dict[str, Node] = {}
        for name_node, value in node.value:
            name = name_node.value if isinstance(name_node, ScalarNode) else ""
            if not isinstance(name, str) or not name:
                self.note(name_node, key, "expected a word as key")
            elif name in found:
                self.note(name_node, name, "given twice")
            else:
                found[name] = value
        return found

    def known(self, node: Node, key: str, allowed: Iterable[str]) -> dict[str, Node]:
        """The entries of a mapping whose keys are fixed; an unknown one is noted and left out."""
        allowed = tuple(allowed)
        entries = self.entries(node, key)
        if not isinstance(node, MappingNode):
            return entries
        for name_node, _ in node.value:
            name = getattr(name_node, "value", "")
            if isinstance(name, str) and name in entries and name not in allowed:
                self.note(name_node, join(key, name), "no such key here", hint=did_you_mean(name, allowed))
                del entries[name]
        return entries

    def items(self, node: Node, key: str) -> Iterator[tuple[Node, str]]:
        """The items of a list with their keys, such as `patterns[3]`; anything else is noted."""
        if not isinstance(node, SequenceNode):
            if not (isinstance(node, ScalarNode) and node.tag.endswith(":null")):
                self.note(node, key, f"expected a list, found {kind(node)}")
            return
        for index, item in enumerate(node.value):
            yield item, f"{key}[{index}]"

    def text(self, node: Node, key: str, *, empty: bool = False) -> str:
        """The words of a scalar as written; a list, a mapping or (unless allowed) nothing is noted."""
        if not isinstance(node, ScalarNode):
            self.note(node, key, f"expected text, found {kind(node)}")
            return ""
        value: str = node.value
        if not value.strip() and not empty:
            self.note(node, key, "expected text, found nothing")
        return value

    def texts(self, node: Node, key: str, *, single: bool = False) -> tuple[str, ...]:
        """A list of texts; with `single` one text alone is a list of one."""
        if single and isinstance(node, ScalarNode):
            return (self.text(node, key),)
        return tuple(self.text(item, where) for item, where in self.items(node, key))

    def patterns(self, node: Node, key: str) -> tuple[str, ...]:
        """A list of patterns; those that do not parse are noted and left out."""
        found: list[str] = []
        for item, where in self.items(node, key):
            text = self.text(item, where)
            if not text.strip():
                continue
            try:
                parse(text)
            except PatternError as error:
                self.errors.append(
                    PatternError(
                        error.message,
                        column=error.column,
                        file=self.shown or self.path,
                        line=line_of(item),
                        key=where,
                        hint=error.hint,
                    )
                )
                continue
            self.lines[f"{key}[{len(found)}]"] = line_of(item)
            found.append(text)
        return tuple(found)

    def integer(self, node: Node, key: str) -> int:
        """A whole number."""
        if isinstance(node, ScalarNode) and _INT.fullmatch(node.value):
            return int(node.value)
        self.note(node, key, f"expected a whole number, found {kind(node)}")
        return 0

    def number(self, node: Node, key: str, *, least: float, most: float) -> float:
        """A number within limits."""
        if not isinstance(node, ScalarNode) or not _NUMBER.fullmatch(node.value):
            self.note(node, key, f"expected a number, found {kind(node)}")
            return least
        value = float(node.value)
        if not least <= value <= most:
            self.note(node, key, f"expected a number from {least:g} to {most:g}, found {value:g}")
            return least
        return value

    def flag(self, node: Node, key: str) -> bool:
        """true or false."""
        if isinstance(node, ScalarNode) and node.value.lower() in _FLAGS:
            return _FLAGS[node.value.lower()]
        self.note(node, key, f"expected true or false, found {kind(node)}")
        return False

    def plain(self, node: Node) -> Any:
        """A node as plain data: mappings, lists, whole numbers, words as written, None."""
        if isinstance(node, MappingNode):
            return {name: self.plain(value) for name, value in self.entries(node, "").items()}
        if isinstance(node, SequenceNode):
            return [self.plain(item) for item in node.value]
        return scalar(node)


def scalar(node: Node) -> str | int | float | None:
    """A scalar as plain data: quoted words stay words, `on` and `7:30` too; numbers are numbers."""
    value: str = node.value
    if node.tag.endswith(":null"):
        return None
    if node.tag.endswith(":int") and _INT.fullmatch(value):
        return int(value)
    if node.tag.endswith(":float") and _NUMBER.fullmatch(value):
        return float(value)
    return value


def line_of(node: Node) -> int:
    """The line, from 1, where a node starts."""
    return int(node.start_mark.line) + 1


def kind(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, MappingNode):
        return "keys and values"
    if isinstance(node, SequenceNode):
        return "a list"
    return f"'{node.value}'" if node.value else "nothing"


def is_null(node: Node) -> bool:
    """Whether nothing was written."""
    return isinstance(node, ScalarNode) and node.tag.endswith(":null")


def join(key: str, name: str) -> str:
    """The dotted key of an entry."""
    return f"{key}.{name}" if key else name


def mapping_or_none(node: Node | None) -> Mapping[str, Node]:
    """The entries of a mapping node without checks; empty for anything else."""
    if not isinstance(node, MappingNode):
        return {}
    return {str(name.value): value for name, value in node.value}
