"""Names nobody has seen: pseudo-words, brands, people, files, branches, packages.

The model must learn to copy any words, so most of its training names must be ones it cannot know. Nothing
here is a list of real products; real names come from config/slots.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from generator.parts import (
    ACCENTED,
    CHANGES,
    CODAS,
    CODE,
    ENDINGS,
    EXTENSIONS,
    FIRST,
    KINDS,
    LANGUAGES,
    LAST,
    MONTHS,
    ONSETS,
    SERVICES,
    TOPICS,
    VOWELS,
    WORDS,
)


def pseudo(rng: random.Random, *, syllables: int = 0) -> str:
    """A word of no language, lower case."""
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    word = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(count))
    if count < 3:
        word += rng.choice(ENDINGS)
    while len(word) > 11:
        word = word[:-2]
    return word if len(word) > 2 else word + "ox"


def accented(word: str, rng: random.Random) -> str:
    """The word with one letter given an accent, where one takes any."""
    places = [i for i, letter in enumerate(word) if letter in ACCENTED]
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + rng.choice(ACCENTED[word[at]]) + word[at + 1 :]


def brand(rng: random.Random) -> str:
    """One word a company would call itself, in the casing brands have."""
    style = rng.random()
    if style < 0.35:
        return pseudo(rng).capitalize()
    if style < 0.50:
        return rng.choice(WORDS).capitalize() + rng.choice(KINDS)
    if style < 0.62:
        return rng.choice(WORDS).capitalize() + rng.choice(WORDS)
    if style < 0.70:
        return pseudo(rng, syllables=1).capitalize() + rng.choice(KINDS)
    if style < 0.78:
        return rng.choice(WORDS).capitalize()
    if style < 0.83:
        return accented(pseudo(rng), rng).capitalize()
    if style < 0.88:
        return "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUVWXZ") for _ in range(rng.choice((2, 3, 3, 4))))
    if style < 0.92:
        return rng.choice("ieqx") + rng.choice(WORDS).capitalize()
    if style < 0.96:
        return pseudo(rng).capitalize() + rng.choice(("2Go", "4All", "360", "24", "64", "3D", "++", "-it"))
    return rng.choice(WORDS).capitalize() + "-" + rng.choice(WORDS).capitalize()


def app(rng: random.Random) -> str:
    """The name of a program: one to three words, at times with a version or an owner."""
    style = rng.random()
    name = brand(rng)
    if style < 0.42:
        return name
    if style < 0.68:
        return f"{name} {rng.choice(KINDS)}"
    if style < 0.76:
        return f"{rng.choice(WORDS).capitalize()} {rng.choice(WORDS).capitalize()}"
    if style < 0.83:
        return f"{name} {rng.choice((2, 3, 4, 5, 7, 9, 10, 11, 12, 2021, 2023, 2024, 365))}"
    if style < 0.88:
        return f"{rng.choice(FIRST)}'s {rng.choice(KINDS)}"
    if style < 0.92:
        return f"{rng.choice(LAST)} {rng.choice(KINDS)}"
    if style < 0.96:
        return f"{brand(rng)} {brand(rng)}"
    return f"{rng.choice(KINDS)} for {rng.choice(WORDS)}s"


def person(rng: random.Random) -> str:
    """Somebody: first name, whole name, title and name, relation or address."""
    style = rng.random()
    first, last = rng.choice(FIRST), rng.choice(LAST)
    if style < 0.45:
        return first
    if style < 0.70:
        return f"{first} {last}"
    if style < 0.80:
        return f"{rng.choice(('Mr', 'Mrs', 'Ms', 'Dr', 'Professor', 'Doctor', 'Aunt', 'Uncle'))} {last}"
    if style < 0.90:
        plain = "".join(c for c in first.lower() if c.isascii())
        return f"{plain}@{pseudo(rng)}.{rng.choice(('com', 'org', 'net', 'io', 'co.uk', 'de'))}"
    if style < 0.95:
        return (
            f"{first} from {rng.choice(('accounts', 'HR', 'sales', 'legal', 'the gym', 'work', 'marketing'))}"
        )
    return f"{first} and {rng.choice(FIRST)}"


def folder(rng: random.Random) -> str:
    """The name of a folder, from tidy to terrible."""
    style = rng.random()
    topic, other = rng.choice(TOPICS), rng.choice(TOPICS)
    year = rng.randint(2009, 2026)
    if style < 0.14:
        return f"{topic} {year}"
    if style < 0.26:
        return f"{topic.capitalize()} {rng.choice(MONTHS)}"
    if style < 0.38:
        return f"{topic.capitalize()} {other.capitalize()}"
    if style < 0.48:
        return f"{topic}_{other}"
    if style < 0.56:
        return f"{topic}-{rng.choice((other, str(year), 'old', 'new', 'final', 'v2', 'backup'))}"
    if style < 0.64:
        return f"{rng.choice(FIRST)}'s {topic}"
    if style < 0.72:
        return pseudo(rng) if rng.random() < 0.5 else pseudo(rng).capitalize()
    if style < 0.80:
        return f"{rng.choice(WORDS)} {topic}"
    if style < 0.86:
        return f"{pseudo(rng).capitalize()} '{year % 100:02d}"
    if style < 0.92:
        return f"{rng.choice(WORDS)} and {rng.choice(WORDS)}"
    if style < 0.96:
        return f"{pseudo(rng)}{rng.randint(1, 99)}"
    return f"{topic.upper()} {year}"


def file(rng: random.Random) -> str:
    """The name of a file, mostly with its extension."""
    style = rng.random()
    topic, other = rng.choice(TOPICS), rng.choice(TOPICS)
    ext = rng.choice(EXTENSIONS)
    if style < 0.20:
        return f"{topic}_{rng.choice((other, 'final', 'v2', 'v3_final', 'draft', 'old'))}.{ext}"
    if style < 0.36:
        return f"{topic}-{other}.{ext}"
    if style < 0.50:
        number = rng.choice((rng.randint(2, 9), rng.randint(2012, 2026)))
        return f"{topic.capitalize()} {rng.choice((other, number))}.{ext}"
    if style < 0.60:
        return f"{rng.choice(CODE)}.{rng.choice(LANGUAGES)}"
    if style < 0.68:
        return f"{pseudo(rng)}.{ext}"
    if style < 0.76:
        return f"{rng.choice(FIRST)}'s {topic}.{ext}"
    if style < 0.86:
        return f"{topic} {other}"
    if style < 0.92:
        camera = rng.choice(("IMG", "DSC", "scan", "Screenshot"))
        return f"{camera}_{rng.randint(100, 9999)}.{rng.choice(('jpg', 'png'))}"
    return f"{rng.choice(WORDS)} {topic} {rng.choice(('draft', 'final', 'version two', 'copy', 'notes'))}"


def path(rng: random.Random) -> str:
    """A path inside a repository."""
    name = f"{rng.choice(CODE)}{rng.choice(('', '', f'_{rng.choice(CODE)}', f'-{rng.choice(CODE)}'))}"
    ext = rng.choice((*LANGUAGES, "md", "yml", "json", "sql", "toml"))
    top = rng.choice(("src", "lib", "app", "tests", "docs", "scripts", "pkg", "cmd", pseudo(rng)))
    style = rng.random()
    if style < 0.40:
        return f"{name}.{ext}"
    if style < 0.75:
        return f"{top}/{name}.{ext}"
    if style < 0.85:
        return f"{top}/{rng.choice(CODE)}/{name}.{ext}"
    if style < 0.93:
        return rng.choice(
            ("README.md", "Makefile", "Dockerfile", "LICENSE", ".gitignore", "setup.cfg", "CHANGELOG")
        )
    return top


def branch(rng: random.Random) -> str:
    """The name of a git branch, written or as it is said."""
    style = rng.random()
    one, two = rng.choice(CODE), rng.choice(CODE)
    kind = rng.choice(("feature", "fix", "bugfix", "hotfix", "chore", "release", "feat", "docs", "refactor"))
    if style < 0.25:
        return f"{kind}/{one}-{two}"
    if style < 0.40:
        return f"{kind}/{one}"
    if style < 0.55:
        return f"{rng.choice(CHANGES)}-{one}"
    if style < 0.65:
        return f"{kind}-{rng.randint(2, 999)}"
    if style < 0.78:
        return f"{one} {two}"
    if style < 0.84:
        return f"release/{rng.randint(0, 9)}.{rng.randint(0, 20)}"
    if style < 0.90:
        return f"{rng.choice(FIRST).lower()}/{one}"
    if style < 0.95:
        return f"{one}_{two}"
    return pseudo(rng)


def package(rng: random.Random) -> str:
    """The name of a package, at times scoped or pinned."""
    style = rng.random()
    word, code = rng.choice((rng.choice(WORDS), pseudo(rng))), rng.choice(CODE)
    name = rng.choice((word, word, f"{word}-{code}", f"py{word}", f"{code}js", f"{word}{code}"))
    if style < 0.70:
        return name
    if style < 0.80:
        return f"@{pseudo(rng)}/{rng.choice(CODE)}"
    if style < 0.88:
        return f"{name}=={rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}"
    if style < 0.92:
        return f"{name}@{rng.choice(('latest', 'next', str(rng.randint(1, 9))))}"
    return f"{rng.choice(WORDS)} {rng.choice(CODE)}"


def container(rng: random.Random) -> str:
    """The name of a container, written or as it is said."""
    style = rng.random()
    service = rng.choice(SERVICES)
    if style < 0.30:
        return f"{pseudo(rng)}_{service}"
    if style < 0.50:
        return (
            f"{service}-{rng.choice((str(rng.randint(1, 9)), rng.choice(SERVICES), 'dev', 'prod', 'test'))}"
        )
    if style < 0.68:
        return service
    if style < 0.80:
        return f"{rng.choice(WORDS)} {service}"
    if style < 0.90:
        return pseudo(rng)
    return f"{rng.choice(WORDS)}_{rng.choice(LAST).lower()}"


def label(rng: random.Random) -> str:
    """What a timer may be for."""
    style = rng.random()
    if style < 0.4:
        return (
            rng.choice(WORDS)
            + " "
            + rng.choice(("cake", "tea", "soup", "dough", "sauce", "workout", "break", "bake"))
        )
    if style < 0.7:
        return f"{rng.choice(FIRST)}'s {rng.choice(('bath', 'nap', 'turn', 'lesson', 'call', 'homework'))}"
    return pseudo(rng)


def artist(rng: random.Random) -> str:
    """A band, a singer, or a song by one."""
    style = rng.random()
    one, two, name = rng.choice(WORDS), rng.choice(WORDS), rng.choice(FIRST)
    band = rng.choice(
        (
            f"the {one} {two}s",
            pseudo(rng).capitalize(),
            f"{name} {rng.choice(LAST)}",
            f"{name} and the {two}s",
            f"{one.capitalize()} {two.capitalize()}",
            f"DJ {pseudo(rng).capitalize()}",
            f"{rng.choice(LAST)} {rng.choice(('trio', 'quartet', 'brothers', 'orchestra'))}",
        )
    )
    if style < 0.6:
        return band
    one, two, name = rng.choice(WORDS), rng.choice(WORDS), rng.choice(FIRST)
    song = rng.choice(
        (
            f"{one} {two}",
            f"{one} in the {two}",
            f"my {one}",
            pseudo(rng),
            f"{name}'s {one}",
            f"no more {two}s",
        )
    )
    return f"{song} by {band}" if style < 0.9 else song


def query(rng: random.Random) -> str:
    """Words for a search that no list holds."""
    style = rng.random()
    if style < 0.30:
        return f"{brand(rng)} {rng.choice(TOPICS)}"
    if style < 0.50:
        return f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    if style < 0.70:
        about = rng.choice(("review", "manual", "download", "price", "login", "error", "alternatives"))
        return f"{app(rng)} {about} {rng.choice(('', rng.randint(2, 99)))}".strip()
    if style < 0.85:
        return pseudo(rng)
    return f"{rng.choice(WORDS)} {rng.choice(TOPICS)} {rng.choice(MONTHS)} {rng.randint(2015, 2026)}"


KINDS_OF_NAME: Mapping[str, Callable[[random.Random], str]] = {
    made.__name__: made
    for made in (app, person, folder, file, path, branch, package, container, label, query, artist)
}
"""What can be made up, by kind."""
