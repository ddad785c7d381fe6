"""Words to expect: what the catalog and this machine make likely, as a text that goes before a transcript."""

from __future__ import annotations

from collections.abc import Sequence

from whispera.catalog.compiled import CompiledCatalog


def prompt_of(catalog: CompiledCatalog, names: Sequence[str]) -> str:  # noqa: ARG001
    """The prompt of a catalog and the names to expect; empty where none is worth its time."""
    return ""
