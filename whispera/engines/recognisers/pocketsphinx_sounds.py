"""How words sound: from the dictionary of the acoustic model, else from espeak-ng, else by letter rules.

The acoustic model knows the 39 phones of the CMU dictionary. espeak-ng writes IPA, which is mapped onto them.
Where it is not installed, `by_letters` guesses by rules of its own; that is a guess and is reported as one,
since a name that is not said as it is written is then seldom heard.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LOG = logging.getLogger(__name__)

ESPEAK = "espeak-ng"
TIMEOUT_S = 20.0

Phones = tuple[str, ...]

_PHONES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
)
PHONES = frozenset(_PHONES.split())
"""What the acoustic model knows."""

_IPA = {
    "tʃ": "CH", "dʒ": "JH", "aɪɚ": "AY ER", "aɪə": "AY ER", "aʊɚ": "AW ER", "aɪ": "AY", "aʊ": "AW",
    "eɪ": "EY", "ɔɪ": "OY", "oʊ": "OW", "əʊ": "OW", "oːɹ": "AO R", "ɔːɹ": "AO R", "ɑːɹ": "AA R",
    "ɪɹ": "IH R", "ʊɹ": "UH R", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "oː": "AO", "ɜː": "ER",
    "eː": "EY", "aː": "AA", "ɛː": "EH", "əl": "AH L", "ɪ": "IH", "i": "IY", "ᵻ": "IH", "ʊ": "UH",
    "u": "UW", "ɛ": "EH", "e": "EH", "æ": "AE", "a": "AA", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "o": "OW",
    "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɚ": "ER", "ɝ": "ER", "ɜ": "ER", "y": "UW", "ø": "ER", "œ": "ER",
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "f": "F", "v": "V", "θ": "TH",
    "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "ç": "HH", "x": "K", "ɣ": "G",
    "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "l": "L", "ɬ": "L", "ɫ": "L", "ʎ": "L Y", "ɹ": "R",
    "r": "R", "ʁ": "R", "ɾ": "T", "w": "W", "j": "Y", "ʔ": "T",
}  # fmt: skip
"""espeak-ng's IPA to CMU phones; the longest that fits is taken, what is not here is left out."""

_LETTERS = {
    "tion": "SH AH N", "sion": "ZH AH N", "ough": "AO", "eigh": "EY", "igh": "AY", "tch": "CH",
    "dge": "JH", "sch": "SH", "ing": "IH NG", "ous": "AH S", "air": "EH R", "ear": "IH R", "oor": "AO R",
    "our": "AO R", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG",
    "qu": "K W", "kn": "N", "wr": "R", "gn": "N", "rh": "R", "ai": "EY", "ay": "EY", "au": "AO",
    "aw": "AO", "ea": "IY", "ee": "IY", "ei": "IY", "ey": "IY", "ie": "IY", "oa": "OW", "oi": "OY",
    "oy": "OY", "oo": "UW", "ou": "AW", "ow": "OW", "ew": "UW", "ue": "UW", "ui": "UW", "ar": "AA R",
    "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER", "ce": "S EH", "ci": "S IH", "cy": "S IY", "a": "AE",
    "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T",
    "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IH", "z": "Z",
}  # fmt: skip
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_MAGIC_E = re.compile(r"^(.*?)([aeiouy])([bcdfgklmnpstvz])e(s?)$")
_AT_END = {"y": "IY", "o": "OW", "a": "AH", "i": "IY", "e": "", "es": "Z", "ed": "D", "le": "AH L", "ce": "S"}
NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH",
    "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY",
    "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW",
    "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
"""Letters to the sound of their names."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """Pronunciations of the words that can be heard."""

    phones: dict[str, tuple[Phones, ...]]
    """Word to its pronunciations, the usual one first."""
    espeak: tuple[str, ...] = ()
    """Words whose sound is espeak-ng's."""
    guessed: tuple[str, ...] = ()
    """Words whose sound was guessed from their letters."""
    parts: tuple[str, ...] = field(default=())
    """Words put together from words of the dictionary."""

    def dictionary(self) -> str:
        """As the file that pocketsphinx reads."""
        lines = []
        for word in sorted(self.phones):
            for number, phones in enumerate(self.phones[word], 1):
                name = word if number == 1 else f"{word}({number})"
                lines.append(f"{name} {' '.join(phones)}")
        return "\n".join([*lines, ""])


