"""What goes over the socket: nothing is lost on the way, and nothing that comes in is trusted."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.voice.daemon.kit import Running, running, short_directory
from whispera.daemon import client
from whispera.daemon.parses import parse_as_data, parse_from_data, traces_as_data, traces_from_data
from whispera.daemon.protocol import MAX_LINE, decode, encode
from whispera.domain.intent import Intent
from whispera.domain.outcome import Candidate, Parse, Rejection
from whispera.nlu.grammar import Chosen, ChosenStep
from whispera.workspace import Workspace

any_text = st.text(st.characters(), max_size=30)
names = st.text("abcdefgh_", min_size=1, max_size=12).filter(lambda name: name != "action")
flat = st.builds(Intent, names, st.dictionaries(names, any_text | st.integers(), max_size=3))
intents = flat | st.builds(
    lambda steps: Intent("sequence", {"steps": tuple(steps)}), st.lists(flat, max_size=3)
)
shares = st.floats(0, 1)
parses = st.builds(
    Parse,
    any_text,
    any_text,
    st.none() | intents,
    st.none() | st.builds(Rejection, st.sampled_from(["empty", "none", "value", "no_speech"]), any_text),
    shares,
    st.floats(0, 1e6),
    st.lists(st.builds(Candidate, intents, shares), max_size=3).map(tuple),
    st.lists(intents, max_size=2).map(tuple),
)
steps = st.builds(ChosenStep, names, st.lists(st.builds(Chosen, names, any_text), max_size=3).map(tuple))
traces = st.lists(st.lists(steps, max_size=3).map(tuple), max_size=2).map(tuple)
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@given(parses)
def test_a_parse_goes_through_whole(parse: Parse) -> None:
    line = encode(parse_as_data(parse))
    back = parse_from_data(decode(line))
    assert back == parse
    assert [list(one.slots) for one in back.previous] == [list(one.slots) for one in parse.previous]


@given(traces)
def test_what_was_said_before_goes_through_whole(said: tuple[tuple[ChosenStep, ...], ...]) -> None:
    line = encode({"previous": traces_as_data(said)})
    assert traces_from_data(decode(line)["previous"]) == said


@given(data)
def test_data_of_any_kind_is_a_parse_or_a_value_error(found: object) -> None:
    for read in (parse_from_data, traces_from_data):
        with contextlib.suppress(ValueError):
            read(found)


@given(st.binary(max_size=200) | any_text.map(lambda text: text.encode("utf-8", "replace")))
def test_a_line_of_any_kind_is_an_object_or_a_value_error(line: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(decode(line), dict)


@pytest.fixture(scope="module")
def lasting(compiled_once, tmp_path_factory) -> Iterator[Running]:
    """One daemon for all the nonsense."""
    from whispera.workspace import PACKAGE

    place = tmp_path_factory.mktemp("state")
    with short_directory() as directory:
        here = Workspace(root=PACKAGE.parent, state=place, cache=compiled_once / "whispera")
        with running(here, directory, silent_s=2.0) as daemon:
            yield daemon


def exchange(daemon: Running, sent: bytes) -> list[dict[str, object]]:
    """The answers to some bytes, after which the connection is closed for writing."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(daemon.place.address)
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
    return [json.loads(line) for line in received.splitlines()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.binary(max_size=300), max_size=4))
def test_bytes_of_any_kind_are_refused_line_by_line(lasting: Running, sent: list[bytes]) -> None:
    lines = [line.replace(b"\n", b" ") for line in sent]
    answers = exchange(lasting, b"".join(line + b"\n" for line in lines))
    assert len(answers) == len(lines)
    assert all(answer["ok"] is False and answer["kind"] == "request" for answer in answers)
    assert client.ask(lasting.place, {"do": "status"})["ready"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    request=st.fixed_dictionaries(
        {"do": st.just("understand")},
        optional={
            "text": data,
            "previous": data,
            "alternatives": data,
            "key": st.just("") | data,
            "more": data,
        },
    )
)
def test_requests_of_any_kind_get_an_answer(lasting: Running, request: dict[str, object]) -> None:
    (answer,) = exchange(lasting, encode(request))
    assert answer["ok"] is True or answer["kind"] in ("request", "stale", "fault")
    assert answer.get("kind") != "fault", answer


def test_a_line_that_is_too_long_is_refused_and_the_connection_closed(lasting: Running) -> None:
    (answer,) = exchange(lasting, b"x" * (MAX_LINE + 10))
    assert answer["ok"] is False
    assert str(MAX_LINE) in str(answer["error"])


def test_half_a_line_is_nothing(lasting: Running) -> None:
    assert exchange(lasting, b'{"do":"stop"}') == []
    assert client.ask(lasting.place, {"do": "status"})["ready"]
