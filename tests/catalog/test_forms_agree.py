"""The schema, the pydantic models and the validator say the same about intents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whispera import values
from whispera.catalog import load
from whispera.catalog.model import Action
from whispera.catalog.validate import validate, validate_any
from whispera.domain.intent import Intent
from whispera.domain.outcome import Rejection

ROOT = Path(__file__).parents[2]
CATALOG = load(ROOT / "config")
MODELS = CATALOG.models()

VALUE = st.one_of(
    st.sampled_from(
        ["on", "wifi", "left", "07:30", "24:00", "7:30", "ctrl+shift+t", "shift+ctrl+t", "enter"]
    ),
    st.sampled_from(
        [
            "wikipedia.org",
            "a b",
            " a",
            "a ",
            "",
            "7-3",
            "7 - 3",
            "sqrt(2)",
            "Ctrl+C",
            "x\ny",
            "x\n",
            "x\u00a0y",
            "٣:30",
            "0٣:30",
            "é",
            "f١",
            "ctrl+é",
        ]
    ),
    st.integers(-5, 120),
    st.sampled_from([True, None, 2.0, 10**10]),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(CATALOG.actions)), st.data())
def test_validator_and_models_agree(name: str, data: st.DataObject) -> None:
    action = CATALOG.actions[name]
    slots: dict[str, Any] = {}
    for spec in action.slots:
        if data.draw(st.booleans()):
            slots[spec.name] = data.draw(VALUE.filter(lambda value: value is not None))
    result = validate(action, Intent(name, slots))
    try:
        MODELS[name].model_validate({"action": name, **slots})
    except ValueError:
        assert isinstance(result, Rejection)
        assert result.reason == "value" and result.message
    else:
        assert isinstance(result, Intent)
        assert list(result.slots) == [spec.name for spec in action.slots if spec.name in slots]


@pytest.mark.parametrize("action", CATALOG.actions.values(), ids=lambda action: action.name)
def test_every_value_that_is_read_validates(action: Action) -> None:
    import random

    rng = random.Random(4)
    for _ in range(20):
        slots: dict[str, Any] = {}
        for spec in action.slots:
            value = rng.choice(spec.enum) if spec.enum else values.parse(spec.type, _say(spec.type, rng))
            assert value is not None
            slots[spec.name] = value
        assert isinstance(validate(action, Intent(action.name, slots)), Intent), slots


def _say(slot_type: str, rng: Any) -> str:
    if slot_type in ("text", "name"):
        return str(rng.choice(["quibblebox", "the o.c.", "don't stop", "C++"]))
    return values.sample(slot_type, rng)


def test_rejections_say_what_is_wrong() -> None:
    def message(name: str, **slots: Any) -> str:
        result = validate_any(CATALOG.actions, Intent(name, slots))
        assert isinstance(result, Rejection)
        return result.message

    assert message("set_volume", level=101) == (
        "'101' is no value for 'level' of set_volume: expected a whole number from 0 to 100."
    )
    assert message("set_volume") == "set_volume needs a value for 'level'."
    assert message("mute", level=1) == "mute has no slot named 'level'."
    assert "expected one of on, off" in message("set_setting", setting="wifi", state="up")
    assert "no action named" in message("fly")
    assert "2 to 6" in message("sequence", steps=(Intent("copy"),))
    assert "cannot be a step" in message("sequence", steps=(Intent("copy"), Intent("none")))
    assert "'level'" in message("sequence", steps=(Intent("copy"), Intent("set_volume")))


def test_sequences_and_none_validate() -> None:
    whole = Intent("sequence", {"steps": (Intent("copy"), Intent("open_app", {"target": "notes"}))})
    assert validate_any(CATALOG.actions, whole) == whole
    assert MODELS["sequence"].model_validate(whole.as_json())
    assert validate_any(CATALOG.actions, Intent("none")) == Intent("none")
    assert MODELS["none"].model_validate({"action": "none"})


def _accepts(wire: str) -> bool:
    llguidance = pytest.importorskip("llguidance")
    tokenizer = llguidance.LLTokenizer("byte")
    grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(CATALOG.schema()))
    matcher = llguidance.LLMatcher(tokenizer, grammar)
    assert not matcher.get_error()
    tokens = tokenizer.tokenize_str(wire)
    return bool(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())


@pytest.mark.parametrize(
    ("wire", "accepted"),
    [
        ('{"action":"open_app","target":" Chrome"}', True),
        ('{"action":"open_app","target":"Chrome"}', False),
        ('{"action":"open_app"}', False),
        ('{"action":"set_timer"}', True),
        ('{"action":"set_timer","label":" roast"}', True),
        ('{"action":"set_timer","label":" roast","duration":" ten minutes"}', False),
        ('{"action":"set_setting","setting":" wifi","state":" on"}', True),
        ('{"action":"set_setting","setting":" wifi","state":" up"}', False),
        ('{"action":"mute","level":" ten"}', False),
        ('{"action":"none"}', True),
        ('{"action":"cancel"}', True),
        ('{"action":"sequence","steps":[{"action":"copy"},{"action":"paste"}]}', True),
        ('{"action":"sequence","steps":[{"action":"copy"}]}', False),
        ('{"action":"sequence","steps":[{"action":"copy"},{"action":"none"}]}', False),
    ],
)
def test_the_schema_accepts_wire_intents_and_nothing_else(wire: str, accepted: bool) -> None:
    needs_ask = '{"action":"set_timer"' in wire and not CATALOG.actions["set_timer"].slots[0].ask
    if needs_ask:
        pytest.skip("set_timer asks for nothing yet")
    assert _accepts(wire) is accepted
