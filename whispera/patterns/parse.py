"""Reading a pattern. The grammar stands at the head of `tree.py`."""

from __future__ import annotations

import re
from functools import lru_cache

from whispera.errors import PatternError
from whispera.patterns.tree import Alt, Choice, ListRef, Node, Opt, Pattern, Seq, Slot, Text

_PLAIN = re.compile(r"[^\\()\[\]{}<>|^]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WEIGHT = re.compile(r"\^(\d{1,4}(?:\.\d{1,3})?)")
_VALUE = re.compile(r"[^\\|}]+")
_WORDS = re.compile(r"[^\\}]+")
_CLOSERS = {")": "(", "]": "[", "}": "{", ">": "<"}


@lru_cache(maxsize=16384)
def parse(text: str) -> Pattern:
    """The pattern a text stands for; raises PatternError with the column (from 0) and what was expected."""
    whole = _PLAIN.fullmatch(text)
    if whole and not text.isspace():
        return Pattern(Text(text))
    return _Reader(text).pattern()


class _Reader:
    """One pass over a pattern text; `at` is the column of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def pattern(self) -> Pattern:
        choice = self.alternative("")
        if self.at < len(self.text):
            found = self.text[self.at]
            if found == "|":
                raise self.error(
                    "an alternative outside of parentheses",
                    hint=r"write (a|b) around the alternatives, or \| for the character itself",
                )
            raise self.error(
                f"'{found}' closes nothing: expected an earlier '{_CLOSERS[found]}'",
                hint=f"write \\{found} for the character itself",
            )
        return Pattern(choice.node, choice.weight)

    def alternative(self, closer: str) -> Choice:
        """One alternative with its weight; stops before `|`, a closing character or the end."""
        start = self.at
        items: list[Node] = []
        weight = 1.0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "|)]}>":
                break
            if char == "^":
                weight = self.weight()
                break
            self.add(items, self.item(char))
        if not any(not isinstance(item, Text) or item.text.strip() for item in items):
            self.at = start
            if not self.text.strip():
                raise self.error("an empty pattern: expected words")
            hint = "write [words] for words that may be left out" if closer else ""
            raise self.error("nothing here: expected words, a slot, a list or a group", hint=hint)
        return Choice(items[0] if len(items) == 1 else Seq(tuple(items)), weight)

    @staticmethod
    def add(items: list[Node], node: Node) -> None:
        """Append in normal form: texts grow together, sequences open up."""
        for piece in node.items if isinstance(node, Seq) else (node,):
            last = items[-1] if items else None
            if isinstance(piece, Text) and isinstance(last, Text):
                items[-1] = Text(last.text + piece.text)
            else:
                items.append(piece)

    def item(self, char: str) -> Node:
        """The item that starts with `char`."""
        if char == "\\":
            return Text(self.escaped())
        if char == "(":
            return self.group(")")
        if char == "[":
            return self.optional()
        if char == "{":
            return self.slot()
        if char == "<":
            return self.list_ref()
        run = _PLAIN.match(self.text, self.at)
        if run is None:  # pragma: no cover - every other character was handled above
            raise self.error(f"unexpected '{char}'")
        self.at = run.end()
        return Text(run.group())

    def choices(self, closer: str) -> list[Choice]:
        """The alternatives up to and including `closer`."""
        opened = self.at
        self.at += 1
        choices = [self.alternative(closer)]
        while self.peek() == "|":
            self.at += 1
            choices.append(self.alternative(closer))
        if self.peek() != closer:
            found = self.peek()
            if not found:
                self.at = opened
                raise self.error(f"'{self.text[opened]}' is never closed: expected '{closer}'")
            raise self.error(f"expected '|' or '{closer}', found '{found}'")
        self.at += 1
        return choices

    def group(self, closer: str) -> Node:
        """`(a|b)`; of one alternative only what is in it."""
        opened = self.at
        choices = self.choices(closer)
        if len(choices) == 1:
            if choices[0].weight != 1.0:
                self.at = opened
                raise self.error("a weight on the only alternative: expected a second one after '|'")
            return choices[0].node
        return Alt(tuple(choices))

    def optional(self) -> Node:
        """`[a]`, `[a|b]`, `[a^3]`: a weight of the only alternative is that of saying it at all."""
        choices = self.choices("]")
        if len(choices) == 1:
            return Opt(choices[0].node, choices[0].weight)
        return Opt(Alt(tuple(choices)))

    def slot(self) -> Slot:
        """`{name}`, `{name=value}` or `{name=value|words}`."""
        opened = self.at
        self.at += 1
        name = self.name("slot")
        if self.peek() == "}":
            self.at += 1
            return Slot(name)
        if self.peek() == "|":
            raise self.error(
                "words without a value: expected '=' and the value first",
                hint=f"write {{{name}=value|words}}",
            )
        if self.peek() != "=":
            raise self.unclosed(opened, "'=' or '}'")
        self.at += 1
        column = self.at
        value = self.run(_VALUE).strip()
        if not value:
            self.at = column
            raise self.error(f"no value after '=': expected the canonical value of {name}")
        words = value
        if self.peek() == "|":
            self.at += 1
            words = " ".join(self.run(_WORDS).split())
        if self.peek() != "}":
            raise self.unclosed(opened, "'}'")
        self.at += 1
        return Slot(name, value, words)

    def list_ref(self) -> ListRef:
        """`<name>`."""
        opened = self.at
        self.at += 1
        name = self.name("list")
        if self.peek() != ">":
            raise self.unclosed(opened, "'>'")
        self.at += 1
        return ListRef(name)

    def name(self, what: str) -> str:
        """A name of small letters, digits and underscores."""
        found = _NAME.match(self.text, self.at)
        if found is None:
            raise self.error(
                f"expected the name of a {what} (small letters, digits, underscores)",
                hint=f"write \\{self.text[self.at - 1]} for the character itself",
            )
        self.at = found.end()
        return found.group()

    def run(self, plain: re.Pattern[str]) -> str:
        """Characters up to one that `plain` excludes; escapes resolved."""
        parts: list[str] = []
        while self.at < len(self.text):
            if self.text[self.at] == "\\":
                parts.append(self.escaped())
                continue
            found = plain.match(self.text, self.at)
            if found is None:
                break
            parts.append(found.group())
            self.at = found.end()
        return "".join(parts)

    def escaped(self) -> str:
        """The character after a backslash."""
        if self.at + 1 >= len(self.text):
            raise self.error("a backslash at the end: expected a character after it")
        self.at += 2
        return self.text[self.at - 1]

    def weight(self) -> float:
        """`^3` or `^0.5` at the end of an alternative."""
        found = _WEIGHT.match(self.text, self.at)
        hint = r"write \^ for the character itself"
        if found is None:
            raise self.error("expected a number after '^'", hint=hint)
        weight = float(found.group(1))
        if weight <= 0:
            raise self.error("a weight must be more than 0", hint="remove the alternative instead")
        if found.end() < len(self.text) and self.text[found.end()] not in "|)]":
            self.at = found.end()
            raise self.error("a weight ends its alternative: expected '|', ')', ']' or the end", hint=hint)
        self.at = found.end()
        return weight

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.at : self.at + 1]

    def unclosed(self, opened: int, expected: str) -> PatternError:
        """The error for something opened at a column and not closed."""
        found = self.peek()
        if not found:
            self.at = opened
            return self.error(f"'{self.text[opened]}' is never closed: expected {expected}")
        return self.error(f"expected {expected}, found '{found}'")

    def error(self, message: str, *, hint: str = "") -> PatternError:
        """An error at the present column."""
        return PatternError(f"{message} (column {self.at} of {self.text!r})", column=self.at, hint=hint)
