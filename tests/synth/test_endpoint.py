"""An endpoint on a real socket: what is tried again, what is told, and what never leaves."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.synth.server import Reply, fault, says, serving
from whispera.errors import UsageError
from whispera.synth.endpoint import Client, Endpoint, EndpointError, Unusable, is_local, read_endpoint

KEY = "sk-very-secret"
BODY = {"model": "m", "messages": [], "temperature": 0.9, "seed": 7, "max_tokens": 100}


def client(url: str, waits: list[float] | None = None, *, key: str = "", timeout_s: float = 5.0) -> Client:
    waited = waits if waits is not None else []
    return Client(read_endpoint(url), key=key, timeout_s=timeout_s, sleep=waited.append)


@pytest.mark.parametrize(
    ("text", "url", "local"),
    [
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1", True),
        (" http://localhost:11434 ", "http://localhost:11434/v1", True),
        ("http://[::1]:1234/v1/", "http://[::1]:1234/v1", True),
        ("http://[::ffff:127.0.0.1]:80/x", "http://[::ffff:127.0.0.1]:80/x", True),
        ("http://0.0.0.0:8000", "http://0.0.0.0:8000/v1", True),
        ("http://LOCALHOST.:1/v1/chat/completions", "http://LOCALHOST.:1/v1", True),
        ("https://api.openai.com/v1", "https://api.openai.com/v1", False),
        ("http://192.168.1.5:8000", "http://192.168.1.5:8000/v1", False),
        ("http://localhost.example.org", "http://localhost.example.org/v1", False),
        ("http://127.0.0.1.example.org", "http://127.0.0.1.example.org/v1", False),
        ("http://127.1:80", "http://127.1:80/v1", False),
    ],
)
def test_only_this_machine_is_local(text: str, url: str, local: bool) -> None:
    endpoint = read_endpoint(text)
    assert (endpoint.url, endpoint.local) == (url, local)


@pytest.mark.parametrize(
    "text",
    [
        "", "localhost:8080", "ftp://localhost/", "http://", "http://a b/", "http://localhost:port/",
        "http://localhost@example.org/v1", "http://user:pass@localhost/v1", "http://localhost/v1?key=1",
        "http://localhost/#x", "http://example.org\\@localhost/", "http://localhost/\x00", "http://[::1/v1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_endpoint(text)
    assert raised.value.hint


def test_an_answer_is_the_text_of_the_first_choice() -> None:
    with serving([says("hello")]) as server:
        assert client(server.url).answer(BODY) == "hello"
        (asked,) = server.asked
        assert asked.path == "/v1/chat/completions"
        assert asked.body == BODY
        assert "Authorization" not in asked.headers


def test_parts_of_text_are_put_together_and_no_text_is_none() -> None:
    parts = Reply('{"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}')
    with serving([parts, Reply('{"choices": [{"message": {"content": null}}]}')]) as server:
        asking = client(server.url)
        assert asking.answer(BODY) == "ab"
        assert asking.answer(BODY) == ""


def test_models_are_listed() -> None:
    with serving([Reply('{"data": [{"id": "qwen"}, {"id": 3}, "x"]}'), Reply("[]")]) as server:
        assert client(server.url).models() == ["qwen"]
        assert client(server.url).models() == []
        assert server.asked[0].path == "/v1/models"


@pytest.mark.parametrize(
    "trouble",
    [
        fault(429, "slow down"),
        fault(500, "oh"),
        Reply("<html>bad gateway</html>", 502),
        Reply('{"choices": [', 200),
        Reply('{"choices": []}' * 99, 200, cut=True),
    ],
    ids=["429", "500", "502", "broken JSON", "cut off"],
)
def test_trouble_that_passes_is_waited_for(trouble: Reply) -> None:
    waits: list[float] = []
    with serving([trouble, trouble, says("at last")]) as server:
        assert client(server.url, waits).answer(BODY) == "at last"
        assert len(server.asked) == 3
    assert waits == [1.0, 2.0]


def test_trouble_that_stays_is_told() -> None:
    waits: list[float] = []
    with serving([fault(503, "loading model")]) as server:
        with pytest.raises(Unusable, match="error 503: loading model") as raised:
            client(server.url, waits).answer(BODY)
        assert len(server.asked) == 4
    assert waits == [1.0, 2.0, 4.0]
    assert "goes on" in raised.value.hint


@pytest.mark.parametrize(("given", "wait"), [("7", 7.0), ("0.2", 1.0), ("rubbish", 1.0)])
def test_an_endpoint_may_say_how_long_to_wait(given: str, wait: float) -> None:
    waits: list[float] = []
    busy = Reply("{}", 429, {"Retry-After": given})
    with serving([busy, says("now")]) as server:
        assert client(server.url, waits).answer(BODY) == "now"
    assert waits == [wait]


@pytest.mark.parametrize("given", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_nobody_waits_for_an_hour(given: str) -> None:
    waits: list[float] = []
    with serving([Reply("{}", 429, {"Retry-After": given})]) as server, pytest.raises(Unusable):
        client(server.url, waits).answer(BODY)
    assert waits == []


def test_a_slow_answer_is_given_up() -> None:
    never = threading.Event()
    waits: list[float] = []
    with serving([Reply("{}", wait=never)]) as server:
        with pytest.raises(Unusable, match=r"no answer within 0\.1 s"):
            client(server.url, waits, timeout_s=0.1).answer(BODY)
        never.set()
    assert len(waits) == 3


def test_a_closed_port_is_told_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    waits: list[float] = []
    with pytest.raises(Unusable, match="nothing answers at") as raised:
        client(f"http://127.0.0.1:{port}", waits).answer(BODY)
    assert "ollama serve" in raised.value.hint
    assert waits == []


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (fault(401, f"Incorrect API key provided: {KEY}"), Unusable, "wants another key: Incorrect API key"),
        (fault(404, "model 'x' not found"), Unusable, "no such address or model: model 'x' not found"),
        (fault(400, "the context is too long"), EndpointError, "error 400: the context is too long"),
        (fault(429, "no money", code="insufficient_quota"), Unusable, "no money"),
        (Reply('{"error": "ollama says no"}', 400), EndpointError, "ollama says no"),
        (Reply('{"detail": [1, 2]}', 400), EndpointError, r"\[1, 2\]"),
        (Reply("{}", 200), Unusable, "not as an OpenAI-compatible endpoint"),
        (Reply("[1]", 200), Unusable, "not as an OpenAI-compatible endpoint"),
        (Reply("a\x1b[31m\r\nb", 400), EndpointError, r"a \[31m b"),
    ],
)
def test_refusals_are_told_without_the_key(reply: Reply, kind: type[EndpointError], message: str) -> None:
    waits: list[float] = []
    with serving([reply]) as server, pytest.raises(EndpointError, match=message) as raised:
        client(server.url, waits, key=KEY).answer(BODY)
    assert type(raised.value) is kind
    assert KEY not in f"{raised.value}{raised.value.hint}{raised.value.__context__!r}"
    assert waits == []


def test_a_redirect_is_not_followed() -> None:
    with serving([says("elsewhere")]) as other:
        moved = Reply("", 307, {"Location": f"{other.url}/chat/completions"})
        with serving([moved]) as server, pytest.raises(Unusable, match="not followed"):
            client(server.url, key=KEY).answer(BODY)
        assert other.asked == []


def test_a_proxy_never_sees_what_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([says("through the proxy")]) as proxy, serving([says("direct")]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        assert client(server.url).answer(BODY) == "direct"
        assert proxy.asked == []


def test_another_machine_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([says("through the proxy")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        assert client("http://models.invalid/v1").answer(BODY) == "through the proxy"


def test_a_key_is_sent_encrypted_or_not_at_all() -> None:
    with serving([says("hi")]) as server:
        assert client(server.url, key=KEY).answer(BODY) == "hi"
        assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    with pytest.raises(UsageError, match="unencrypted") as raised:
        Client(Endpoint("http://example.org/v1", "example.org", is_local("example.org")), key=KEY)
    assert KEY not in str(raised.value)
    Client(read_endpoint("https://example.org/v1"), key=KEY)


def test_what_an_endpoint_does_not_take_is_left_out() -> None:
    replies = [
        fault(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        fault(400, "'temperature' does not support 0.9", param="temperature"),
        says("one"),
        says("two"),
    ]
    with serving(replies) as server:
        asking = client(server.url)
        assert asking.answer(BODY) == "one"
        assert asking.answer(BODY) == "two"
        left = {"model": "m", "messages": [], "seed": 7, "max_completion_tokens": 100}
        assert [one.body for one in server.asked[2:]] == [left, left]


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whispera.synth.endpoint.MOST_BYTES", 1 << 10)
    with serving([Reply(" " * (1 << 12))]) as server, pytest.raises(EndpointError, match="more than"):
        client(server.url).answer(BODY)
