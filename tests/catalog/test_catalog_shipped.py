"""The shipped configuration against the contract."""

from __future__ import annotations

from pathlib import Path

from whispera.catalog import load

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "catalog.txt"


def test_the_shipped_catalog_is_the_contract() -> None:
    catalog = load(ROOT / "config")
    lines = []
    for group, names in catalog.groups.items():
        for name in names:
            action = catalog.actions.get(name)
            slots = [
                f"{spec.name}{'?' * spec.optional}: {'/'.join(spec.enum) or spec.type}"
                for spec in (action.slots if action else ())
            ]
            lines.append(f"{group} {name}({', '.join(slots)})")
    assert "\n".join(lines) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_slots_that_may_be_unsaid_are_only_those_of_the_contract() -> None:
    catalog = load(ROOT / "config")
    asked = {action.name for action in catalog.actions.values() for spec in action.slots if spec.ask}
    assert asked <= {"set_timer", "set_alarm", "remind"}
