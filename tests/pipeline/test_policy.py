from __future__ import annotations

import pytest

from whispera.catalog.model import Action, Risk, SlotSpec
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.domain.outcome import Candidate, Parse, Rejection
from whispera.errors import ConfirmationNeeded
from whispera.pipeline.policy import NO_COMMAND, NOT_SURE, Decision, decide, describe

TIMER = (SlotSpec("duration", "duration", ask="For how long?"), SlotSpec("label", "text", optional=True))
ACTIONS = {
    "copy": Action("copy", "editing", "Copies the selection."),
    "set_timer": Action("set_timer", "time", "Starts a timer.", TIMER),
    "close_app": Action(
        "close_app", "apps", "Closes an application.", (SlotSpec("target", "name"),), risk="disruptive"
    ),
    "shutdown": Action("shutdown", "power", "Shuts the computer down.", risk="destructive"),
}
SETTINGS = Settings()


def parse(
    intent: Intent | None, confidence: float, *others: Intent, rejection: Rejection | None = None
) -> Parse:
    runners_up = tuple(Candidate(other, 0.1) for other in others)
    return Parse("x", "{}", intent, rejection, confidence, 1.0, runners_up)


def decided(what: Parse, *, interactive: bool = True, yes: bool = False) -> Decision:
    return decide(what, ACTIONS, settings=SETTINGS, interactive=interactive, yes=yes)


CLOSE = Intent("close_app", {"target": "chrome"})


@pytest.mark.parametrize(
    ("action", "confidence", "kind"),
    [
        ("copy", 1.0, "run"),
        ("copy", 0.5, "run"),
        ("copy", 0.49, "reject"),
        ("close_app", 0.95, "run"),
        ("close_app", 0.89, "confirm"),
        ("close_app", 0.59, "reject"),
        ("shutdown", 1.0, "confirm"),
        ("shutdown", 0.59, "reject"),
    ],
)
def test_confidence_and_risk_decide(action: str, confidence: float, kind: str) -> None:
    assert decided(parse(Intent(action), confidence)).kind == kind


def test_a_confirmation_says_what_will_happen() -> None:
    assert decided(parse(CLOSE, 0.8)).question == "Close app chrome: closes an application. Go on?"


def test_yes_answers_confirmations_and_nothing_else() -> None:
    assert decided(parse(Intent("shutdown"), 1.0), yes=True, interactive=False).kind == "run"
    assert decided(parse(Intent("shutdown"), 0.3), yes=True).kind == "reject"
    assert decided(parse(Intent("set_timer"), 1.0), yes=True).kind == "ask"


@pytest.mark.parametrize("intent", [Intent("shutdown"), CLOSE, Intent("set_timer")])
def test_without_a_terminal_nothing_is_taken_for_granted(intent: Intent) -> None:
    with pytest.raises(ConfirmationNeeded) as raised:
        decided(parse(intent, 0.8), interactive=False)
    assert raised.value.exit_code == 5
    assert raised.value.hint


def test_a_needed_value_that_was_not_said_is_asked_for() -> None:
    decision = decided(parse(Intent("set_timer", {"label": "tea"}), 0.9))
    assert (decision.kind, decision.question) == ("ask", "For how long?")
    assert decision.missing is not None
    assert decision.missing.as_json() == {"slot": "duration", "question": "For how long?"}
    assert decided(parse(Intent("set_timer", {"duration": 5}), 0.9)).kind == "run"


def test_a_sequence_is_as_risky_as_its_riskiest_step() -> None:
    steps = (Intent("copy"), Intent("set_timer"), Intent("shutdown"))
    decision = decided(parse(Intent("sequence", {"steps": steps}), 0.95))
    assert decision.kind == "ask"
    assert decision.missing is not None
    assert (decision.missing.step, decision.missing.action) == (1, "set_timer")
    both = Intent("sequence", {"steps": (Intent("copy"), Intent("shutdown"))})
    decision = decided(parse(both, 1.0))
    assert (decision.kind, decision.question) == ("confirm", "This will copy, then shutdown. Go on?")
    assert describe(both) == "copy, then shutdown"


@pytest.mark.parametrize(
    "intent",
    [None, Intent("none"), Intent("unheard_of"), Intent("sequence"), Intent("sequence", {"steps": ()})],
)
def test_what_is_no_command_is_turned_down(intent: Intent | None) -> None:
    assert decided(parse(intent, 1.0)).kind == "reject"


def test_a_rejection_offers_the_likeliest_readings() -> None:
    decision = decided(parse(Intent("copy"), 0.2, Intent("none"), Intent("copy"), CLOSE, Intent("shutdown")))
    assert decision.rejection is not None
    assert decision.rejection.reason == "low_confidence"
    assert decision.rejection.message == f"{NOT_SURE} Did you mean 'copy' or 'close app chrome'?"


def test_no_command_and_not_sure_are_two_answers() -> None:
    given = Rejection("none", "Nothing to do.")
    assert decided(parse(Intent("none"), 0.9, CLOSE, rejection=given)).rejection == given
    assert decided(parse(Intent("none"), 0.9, CLOSE)).rejection == Rejection("none", NO_COMMAND)
    torn = Rejection("low_confidence", f"{NOT_SURE} Did you mean 'close app chrome'?")
    assert decided(parse(Intent("none"), 0.4, CLOSE)).rejection == torn
    assert decided(parse(Intent("none"), 0.4)).rejection == Rejection("low_confidence", NOT_SURE)


def test_a_question_that_nobody_can_answer_now_is_for_the_next_command() -> None:
    timer = parse(Intent("set_timer"), 1.0)
    for settings, hint in (
        (SETTINGS, "answer with the next command, or say the duration with this one"),
        (Settings(context_intents=0), "say the duration with the command"),
    ):
        with pytest.raises(ConfirmationNeeded) as raised:
            decide(timer, ACTIONS, settings=settings, interactive=False)
        assert (str(raised.value), raised.value.hint) == ("For how long?", hint)


@pytest.mark.parametrize("risk", ["harmless", "disruptive", "destructive"])
def test_each_risk_has_its_threshold(risk: Risk) -> None:
    settings = Settings(
        confidence={"harmless": 0.1, "disruptive": 0.2, "destructive": 0.3}, confirm_disruptive_below=0
    )
    actions = {"x": Action("x", "g", "X.", risk=risk)}
    least = settings.confidence[risk]
    for confidence, kinds in ((least, ("run", "confirm")), (least - 0.01, ("reject",))):
        decision = decide(parse(Intent("x"), confidence), actions, settings=settings, interactive=True)
        assert decision.kind in kinds
