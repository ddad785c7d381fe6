"""Values as a recogniser spells them: numbers in words or digits, symbols as they are said.

A value that must keep its meaning ("7:15", "30%") is spelled anew only where it still means the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from generator.wordlist import words
from whispera import values

_TYPED = ("percent", "count", "duration", "clock", "keys", "expression", "url")
"""Types whose words must keep their value."""

_SMALL = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
)
_SMALL += words("sixteen seventeen eighteen nineteen")
_TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES = {word: number for number, word in enumerate(_SMALL)} | {
    word: 20 + 10 * place for place, word in enumerate(_TENS)
}
_UNITS = "|".join(_SMALL[1:10])
_SAID = re.compile(
    r"(?<!hundred )(?<!hundred and )(?<!thousand )(?<!thousand and )(?<!point )"
    rf"(?<![\w'-])(?:(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<unit>{_UNITS}))?"
    rf"|(?P<small>{'|'.join(_SMALL[1:])}))"
    r"(?![\w'-])(?! (?:hundred|thousand|million|point)\b)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<![\w.,:/-])(\d{1,4})(?![\w.,:/%-])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ACRONYM = re.compile(r"(?<!\w)[A-Z]{2,4}(?!\w)")
_ENDING = re.compile(
    r"(?i)(?<=\bdot )(pdf|md|js|py|ts|sh|csv|xml|html|css|mp3|mp4|jpg|png|php|sql|txt|json)\b"
)
_OPERATORS = {"+": "plus", "-": "minus", "*": "times", "x": "times", "×": "times", "/": "divided by"}


def spoken(name: str, rng: random.Random, *, spell_out: bool) -> str:
    """A written name as it comes out when it is said: "q3-report.pdf" as "q3 report dot pdf"."""
    if _CAMEL.search(name) and rng.random() < 0.5:
        name = _CAMEL.sub(" ", name)
    name = _ACRONYM.sub(lambda found: " ".join(found.group()) if rng.random() < 0.4 else found.group(), name)
    if "_" in name:
        name = name.replace("_", rng.choice((" ", " ", " underscore ")))
    if "-" in name:
        name = re.sub(r"(?<=\w)-(?=\w)", rng.choice((" ", " ", " dash ", " hyphen ", "-")), name)
    if "/" in name:
        name = re.sub(r"(?<=\w)/(?=\w)", rng.choice((" slash ", " slash ", " ", "/")), name)
    if "@" in name:
        name = name.replace("@", rng.choice((" at ", "@")))
    if spell_out:
        name = re.sub(r"(?<![\w.])\.(?=\w)", "dot ", name)
        name = re.sub(r"(?<=\w)\.(?=\w)", rng.choice((" dot ", " dot ", ".")), name)
        name = name.replace("++", " plus plus").replace("==", " ").replace("%", rng.choice((" percent", "%")))
        name = _DIGITS.sub(lambda found: number(found.group(1), rng), name)
        if " dot " in name and rng.random() < 0.3:
            name = _ENDING.sub(lambda found: letters(found.group()), name)
    elif rng.random() < 0.4:
        name = in_digits(name)
    return name


def letters(word: str) -> str:
    """The word letter by letter: "pdf" as "p d f"."""
    return " ".join(word)


def number(digits: str, rng: random.Random) -> str:
    """Digits in words; a year in one of the ways years are said."""
    if digits.startswith("0"):
        return " ".join(values.say("count", int(digit)) if digit != "0" else "oh" for digit in digits)
    count = int(digits)
    if 1900 <= count <= 2099 and count % 100 > 9 and rng.random() < 0.6:
        return f"{values.say('count', count // 100)} {values.say('count', count % 100)}"
    said = values.say("count", count).replace("-", " ")
    return said.replace(" hundred ", " hundred and ") if 100 < count < 1000 and rng.random() < 0.3 else said


def in_digits(text: str) -> str:
    """The text with its numbers up to 99 in digits: "twenty five" as "25"."""
    return _SAID.sub(_digits, text)


def _digits(found: re.Match[str]) -> str:
    tens, unit, small = found.group("tens", "unit", "small")
    return str(sum(_VALUES[word.lower()] for word in (tens, unit, small) if word))


def _mixed(text: str) -> str:
    """One half of a number in digits: "twenty five" as "20 5"."""
    return re.sub(
        rf"(?i)\b({'|'.join(_TENS)})[ -]({_UNITS})\b", lambda m: f"{m[1]} {_VALUES[m[2].lower()]}", text
    )


def _in_words(text: str) -> str:
    return re.sub(
        r"(?<![\d.,])\d{1,4}(?![\d.,]*\d)", lambda found: values.say("count", int(found.group())), text
    )


def _operators(text: str) -> str:
    return re.sub(
        r"(?<=[\w)])\s*([-+*/×]|x(?=\s*\d))\s*(?=[\w(])", lambda m: f" {_OPERATORS[m[1].lower()]} ", text
    )


_RESPELLINGS: tuple[tuple[float, Callable[[str], str]], ...] = (
    (0.6, lambda text: re.sub(r"(?<=\w)\s*%", " percent", text)),
    (0.25, lambda text: re.sub(r"(?i)\bpercent\b", "per cent", text)),
    (0.15, lambda text: re.sub(r"(?i)(?<=\d)\s+per ?cent\b", "%", text)),
    (0.6, lambda text: re.sub(r"(?<=\d)[:.h](?=\d\d\b)", " ", text)),
    (0.5, lambda text: re.sub(r"(?i)\b([ap])\.? ?m\b\.?", r"\1m", text)),
    (0.2, lambda text: re.sub(r"(?i)\b([ap])\.? ?m\b\.?", r" \1 m", text)),
    (0.5, lambda text: re.sub(r"(?i)\bo['’]clock\b", "oclock", text)),
    (0.3, lambda text: re.sub(r"(?i)\bo['’]?clock\b", "o clock", text)),
    (0.6, lambda text: re.sub(r"(?<=\w)\+(?=\w)", " ", text)),
    (0.5, _operators),
    (0.4, lambda text: re.sub(r"(?i)\bctrl\b", "control", text)),
    (0.5, lambda text: re.sub(r"(?<=\w)\.(?=\w)", " dot ", text)),
    (0.5, lambda text: re.sub(r"(?<=\w)/(?=\w)", " slash ", text)),
    (0.5, lambda text: re.sub(r"(?<=[a-z])-(?=[a-z])", " dash ", text)),
    (0.6, lambda text: re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)),
    (0.2, lambda text: re.sub(r"(?i)^www\b", "w w w", text)),
    (0.35, _in_words),
    (0.35, in_digits),
    (0.10, _mixed),
    (0.10, lambda text: re.sub(r"(?i)\band a half\b", "an a half", text)),
)
"""How often each is tried, and what it makes of a value."""


def respelled(words: str, rng: random.Random) -> str:
    """The words of a value spelled as they may be heard, with the same meaning."""
    meant = _meanings(words)
    for rate, respell in _RESPELLINGS:
        if rng.random() < rate:
            new = " ".join(respell(words).split())
            if new != words and _keeps(new, meant):
                words = new
    return words


def _meanings(words: str) -> dict[str, int | str | None]:
    """Type to what the words mean as one, for every type that they fit."""
    return {type_: values.parse(type_, words) for type_ in _TYPED if values.fits(type_, words)}


def _keeps(words: str, meant: dict[str, int | str | None]) -> bool:
    """Whether the words mean the same in every type."""
    return bool(meant) and all(
        values.fits(type_, words) and values.parse(type_, words) == value for type_, value in meant.items()
    )
