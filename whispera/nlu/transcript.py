"""Transcripts as the intent model expects them: the words that would have been typed.

A recogniser writes sentences, and numbers, signs and addresses as it learnt to: "Set it to 25% percent.", "Go
to GitHub .com", "At 6.30 a.m.". Commands are typed without sentence case and closing marks. Names keep
their capitals; numbers and addresses are left to `whispera.values`, which reads words and digits alike.
"""

from __future__ import annotations

import re

from whispera.nlu.signs import with_signs

_FOLD = str.maketrans(
    dict.fromkeys("’‘‚ʼ´`", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("–—−‑‐", "-")
)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\*[^*]*\*|[♪♫]+")
"""What was not said but heard: "(laughs)", "[MUSIC]"."""
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ufeff\u200b-\u200f]")
_PERCENT = re.compile(r"%\s*(?:percent|per cent)\b", re.IGNORECASE)
_NUMBER_HYPHEN = re.compile(r"(?<=\d)-(?=[^\W\d])")
_DOT_SPACED = re.compile(r"(?<=[^\W_])\s+\.(?=[a-z])|(?<=[a-z0-9])\. (?=(?:com|org|net|dev|io|co|gov|edu)\b)")
_CLOCK = re.compile(r"\b([01]?\d|2[0-3])\.([0-5]\d)(?=\s*(?:[ap]\.?m\b|o'clock|in the\b))", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_ELLIPSIS = re.compile(r"\.{2,}|…")
_END = re.compile(r"[\s.!?,;:\-]+$")
_START = re.compile(r"^[\s.!?,;:\-]+")
_SENTENCE = re.compile(r"(?:^|(?<=[.!?]\s))[^\W\d_]+(?:'[^\W\d_]+)?")
_SPACES = re.compile(r"\s+")


def normalised(text: str) -> str:
    """The words of a transcript, as a command is typed; empty where there are none. Never raises.

    Doing it twice changes nothing.
    """
    before = ""
    while text != before:  # what one rule takes away may uncover what another one looks for
        before, text = text, _once(text)
    return text


def typed(text: str) -> str:
    """The words of a transcript for the intent model: normalised, and signs that were said written."""
    return with_signs(normalised(text))


def _once(text: str) -> str:
    text = _UNSEEN.sub(" ", text.translate(_FOLD))
    text = _ASIDE.sub(" ", text)
    text = _ELLIPSIS.sub(" ", text)
    text = _SPACES.sub(" ", text).strip()
    text = _PERCENT.sub("%", text)
    text = _NUMBER_HYPHEN.sub(" ", text)
    text = _HALF_DAY.sub(r"\1m", text)
    text = _CLOCK.sub(r"\1:\2", text)
    text = _DOT_SPACED.sub(".", text)
    text = _SENTENCE.sub(_without_sentence_case, text)
    text = _START.sub("", _END.sub("", text))
    return text if any(character.isalnum() for character in text) else ""


def _without_sentence_case(found: re.Match[str]) -> str:
    """The first word of a sentence in small letters, unless its capitals are its own: I, NASA, iPhone."""
    word = found.group()
    is_i = word == "I" or word.startswith("I'")
    return word if is_i or not word.partition("'")[0].istitle() else word[0].lower() + word[1:]
