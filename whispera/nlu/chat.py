"""Conversations as tokens: one definition for tuning and for talking, so that the two cannot drift apart.

    chatml   <|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\nI am Whispera.<|im_end|>\n
    plain    Q: Who are you?\nA: I am Whispera.\n

ChatML is what SmolLM2-Instruct and Qwen2.5 were tuned on; it needs its two marks as tokens of the vocabulary.
The plain template needs none: an answer is one line. No system message is added where a conversation has
none, unlike in those models' own templates. What a person writes is never read as a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from whispera.errors import ModelError, UsageError

Role = Literal["system", "user", "assistant"]
Name = Literal["chatml", "plain"]
NAMES: tuple[Name, ...] = get_args(Name)

START, END = "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said in a conversation."""

    role: Role
    content: str


class Vocabulary(Protocol):
    """What a template needs of a tokenizer."""

    def encode(self, piece: str) -> Sequence[int]:
        """Token ids of a piece, none of them a mark."""
        ...

    def mark(self, text: str) -> int | None:
        """The id of a mark, None where the vocabulary has none such."""
        ...


class Template(Protocol):
    """How a conversation is written."""

    name: Name
    stop: int
    """The token that ends an answer."""

    def system(self, text: str) -> list[int]:
        """What stands before the conversation: who answers, and how."""
        ...

    def question(self, text: str) -> list[int]:
        """What is asked, up to where the answer begins."""
        ...

    def answer(self, text: str) -> list[int]:
        """An answer, without the token that ends it."""
        ...

    def after(self) -> list[int]:
        """What stands between the end of an answer and the next question."""
        ...


class ChatMl:
    """The template of SmolLM2-Instruct and Qwen2.5."""

    name: Name = "chatml"

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Raises ModelError where the vocabulary lacks the marks."""
        start, end = vocabulary.mark(START), vocabulary.mark(END)
        if start is None or end is None:
            raise ModelError(
                f"this base has no tokens {START} and {END}, which the template chatml is written with",
                hint="take the plain one: --template plain",
            )
        self._vocabulary = vocabulary
        self._start = start
        self.stop = end

    def _open(self, role: Role) -> list[int]:
        return [self._start, *self._vocabulary.encode(f"{role}\n")]

    def _whole(self, role: Role, text: str) -> list[int]:
        return [*self._open(role), *self._vocabulary.encode(text.strip()), self.stop, *self.after()]

    def system(self, text: str) -> list[int]:
        """The message of the role `system`."""
        return self._whole("system", text)

    def question(self, text: str) -> list[int]:
        """The message of the role `user`, and the opening of the answer."""
        return [*self._whole("user", text), *self._open("assistant")]

    def answer(self, text: str) -> list[int]:
        """The text alone."""
        return list(self._vocabulary.encode(text.strip()))

    def after(self) -> list[int]:
        """A line break."""
        return list(self._vocabulary.encode("\n"))


class Plain:
    """`Q:` and `A:`, one line each."""

    name: Name = "plain"

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Raises ModelError where a line break is no token of its own."""
        line = vocabulary.encode("\n")
        if len(line) != 1:
            raise ModelError(
                "a line break is no single token of this base, and the plain template ends answers with it",
                hint="take another base, or --template chatml",
            )
        self._vocabulary = vocabulary
        self.stop = line[0]

    def _line(self, opening: str, text: str) -> list[int]:
        folded = " ".join(text.split())
        pieces = [opening, f" {folded}" if opening else folded]
        return [token for piece in pieces if piece for token in self._vocabulary.encode(piece)]

    def system(self, text: str) -> list[int]:
        """The text as the first line."""
        return [*self._line("", text), self.stop]

    def question(self, text: str) -> list[int]:
        """The line after `Q:`, and `A:`."""
        return [*self._line("Q:", text), self.stop, *self._vocabulary.encode("A:")]

    def answer(self, text: str) -> list[int]:
        """The text in one line, with the space before it."""
        return list(self._vocabulary.encode(" " + " ".join(text.split())))

    def after(self) -> list[int]:
        """Nothing: an answer ends with its line."""
        return []


def template(name: str, vocabulary: Vocabulary) -> Template:
    """The template of that name; raises UsageError, or ModelError where the vocabulary does not serve it."""
    if name == "chatml":
        return ChatMl(vocabulary)
    if name == "plain":
        return Plain(vocabulary)
    raise UsageError(f"there is no template named '{name}'", hint=f"there are {', '.join(NAMES)}")


def template_of(vocabulary: Vocabulary) -> Name:
    """The template a base is best asked with: ChatML where it has the marks."""
    has_marks = vocabulary.mark(START) is not None and vocabulary.mark(END) is not None
    return "chatml" if has_marks else "plain"


def render(messages: Sequence[Message], written: Template) -> tuple[list[int], list[bool]]:
    """The tokens of a conversation, and which of them an answerer says: its words and what ends them.

    The messages are those `check` has nothing against.
    """
    ids: list[int] = []
    said: list[bool] = []

    def add(tokens: Sequence[int], *, learnt: bool) -> None:
        ids.extend(tokens)
        said.extend([learnt] * len(tokens))

    for message in messages:
        if message.role == "system":
            add(written.system(message.content), learnt=False)
        elif message.role == "user":
            add(written.question(message.content), learnt=False)
        else:
            add([*written.answer(message.content), written.stop], learnt=True)
            add(written.after(), learnt=False)
    return ids, said


def check(messages: Sequence[Message]) -> str:
    """What is wrong with the order of messages, empty where nothing is: [system] (user assistant)+."""
    rest = messages[1:] if messages and messages[0].role == "system" else messages
    if not rest:
        return "there is no question and no answer"
    for index, message in enumerate(rest):
        wanted = "assistant" if index % 2 else "user"
        if message.role != wanted:
            return f"message {len(messages) - len(rest) + index + 1} is of {message.role}, not of {wanted}"
    if any(not message.content.strip() for message in messages):
        return "a message is empty"
    return "" if len(rest) % 2 == 0 else "the last question has no answer"
