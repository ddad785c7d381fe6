"""Choosing among hypotheses: by sound, by the model, by what the catalog knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from whispera.audio.clip import Clip
from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Clarity, Hypothesis, Transcript
from whispera.engines.recognisers.biasing import prompt_of
from whispera.engines.recognisers.fake import FakeRecogniser
from whispera.pipeline.context import Said
from whispera.pipeline.hearing import Hearing
from whispera.pipeline.names_heard import Names

ROOT = Path(__file__).resolve().parents[2]
CLIP = Clip(np.zeros(16_000, dtype=np.float32))
NONE = Rejection("none", "")
UNSURE = Rejection("low_confidence", "")
DRINKS = {"latte": "latte", "iced mocha": "iced mocha", "mocha": "mocha"}


@dataclass
class Reads:
    """Reads what it is told to; anything else is none."""

    catalog: CompiledCatalog
    readings: Mapping[str, tuple[str, float]]
    """Text to the target to open and the confidence."""

    def __post_init__(self) -> None:
        self.asked: list[str] = []

    def understand(self, text: str, *, after: Sequence[Said] = (), alternatives: int = 0) -> Parse:
        self.asked.append(text)
        if text not in self.readings:
            return Parse(text, '{"action":"none"}', Intent("none"), NONE, 0.95, 1.0)
        words, confidence = self.readings[text]
        intent = Intent("open_app", {"target": words})
        rejection = None if confidence >= 0.5 else UNSURE
        wire = f'{{"action":"open_app","target":" {words}"}}'
        return Parse(text, wire, intent, rejection, confidence, 1.0)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> CompiledCatalog:
    return compiled(ROOT / "config", tmp_path_factory.mktemp("cache"))


@pytest.fixture
def heard(catalog: CompiledCatalog) -> Callable[..., tuple[Parse, Reads]]:
    def hear(
        hypotheses: Sequence[tuple[str, float]], readings: Mapping[str, tuple[str, float]]
    ) -> tuple[Parse, Reads]:
        reads = Reads(catalog, readings)
        told = tuple(Hypothesis(text, score) for text, score in hypotheses)
        return Hearing(FakeRecogniser(lambda _: told), reads).hear(CLIP).parse, reads

    return hear


Heard = Callable[..., tuple[Parse, Reads]]


def test_nothing_said_is_told_as_such(heard: Heard) -> None:
    parse, reads = heard([], {})
    assert parse.rejection is not None
    assert parse.rejection.reason == "no_speech"
    assert not parse.accepted
    assert reads.asked == []


def test_marks_alone_are_nothing_said(heard: Heard) -> None:
    parse, _ = heard([("...", -1.0)], {})
    assert parse.rejection is not None
    assert parse.rejection.reason == "no_speech"


def test_hypotheses_that_differ_in_marks_and_case_are_read_once(heard: Heard) -> None:
    _, reads = heard([("Hello, there", -0.9), ("Hello there.", -1.0), ("hello there", -1.1)], {})
    assert reads.asked == ["hello there", "hello, there"]


def test_a_likely_command_goes_before_a_close_reading_that_is_none(heard: Heard) -> None:
    parse, _ = heard([("Oaken Firefox", -2.0), ("Open Firefox.", -2.4)], {"open Firefox": ("Firefox", 0.97)})
    assert parse.text == "open Firefox"
    assert parse.accepted


def test_chat_is_no_command_for_an_unlikely_hypothesis(heard: Heard) -> None:
    parse, _ = heard([("We were open for", -2.0), ("Open fox", -6.0)], {"open fox": ("fox", 0.97)})
    assert not parse.accepted
    assert parse.text == "we were open for"


def test_an_unsure_command_does_not_turn_chat_into_one(heard: Heard) -> None:
    parse, _ = heard([("We were open", -2.0), ("Open it", -2.1)], {"open it": ("it", 0.55)})
    assert not parse.accepted


def test_a_sure_reading_goes_before_an_unsure_one(heard: Heard) -> None:
    parse, _ = heard(
        [("Open a fire", -2.0), ("Open Firefox", -2.5)],
        {"open a fire": ("a fire", 0.4), "open Firefox": ("Firefox", 0.97)},
    )
    assert parse.text == "open Firefox"


def test_hypotheses_that_cannot_win_are_not_read(heard: Heard) -> None:
    _, reads = heard([("Open Firefox", -1.0), ("Open fire socks", -4.0)], {"open Firefox": ("Firefox", 0.99)})
    assert reads.asked == ["open Firefox"]


def test_a_misheard_name_is_mended(heard: Heard) -> None:
    parse, _ = heard([("Open Spodify", -1.0)], {"open Spodify": ("Spodify", 0.99)})
    assert parse.intent == Intent("open_app", {"target": "spotify"})
    parse, reads = heard([("Open spot if I", -1.0)], {"open spotify": ("spotify", 0.99)})
    assert parse.intent == Intent("open_app", {"target": "spotify"})
    assert reads.asked == ["open spot if I", "open spotify"]


def test_signs_that_were_said_are_read_as_they_are_written(heard: Heard) -> None:
    parse, _ = heard(
        [("Open budget underscore v2.xlsx", -1.0)], {"open budget_v2.xlsx": ("budget_v2.xlsx", 0.97)}
    )
    assert parse.accepted
    assert parse.text == "open budget_v2.xlsx"


def test_what_was_heard_as_and_may_undo(heard: Heard) -> None:
    readings = {"and mute my mic": ("mute", 0.99), "unmute my mic": ("unmute", 0.99)}
    parse, _ = heard([("And mute my mic.", -1.0)], readings)
    assert parse.text == "unmute my mic"


@pytest.mark.parametrize("text", ["go ahead and pause it", "close the door and mute it", "and do that again"])
def test_an_and_that_stands_elsewhere_or_before_another_word_stays_one(heard: Heard, text: str) -> None:
    undone = text.replace("and ", "un")
    parse, reads = heard([(text, -1.0)], {text: ("it", 0.9), undone: ("it", 1.0)})
    assert parse.text == text
    assert undone not in reads.asked


def test_what_was_heard_as_and_undoes_nothing_where_that_is_no_sure_command(heard: Heard) -> None:
    parse, _ = heard([("And mute it", -1.0)], {"and mute it": ("mute", 0.99), "unmute it": ("unmute", 0.9)})
    assert parse.text == "and mute it"


def test_an_address_that_was_said_is_written_where_one_may_stand(catalog: CompiledCatalog) -> None:
    names = Names(catalog)
    mail = Intent("compose_email", {"to": "sales at example.co.uk", "subject": "lunch at noma.dk"})
    assert names.snapped(mail).slots == {"to": "sales@example.co.uk", "subject": "lunch at noma.dk"}
    assert names.snapped(Intent("compose_email", {"to": "anna at work"})).slots == {"to": "anna at work"}
    said = Intent("compose_email", {"to": "Ann dot Lee at example dot org"})
    assert names.snapped(said).slots == {"to": "Ann.Lee@example.org"}
    assert names.snapped(Intent("compose_email", {"to": "mike at 5.30"})).slots == {"to": "mike at 5.30"}
    note = Intent("take_note", {"text": "meet at example.org"})
    assert names.snapped(note) == note


def test_an_engine_that_was_heard_in_several_words_is_the_known_one(catalog: CompiledCatalog) -> None:
    search = Intent("search_web", {"query": "cargo bikes", "engine": "duck duck go"})
    assert Names(catalog).snapped(search).slots["engine"] == "duckduckgo"


def test_words_that_were_a_guess_need_a_sure_reading(catalog: CompiledCatalog) -> None:
    cases: tuple[tuple[float, Clarity, bool], ...] = (
        (0.7, "clear", True),
        (0.7, "unclear", False),
        (0.9, "unclear", True),
        (0.97, "guessed", False),
        (0.99, "guessed", True),
    )
    for confidence, clarity, accepted in cases:
        reads = Reads(catalog, {"open fox": ("fox", confidence)})
        hearing = Hearing(FakeRecogniser(lambda _: ""), reads)
        transcript = Transcript((Hypothesis("Open fox", -9.0),), 1.0, 1.0, clarity=clarity)
        parse = hearing.read(transcript)
        assert parse.accepted == accepted
        assert accepted or (parse.rejection is not None and parse.rejection.reason == "low_confidence")
        assert hearing.read(transcript, bidden=False).accepted == (clarity == "clear")


def test_many_words_that_were_a_guess_are_never_acted_on(catalog: CompiledCatalog) -> None:
    reads = Reads(catalog, {"open the old red fox": ("fox", 1.0), "open old_red_fox": ("fox", 1.0)})
    for told in ("Open the old red fox", "Open old underscore red underscore fox"):
        transcript = Transcript((Hypothesis(told, -9.0),), 1.0, 1.0, clarity="guessed")
        assert not Hearing(FakeRecogniser(lambda _: ""), reads).read(transcript).accepted


class HearsTwice(FakeRecogniser):
    """Hears something else the second time."""

    def __init__(self, first: Transcript, second: str) -> None:
        super().__init__(lambda _: first.hypotheses)
        self.first = first
        self.second = second
        self.asked_again: list[Transcript] = []

    def transcribe(self, clip: Clip) -> Transcript:
        return self.first

    def again(self, clip: Clip, first: Transcript) -> Transcript:
        self.asked_again.append(first)
        return replace(first, hypotheses=(Hypothesis(self.second, -1.0),), clarity="clear")


@pytest.mark.parametrize(
    ("words", "clarity", "bidden", "twice"),
    [
        ("Open fox", "clear", True, False),
        ("Open fox", "unclear", True, False),
        ("Open fog", "clear", True, True),
        ("Open frog", "clear", True, True),
        ("Over the fog", "clear", True, True),
        ("Over the fog", "unclear", True, True),
        ("Open fox", "guessed", True, True),
        ("Open fox", "guessed", False, False),
        ("...", "clear", True, True),
        ("Yes, please.", "clear", True, False),
        ("", "clear", True, False),
        ("Open fog", "clear", False, False),
        ("Over the fog", "clear", False, False),
    ],
)
def test_what_is_doubtful_is_heard_again(
    catalog: CompiledCatalog, words: str, clarity: Clarity, bidden: bool, twice: bool
) -> None:
    readings = {"open fox": ("fox", 0.99), "open fog": ("fog", 0.9), "open frog": ("frog", 0.3)}
    told = (Hypothesis(words, -2.0),) if words else ()
    recogniser = HearsTwice(Transcript(told, 1.0, 1.0, clarity=clarity), "Open fox.")
    heard = Hearing(recogniser, Reads(catalog, readings)).hear(CLIP, bidden=bidden)
    assert recogniser.asked_again == [recogniser.first] * twice
    assert heard.transcript.text == ("Open fox." if twice else words)
    assert not twice or heard.parse.text == "open fox"


@pytest.mark.parametrize(
    ("confidence", "behind", "taken"), [(0.98, 0.9, True), (0.98, 2.0, False), (0.9, 0.9, False)]
)
def test_a_certain_command_may_be_less_likely_than_none_where_it_was_heard_again(
    catalog: CompiledCatalog, confidence: float, behind: float, taken: bool
) -> None:
    told = (Hypothesis("over the fog", -1.0), Hypothesis("open the fox", -1.0 - 0.5 - behind))
    again = Transcript(told, 1.0, 1.0)
    hearing = Hearing(FakeRecogniser(lambda _: ""), Reads(catalog, {"open the fox": ("fox", confidence)}))
    assert not hearing.read(again).accepted
    assert hearing.read(again, over_none=1.0).accepted is taken


def test_words_of_tables_count(catalog: CompiledCatalog) -> None:
    spec = SlotSpec("target", "drink", words=DRINKS)
    ordering = replace(catalog, actions=MappingProxyType({"open_app": Action("open_app", "", "", (spec,))}))
    told = (Hypothesis("a nice mocha", -2.0), Hypothesis("an iced mocha", -2.8))
    readings = {"a nice mocha": ("mocha", 0.9), "an iced mocha": ("iced mocha", 0.9)}
    hearing = Hearing(FakeRecogniser(lambda _: told), Reads(ordering, readings))
    assert hearing.hear(CLIP).parse.text == "an iced mocha"


def test_the_prompt_of_tables_holds_their_words_and_few(catalog: CompiledCatalog) -> None:
    spec = SlotSpec("target", "drink", words=DRINKS)
    ordering = replace(catalog, actions=MappingProxyType({"order": Action("order", "", "", (spec,))}))
    assert {"latte", "mocha", "iced"} <= set(prompt_of(ordering, ()).replace(".", "").split())
    many = SlotSpec("target", "drink", words={f"word{i}": f"word{i}" for i in range(2000)})
    large = replace(catalog, actions=MappingProxyType({"order": Action("order", "", "", (many,))}))
    assert len(prompt_of(large, ()).split()) <= 100


def test_the_prompt_names_applications_that_no_table_has(catalog: CompiledCatalog) -> None:
    prompt = prompt_of(catalog, ["Firefox", "Zettelkasten", "A Name Of Many Words"])
    assert "Zettelkasten" in prompt
    assert "Firefox" not in prompt
    assert "Many" not in prompt
    assert prompt.endswith(prompt_of(catalog, ()))


def test_a_fake_keeps_what_it_was_given() -> None:
    fake = FakeRecogniser(lambda _: "open it")
    assert fake.transcribe(CLIP).text == "open it"
    assert fake.clips == [CLIP]
    fake.close()
    assert fake.closed
