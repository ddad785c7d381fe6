"""Every spoken form of config/slots/forms.yaml means what it says there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from whispera import values

FORMS = Path(__file__).parents[2] / "config" / "slots" / "forms.yaml"
ROWS = [
    pytest.param(type, row["said"], row["is"], id=f"{type}: {row['said']}")
    for type, rows in yaml.safe_load(FORMS.read_text(encoding="utf-8"))["forms"].items()
    for row in rows
]


@pytest.mark.parametrize(("type", "said", "value"), ROWS)
def test_form_is_read_fits_and_is_not_filtered(type: str, said: str, value: int | str) -> None:
    assert values.parse(type, said) == value
    assert values.fits(type, said)
    assert values.could_start(type, said.split()[0])


@pytest.mark.parametrize(("type", "said", "value"), ROWS)
def test_form_reads_alike_in_capitals_and_spread_spaces(type: str, said: str, value: int | str) -> None:
    assert values.parse(type, f"  {said.upper().replace(' ', '  ')} ") == value


SPOKEN = [row for row in ROWS if row.values[0] in ("duration", "percent", "clock")]


AROUND = ("to {}", "for {}", "by {}", "{} please", "{} and", "and {}", "{} then")


@pytest.mark.parametrize(("type", "said", "value"), SPOKEN)
def test_form_with_a_superfluous_outer_word_does_not_fit(type: str, said: str, value: int | str) -> None:
    assert [around for around in AROUND if values.fits(type, around.format(said))] == []
