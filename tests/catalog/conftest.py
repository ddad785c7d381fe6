"""Fixtures of the catalog tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.small_config import FILES, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the configuration, some files replaced (None: left out), and gives its directory."""

    def write_files(changed: dict[str, str | None] | None = None, *, base: bool = True) -> Path:
        config = tmp_path / "config"
        files: dict[str, str | None] = {**(FILES if base else {}), **(changed or {})}
        for name, text in files.items():
            if text is not None:
                path = config / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return config

    return write_files
