"""Notes."""

from __future__ import annotations

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.pipeline.notes import add_note, notes_file
from whispera.pipeline.places import Places


def add(context: Context, slots: Slots) -> BuiltinResult:
    """Appends the text to the notes; raises StateError."""
    platform = context.platform
    documents = Places(context.catalog.lookup.folders, platform).user_dir("DOCUMENTS")
    path = notes_file(setting=context.notes_file, home=platform.home, documents=documents)
    add_note(path, text_of(slots, "text"), now=context.now())
    return BuiltinResult(f"Noted in {path}.")
