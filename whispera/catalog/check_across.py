"""Checks between files: patterns of several actions, enums, fillers, non-commands, compounds, names."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Any

from whispera import values
from whispera.catalog.catalog import Catalog
from whispera.catalog.check import Findings
from whispera.catalog.check_words import bare, intent_problems
from whispera.catalog.model import PLATFORMS
from whispera.catalog.nodes import did_you_mean
from whispera.domain.intent import NONE
from whispera.errors import PatternError
from whispera.patterns import count, parse, sample, slots

MIN_NONE_EXAMPLES = 60
MIN_NONE_OF_DOMAIN = 15
USER_FOLDERS = ("DESKTOP", "DOWNLOAD", "DOCUMENTS", "MUSIC", "PICTURES", "VIDEOS", "HOME")

_SLOT = re.compile(r"\{[^}]*\}")


def check_across(findings: Findings, catalog: Catalog, *, shown: str) -> None:
    """Everything that is not about one action; `shown` is the name of the configuration directory."""
    _check_shared(findings, catalog)
    _check_enums(findings, catalog, shown)
    _check_fillers(findings, catalog)
    _check_none(findings, catalog, shown)
    _check_compound(findings, catalog, shown)
    _check_lookup(findings, catalog, shown)
    for slot_type, forms in catalog.forms.items():
        for form in forms:
            parsed = values.parse(slot_type, form.said)
            if parsed != form.value:
                message = f"'{form.said}' is {parsed!r} as {slot_type}, not {form.value!r}"
                findings.note(f"{shown}/slots/forms.yaml", form.line, f"forms.{slot_type}", message)
    for name, patterns in catalog.lists.items():
        for pattern in patterns:
            try:
                count(pattern, lists=catalog.lists)
            except PatternError as error:
                file = f"{shown}/slots/lists.yaml"
                findings.note(file, 0, f"lists.{name}", error.message, hint=error.hint)
            if slots(pattern):
                findings.note(f"{shown}/slots/lists.yaml", 0, f"lists.{name}", "a list holds no slots")


def outline(text: str) -> str:
    """A pattern with its slots written `{}`, to find the same one in two actions."""

    def slot(found: re.Match[str]) -> str:
        _, _, words = found.group().strip("{}").partition("=")
        return words.rpartition("|")[2] if words else "{}"

    return bare(_SLOT.sub(slot, text))


def _check_shared(findings: Findings, catalog: Catalog) -> None:
    shared = {outline(text) for text in catalog.shared}
    first: dict[str, str] = {}
    for action in catalog.actions.values():
        for index, text in enumerate(action.patterns):
            plain = outline(text)
            other = first.setdefault(plain, action.name)
            if other != action.name and plain not in shared:
                place = action.place(f"patterns[{index}]")
                hint = "if the value decides, list it in shared.yaml"
                message = f"{text!r} is a pattern of {other} too"
                findings.note(place.file, place.line, place.key, message, hint=hint)


def _check_enums(findings: Findings, catalog: Catalog, shown: str) -> None:
    used = {spec.type for action in catalog.actions.values() for spec in action.slots}
    for name, words in catalog.enums.items():
        file = f"{shown}/slots/{name}.yaml"
        if name not in used:
            findings.note(file, 0, "enum", f"no slot is of the enum '{name}'")
        owner: dict[str, str] = {}
        for word, forms in words.items():
            if not forms:
                findings.note(file, 0, f"words.{word}", "expected how it is said")
            for form in forms:
                other = owner.setdefault(form.lower(), word)
                if other != word:
                    findings.note(file, 0, f"words.{word}", f"'{form}' is said for '{other}' too")


def _check_fillers(findings: Findings, catalog: Catalog) -> None:
    rng = random.Random(0)
    for filler in catalog.fillers.values():
        trained = {text.lower() for text in filler.values}
        if not filler.values:
            line = filler.lines.get("values", 0)
            findings.note(filler.source, line, "values", "no values to fill with")
        for word, name in filler.after.items():
            other = catalog.fillers.get(name)
            if other is None or other.type != filler.type:
                message = f"no filler named '{name}' that holds {filler.type}"
                hint = did_you_mean(name, catalog.fillers)
                findings.note(
                    filler.source, filler.lines.get("after", 0), f"after.{word}", message, hint=hint
                )
        for part, texts in (("values", filler.values), ("held_out", filler.held_out)):
            for index, text in enumerate(texts):
                key = f"{part}[{index}]"
                line = filler.lines.get(key, 0)
                if part == "held_out" and text.lower() in trained:
                    findings.note(filler.source, line, key, f"{text!r} is trained on too")
                if slots(parse(text)):
                    findings.note(filler.source, line, key, "a filler holds no slots")
                    continue
                try:
                    words = sample(parse(text), rng=rng, lists=catalog.lists, fill=lambda *_: "").text
                except PatternError as error:
                    findings.note(filler.source, line, key, error.message, hint=error.hint)
                    continue
                if not values.fits(filler.type, words):
                    findings.note(filler.source, line, key, f"{words!r} does not fit {filler.type}")


def _check_none(findings: Findings, catalog: Catalog, shown: str) -> None:
    file = f"{shown}/slots/none.yaml"
    known = {bare(text) for texts in catalog.none.kinds.values() for text in texts}
    for text in catalog.none.examples:
        if bare(text) in known:
            findings.note(file, 0, "examples", f"{text!r} is a pattern too: examples are held out")
    least = MIN_NONE_OF_DOMAIN if catalog.domain.name else MIN_NONE_EXAMPLES
    if catalog.none.kinds and len(catalog.none.examples) < least:
        message = f"{len(catalog.none.examples)} examples: expected at least {least}"
        findings.note(file, 0, "examples", message)
    for kind, texts in catalog.none.kinds.items():
        for text in texts:
            if slots(parse(text)):
                findings.note(
                    file, 0, f"kinds.{kind}", f"{text!r}: a sentence that is no command has no slots"
                )
            try:
                count(parse(text), lists=catalog.lists)
            except PatternError as error:
                findings.note(file, 0, f"kinds.{kind}", error.message, hint=error.hint)
    for action in catalog.actions.values():
        for index, text in enumerate(action.patterns):
            if outline(text) in known:
                place = action.place(f"patterns[{index}]")
                message = f"{text!r} is no command according to {file}"
                findings.note(place.file, place.line, place.key, message)


def _check_compound(findings: Findings, catalog: Catalog, shown: str) -> None:
    file = f"{shown}/compound.yaml"
    compound = catalog.compound
    trained = {bare(example.say) for example in compound.say}
    for part, examples in (("say", compound.say), ("examples", compound.examples)):
        for index, example in enumerate(examples):
            key = f"{part}[{index}]"
            if part == "examples" and bare(example.say) in trained:
                findings.note(file, example.line, key, f"{example.say!r} is trained on too")
            for step in example.steps:
                for message, hint in intent_problems(example.say, step, catalog, canonical=False):
                    findings.note(file, example.line, key, message, hint=hint)
    for index, miss in enumerate(compound.near_misses):
        if miss.intent["action"] == NONE:
            continue
        for message, hint in intent_problems(miss.say, miss.intent, catalog, canonical=False):
            findings.note(file, miss.line, f"not[{index}]", message, hint=hint)


def _check_lookup(findings: Findings, catalog: Catalog, shown: str) -> None:
    lookup = catalog.lookup
    tables: dict[str, Mapping[str, Any]] = {
        "apps": lookup.apps,
        "folders": lookup.folders,
        "sites": lookup.sites,
        "engines": lookup.engines,
    }
    for table, entries in tables.items():
        file = f"{shown}/lookup/{table}.yaml"
        owner: dict[str, str] = {}
        for name, entry in entries.items():
            for said in (name, *entry.also):
                other = owner.setdefault(said.lower(), name)
                if other != name:
                    findings.note(file, 0, name, f"'{said}' is '{other}' too")
            if table == "apps" and not entry.launch:
                findings.note(file, 0, name, "nothing to start it by on any platform")
            if table == "folders":
                _check_folder(findings, file, name, entry.path)


def _check_folder(findings: Findings, file: str, name: str, paths: Mapping[str, Iterable[str]]) -> None:
    missing = sorted(set(PLATFORMS) - set(paths))
    if missing:
        findings.note(file, 0, name, f"no path for {', '.join(missing)}")
    for candidates in paths.values():
        for path in candidates:
            folder = re.match(r"@([A-Z]+)", path)
            if folder and folder.group(1) not in USER_FOLDERS:
                hint = did_you_mean(folder.group(1), USER_FOLDERS)
                findings.note(file, 0, name, f"no user folder named {folder.group()}", hint=hint)
