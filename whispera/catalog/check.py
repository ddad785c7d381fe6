"""What is unfinished, unsafe or contradictory in a configuration that can be read.

`load` refuses what it cannot type; this looks at what the words and commands say. Used by
`whispera catalog check`, by CI and by the tests; never on the hot path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from whispera.catalog.load import load
from whispera.errors import ConfigError, ConfigErrors
from whispera.workspace import DOMAINS


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend."""

    file: str
    line: int
    """From 1; 0 where the file as a whole is meant."""
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        return ": ".join(part for part in (where, self.key, self.message) if part)


@dataclass(slots=True)
class Findings:
    """Problems as they are found."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, file: str, line: int, key: str, message: str, *, hint: str = "") -> None:
        """Add one."""
        self.problems.append(Problem(file, line, key, message, hint))


def check(config_dir: Path | str, *, overlay: Path | str | None = None) -> list[Problem]:
    """Everything wrong with a configuration, by file and line; empty when it is in order."""
    from whispera.catalog.check_across import check_across
    from whispera.catalog.check_commands import check_commands
    from whispera.catalog.check_followups import check_followups
    from whispera.catalog.check_words import check_words

    try:
        catalog = load(config_dir, overlay=overlay)
    except ConfigErrors as errors:
        return sorted(_problem(error) for error in errors.errors)
    except ConfigError as error:
        return [_problem(error)]
    findings = Findings()
    shipped = {path.stem for path in Path(config_dir, "actions").glob("*/*.yaml")}
    for action in catalog.actions.values():
        own = overlay is not None and action.name not in shipped
        check_words(findings, catalog, action, own=own)
        check_commands(findings, catalog, action)
    shown = Path(config_dir).name
    check_across(findings, catalog, shown=f"config/{DOMAINS}/{shown}" if catalog.domain.name else shown)
    check_followups(findings, catalog)
    return sorted(findings.problems)


def _problem(error: ConfigError) -> Problem:
    return Problem(error.file, error.line, error.key, error.message, error.hint)
