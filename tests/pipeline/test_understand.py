"""Reading an utterance after others: what leans on them, and what counts by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.nlu.test_nlu_laws import shipped
from whispera.catalog.compiled import as_data, from_data
from whispera.engines.fake import CharacterTokenizer, FakeEngine
from whispera.engines.load import Loaded
from whispera.nlu import codec
from whispera.nlu.decode import trace_of
from whispera.pipeline.understand import SURE, Understander

SLACK = '{"action":"open_app","target":" slack"}'
CHROME = '{"action":"open_app","target":" chrome"}'
LOUDER = '{"action":"volume_up"}'
NONE = '{"action":"none"}'


class Torn:
    """Answers one way after other commands and another way without, each as surely as it is told."""

    def __init__(self, after: FakeEngine, alone: FakeEngine) -> None:
        self.after, self.alone = after, alone

    def start(self) -> tuple[int, ...]:
        return ()

    def extend(
        self, state: tuple[int, ...], ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[tuple[int, ...], list[float]]:
        previous, _ = codec.split_prompt("".join(map(chr, (*state, *ids))), tag="desktop")
        return (self.after if previous else self.alone).extend(state, ids, allowed)


def understander(text: str, after: tuple[str, float], alone: tuple[str, float]) -> Understander:
    engines = [FakeEngine({text: wire}, confidence=sure) for wire, sure in (after, alone)]
    model = Loaded("torn", Torn(*engines), CharacterTokenizer(), 1.0, "")  # type: ignore[arg-type]
    return Understander(from_data(as_data(shipped())), model)


@pytest.mark.parametrize(
    ("after", "alone", "read"),
    [
        ((SLACK, 0.99), (LOUDER, 0.99), "open_app"),  # sure of what leans: nothing else is asked
        ((SLACK, 0.6), (LOUDER, 0.99), "volume_up"),
        ((NONE, 0.6), (LOUDER, 0.99), "volume_up"),
        ((SLACK, 0.6), (LOUDER, 0.7), "open_app"),  # neither is sure
        ((SLACK, 0.6), (NONE, 0.99), "open_app"),  # what leans is no command by itself
    ],
)
def test_what_is_unsure_after_others_counts_by_itself_where_that_is_a_sure_command(
    after: tuple[str, float], alone: tuple[str, float], read: str
) -> None:
    parse = understander("and slack", after, alone).parse("and slack", previous=[trace_of(CHROME)])
    assert parse.intent is not None and parse.intent.action == read
    taken = after if read in after[0] else alone
    assert parse.confidence == pytest.approx(taken[1], abs=0.01)
    assert [one.action for one in parse.previous] == ["open_app"], "what it was said after is kept"


def test_the_first_command_is_read_once() -> None:
    asked: list[int] = []

    class Counted(FakeEngine):
        def start(self) -> tuple[int, ...]:
            asked.append(1)
            return super().start()

    engine = Counted({"louder": LOUDER}, confidence=SURE - 0.1)
    model = Loaded("counted", engine, CharacterTokenizer(), 1.0, "")  # type: ignore[arg-type]
    Understander(from_data(as_data(shipped())), model).parse("louder")
    assert len(asked) == 1
