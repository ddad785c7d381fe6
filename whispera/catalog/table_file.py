"""Tables: the words that a slot can have, `config/slots/<name>.yaml` with `table:`.

    table: size
    values: [small, "[extra] large", "(eight|twelve) ounce"]
    heard: {eight: ["8"], ounce: [ounces, oz]}

`values` are patterns of the values, said as they are. `heard` names words, or runs of words, inside of them
that are also said or written otherwise: "8 oz" is "eight ounce".

Unlike a word of an enum, which the model chooses, a value is pointed at, and only these words are offered. So
a word that is added needs no training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yaml.nodes import Node

from whispera.catalog.model import SPAN_TYPES, said
from whispera.catalog.nodes import Source
from whispera.catalog.vocabulary import Table
from whispera.errors import ConfigError, PatternError
from whispera.patterns import Lists, count, parse, slots
from whispera.patterns.spell import spell

MOST = 20_000
"""More texts than this are no table: they are looked up in memory."""


def read_table(source: Source, root: Node) -> Table:
    """The table of a file."""
    found = source.known(root, "", ("table", "values", "heard"))
    name = source.text(found["table"], "table")
    if name in SPAN_TYPES:
        source.note(found["table"], "table", f"'{name}' is a slot type already")
    values = source.patterns(found["values"], "values") if "values" in found else ()
    if not values:
        source.note(root, "values", "missing: expected patterns of what is said")
    heard = {
        said(word): tuple(said(one) for one in source.texts(node, f"heard.{word}", single=True))
        for word, node in (source.entries(found["heard"], "heard") if "heard" in found else {}).items()
    }
    return Table(name, values, heard, source.shown, dict(source.lines))


def spelled(table: Table, lists: Lists, errors: list[ConfigError]) -> dict[str, str]:
    """Every text that may be said, folded, and its value; mistakes are added to `errors`.

    The values themselves come first, so that none is taken for what is heard for another.
    """
    texts = [
        words
        for index, text in enumerate(table.values)
        for words in _texts(table, text, f"values[{index}]", lists, errors)
    ]
    found = {words: words for words in texts}
    unheard = [word for word in table.heard if not any(_holds(value, word) for value in texts)]
    for word in unheard:
        errors.append(_error(table, f"no value holds '{word}'", f"heard.{word}"))
    for value in texts:
        for words in _otherwise(value, table.heard):
            found.setdefault(words, value)
        if len(found) > MOST:
            message = f"more than {MOST} texts: make it a text slot instead, or hear less"
            errors.append(_error(table, message, "values"))
            break
    return found


def _texts(table: Table, text: str, key: str, lists: Lists, errors: list[ConfigError]) -> list[str]:
    pattern = parse(text)
    try:
        many = count(pattern, lists=lists)
    except PatternError as error:
        errors.append(_error(table, error.message, key, hint=error.hint))
        return []
    if slots(pattern):
        errors.append(_error(table, "a table holds no slots", key))
        return []
    if many > MOST:
        errors.append(_error(table, f"{many} texts: at most {MOST}", key, hint="make it a text slot instead"))
        return []
    return [words for one in spell(pattern, lists=lists) if (words := said(one))]


def _holds(value: str, word: str) -> bool:
    return f" {word} " in f" {value} "


def _otherwise(value: str, heard: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The other texts of a value: each of its words, or of the runs of them, left or replaced."""
    words = value.split()

    def go(at: int) -> Iterator[str]:
        if at == len(words):
            yield ""
            return
        for end in range(at + 1, len(words) + 1):
            run = " ".join(words[at:end])
            options = heard.get(run, ())
            if end == at + 1:
                options = (run, *options)
            for option in options:
                for rest in go(end):
                    yield f"{option} {rest}"

    return (text for one in go(0) if (text := said(one)) != value)


def _error(table: Table, message: str, key: str, *, hint: str = "") -> ConfigError:
    return ConfigError(message, file=table.source, line=table.lines.get(key, 0), key=key, hint=hint)
