"""Notes."""

from __future__ import annotations

from pathlib import Path

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.pipeline.notes import add_note, notes_file
from whispera.pipeline.places import Places


def add(context: Context, slots: Slots) -> BuiltinResult:
    """Appends the text to the notes; raises StateError."""
    return BuiltinResult(f"Noted in {_add(context, text_of(slots, 'text'))}.")


def add_values(context: Context, slots: Slots) -> BuiltinResult:
    """Appends the values that were said to the notes, or the words of the command where none was.

    Reads them back. Raises StateError.
    """
    said = ", ".join(str(value) for value in slots.values() if value is not None)
    return BuiltinResult(f"{said or context.utterance}: noted in {_add(context, said or context.utterance)}.")


def _add(context: Context, text: str) -> Path:
    """The file of the notes, with a text at its end."""
    platform = context.platform
    documents = Places(context.catalog.lookup.folders, platform).user_dir("DOCUMENTS")
    path = notes_file(setting=context.notes_file, home=platform.home, documents=documents)
    add_note(path, text, now=context.now())
    return path
