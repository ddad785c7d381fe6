"""docs/data.md says what the recipe says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.generator.small_catalog import MIX

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"


def test_the_page_gives_the_shares_of_the_recipe() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) % \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: int(share) / 100 for name, share in rows} == MIX.shares