def sounds_of(words: Iterable[str], known: Path, *, espeak: str | None = None) -> Sounds:
    """A pronunciation for every word; `known` is a CMU dictionary, `espeak` a program, "" for none."""
    wanted = dict.fromkeys(words)
    phones = read_dictionary(known, wanted)
    missing = [word for word in wanted if word not in phones]
    parts = {word: made for word in missing if (made := _of_parts(word, phones))}
    phones |= parts
    missing = [word for word in missing if word not in phones]
    program = shutil.which(ESPEAK) if espeak is None else espeak
    heard = by_espeak(missing, program) if program and missing else {}
    phones |= {word: (one,) for word, one in heard.items()}
    guessed = [word for word in missing if word not in phones]
    if guessed:
        _LOG.info("the sound of %d words is guessed from their letters", len(guessed))
    phones |= {word: (by_letters(word),) for word in guessed}
    return Sounds(phones, tuple(heard), tuple(guessed), tuple(parts))


def read_dictionary(path: Path, wanted: Iterable[str]) -> dict[str, tuple[Phones, ...]]:
    """The pronunciations of the wanted words that a CMU dictionary has."""
    left = set(wanted)
    found: dict[str, list[Phones]] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            name, _, rest = line.partition(" ")
            word = name.partition("(")[0]
            if word in left:
                found.setdefault(word, []).append(tuple(rest.split()))
    return {word: tuple(all_of) for word, all_of in found.items()}


def _of_parts(word: str, phones: dict[str, tuple[Phones, ...]]) -> tuple[Phones, ...]:
    """The sound of a possessive of a known word; empty where it is none."""
    stem, mark, end = word.rpartition("'")
    if not mark or end not in ("s", "") or stem not in phones:
        return ()
    if not end:
        return phones[stem]
    return tuple((*one, *_plural(one[-1])) for one in phones[stem])


def _plural(last: str) -> Phones:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return ("IH", "Z")
    return ("S",) if last in ("P", "T", "K", "F", "TH") else ("Z",)


def by_espeak(words: Sequence[str], program: str) -> dict[str, Phones]:
    """What espeak-ng says for the words, as far as it answers; one start of the program for all of them."""
    try:
        done = subprocess.run(
            [program, "-q", "--ipa", "-v", "en-us", "--stdin"],
            input="".join(f"{word} .\n" for word in words),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeError) as error:
        _LOG.warning("espeak-ng does not answer (%s): sounds are guessed from letters", error)
        return {}
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if len(lines) != len(words):  # a word it is silent about: which one cannot be told
        return _one_by_one(words, program) if len(words) > 1 else {}
    return {word: phones for word, line in zip(words, lines, strict=True) if (phones := from_ipa(line))}


def _one_by_one(words: Sequence[str], program: str) -> dict[str, Phones]:
    """By halves, until the silent words are alone."""
    half = len(words) // 2
    return {**by_espeak(words[:half], program), **by_espeak(words[half:], program)}


def from_ipa(ipa: str) -> Phones:
    """CMU phones of IPA as espeak-ng writes it; stress, length left over and language marks are dropped."""
    text = re.sub(r"\([a-z-]+\)|[ˈˌ\u200d_\s]", "", ipa)
    found: list[str] = []
    at = 0
    while at < len(text):
        for size in (3, 2, 1):
            mapped = _IPA.get(text[at : at + size])
            if mapped is not None:
                found += mapped.split()
                at += size
                break
        else:
            if text[at] == "\u0329" and found:  # a syllabic consonant
                found.insert(len(found) - 1, "AH")
            at += 1
    return tuple(found)


def by_letters(word: str) -> Phones:
    """A guess from the letters; a word without a vowel is spelt."""
    body = word.replace("'", "")
    if not re.search("[aeiouy]", body) or len(body) == 1:
        return tuple(phone for letter in body for phone in NAMES.get(letter, "").split()) or ("AH",)
    magic = _MAGIC_E.match(body)
    if magic and len(body) > 2:
        before, vowel, after, plural = magic.groups()
        soft = {"c": "S", "g": "JH"}.get(after, "Z" if after == "s" else _LETTERS[after])
        said = [*_by_rules(before), _LONG[vowel], soft]
        return (*said, *_plural(soft)) if plural else tuple(said)
    for ending in sorted(_AT_END, key=len, reverse=True):
        stem = body.removesuffix(ending)
        if stem != body and re.search("[aeiouy]", stem):
            return (*_by_rules(stem), *_AT_END[ending].split())
    return tuple(_by_rules(body))


def _by_rules(text: str) -> list[str]:
    """Letters to phones, the longest rule first; doubled letters are one."""
    found: list[str] = []
    at = 0
    while at < len(text):
        for size in (4, 3, 2, 1):
            piece = text[at : at + size]
            mapped = _LETTERS.get(piece) if len(piece) == size else None
            if mapped is not None:
                found += mapped.split()
                at += size
                break
        else:
            at += 1
            continue
        while at < len(text) and size == 1 and text[at] == text[at - 1] and text[at] not in "aeiou":
            at += 1
    return found
