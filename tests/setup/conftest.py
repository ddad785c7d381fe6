from __future__ import annotations

from pathlib import Path

import pytest

from tests.setup.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a path with blanks and characters that shells read."""
    root = tmp_path / "a $(b) 'c' checkout"
    root.mkdir()
    return Checkout(root)
