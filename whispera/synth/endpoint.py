"""An OpenAI-compatible endpoint: asked for one answer at a time, patiently.

Kept to: nothing goes to another machine than the one that was named (no redirect is followed, an address
of this machine is never asked through a proxy); a key is sent over https alone, or to this machine, and
stands in no message. Not kept to: what the endpoint itself does with what it is sent.
"""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from whispera.errors import UsageError, WhisperaError

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Answers after which the same request is worth another try."""
FIRST_WAIT_S = 1.0
"""Before the second try; each wait is twice the one before."""
LONGEST_WAIT_S = 60.0
"""An endpoint that wants more time than this is out of service."""
OPTIONAL = ("temperature", "seed", "max_tokens")
"""What an endpoint may refuse to be told, and is then not told."""
MOST_BYTES = 8 << 20
_NEWER = {"max_tokens": "max_completion_tokens"}
_SHOWN = 200
_EXAMPLE = "such as http://127.0.0.1:8080/v1 or https://api.openai.com/v1"
_START = "start a local one: llama-server -m FILE.gguf, ollama serve, or another; and name its address"


class EndpointError(WhisperaError):
    """An endpoint refuses, or answers with something else."""


class Unusable(EndpointError):
    """Asking it for anything else is of no use either."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go."""

    url: str
    """The base, such as `http://127.0.0.1:8080/v1`, without a slash at the end."""
    host: str
    local: bool
    """Whether it is on this machine."""

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.url.startswith("https:")


def read_endpoint(text: str) -> Endpoint:
    """The endpoint of an address; raises UsageError. An address without a path is taken to mean `/v1`."""
    url = text.strip()
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is no address of an endpoint: {error}", hint=_EXAMPLE) from error
    strange = any(char.isspace() or char == "\\" or not char.isprintable() for char in url)
    if parts.scheme not in ("http", "https") or not host or strange:
        raise UsageError(f"'{url}' is no address of an endpoint", hint=_EXAMPLE)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "an address of an endpoint has no key, question or '#' in it",
            hint="a key is taken from an environment variable (--key-env) or a file (--key-file)",
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    if not parts.path.strip("/"):
        path = "/v1"
    return Endpoint(f"{parts.scheme}://{parts.netloc}{path}", host, is_local(host))


def is_local(host: str) -> bool:
    """Whether a host is this machine by its very name; any other name may be another machine."""
    name = host.lower().rstrip(".")
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped if mapped is not None else address
    return address.is_loopback or address.is_unspecified


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the request, and the key, to a machine that nobody named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: it is an answer like any other."""
        return


class _Later(Exception):
    """The request may be tried again."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        """`wait_s`: how long the endpoint asks to wait; 0 where it does not say."""
        super().__init__(reason)
        self.reason = reason
        self.wait_s = wait_s


class Client:
    """Asks one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        key: str = "",
        timeout_s: float = 120.0,
        tries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`say` is told why a request is tried again. Raises UsageError where a key would be sent openly."""
        if key and not (endpoint.local or endpoint.encrypted):
            raise UsageError(
                f"the key would go to {endpoint.host} unencrypted",
                hint="name an https address, or leave the key out: --key-env ''",
            )
        self.endpoint = endpoint
        self._key = key
        self._timeout_s = timeout_s
        self._tries = tries
        self._sleep = sleep
        self._say = say
        self._refused: dict[str, str] = {}
        """Optional parameters the endpoint does not take, and what it calls them instead."""
        proxies = urllib.request.ProxyHandler({}) if endpoint.local else urllib.request.ProxyHandler()
        self._opener = urllib.request.build_opener(proxies, _NoRedirect())

    def models(self) -> list[str]:
        """The names of the models there; raises EndpointError."""
        data = self._patiently("/models", None)
        found = data.get("data") if isinstance(data, dict) else None
        listed = found if isinstance(found, list) else []
        return [one["id"] for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def answer(self, request: Mapping[str, Any]) -> str:
        """The text of the first choice; raises EndpointError."""
        data = self._patiently("/chat/completions", request)
        try:
            content = data["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise Unusable(
                f"{self.endpoint.url} answers, but not as an OpenAI-compatible endpoint does",
                hint="its address usually ends in /v1",
            ) from None
        if isinstance(content, list):  # parts, of which some are text
            content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
        return content if isinstance(content, str) else ""

    def _patiently(self, path: str, body: Mapping[str, Any] | None) -> Any:
        wait_s = FIRST_WAIT_S
        for left in reversed(range(self._tries)):
            try:
                return self._with_what_it_takes(path, body)
            except _Later as later:
                asked_s = max(wait_s, later.wait_s)
                if not left or asked_s > LONGEST_WAIT_S:
                    raise Unusable(
                        f"{self.endpoint.url}: {later.reason}",
                        hint="the same command goes on later where it stopped",
                    ) from None
                self._say(f"{later.reason}; trying again in {asked_s:.0f} s")
                self._sleep(asked_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        raise AssertionError("the last try either returns or raises")

    def _with_what_it_takes(self, path: str, body: Mapping[str, Any] | None) -> Any:
        """The answer to a request, tried without each parameter that the endpoint does not take."""
        while True:
            given = None
            if body is not None:
                named = {key: self._refused.get(key, key) for key in body}
                given = {named[key]: value for key, value in body.items() if named[key]}
            try:
                return self._once(path, given)
            except urllib.error.HTTPError as error:
                with error:
                    said = self._message(error)
                    status, retry_after = error.code, error.headers.get("Retry-After", "")
                refused = next((key for key in OPTIONAL if given and key in given and _names(said, key)), "")
                if status in (400, 422) and refused:
                    newer = _NEWER.get(refused, "")
                    self._refused[refused] = newer if newer and newer in said else ""
                    continue
                raise self._fault(status, said, retry_after) from None

    def _once(self, path: str, body: Mapping[str, Any] | None) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "whispera"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self.endpoint.url + path, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                text = self._read(response)
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError as error:
            raise self._unreachable(error.reason) from None
        except (TimeoutError, OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise _Later(f"an answer that is no JSON: {self._clean(text[:_SHOWN])!r}") from None

    def _read(self, response: http.client.HTTPResponse) -> str:
        """The body, within the time limit as a whole."""
        until = time.monotonic() + self._timeout_s
        parts: list[bytes] = []
        size = 0
        while chunk := response.read1(1 << 16):
            parts.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise EndpointError(f"{self.endpoint.url} answers with more than {MOST_BYTES >> 20} MB")
            if time.monotonic() > until:
                raise TimeoutError
        return b"".join(parts).decode("utf-8", "replace")

    def _unreachable(self, reason: object) -> Exception:
        where = self.endpoint.url
        if isinstance(reason, TimeoutError):
            return _Later(f"no answer within {self._timeout_s:g} s")
        if isinstance(reason, ConnectionRefusedError):
            return Unusable(f"nothing answers at {where}", hint=_START)
        if isinstance(reason, socket.gaierror):
            return Unusable(f"there is no machine named {self.endpoint.host}", hint=_EXAMPLE)
        if isinstance(reason, (ConnectionError, http.client.HTTPException)):
            return _Later("the connection broke off")
        return Unusable(f"{where} cannot be reached: {self._clean(str(reason))}", hint=_EXAMPLE)

    def _fault(self, status: int, said: str, retry_after: str) -> Exception:
        """What to raise for an answer that is no success."""
        where = self.endpoint.url
        if 300 <= status < 400:
            return Unusable(
                f"{where} sends requests on to another address, which is not followed",
                hint="name the address it means",
            )
        if status in (401, 403):
            return Unusable(
                f"{where} wants another key: {said}",
                hint="put it into OPENAI_API_KEY, a variable you name (--key-env) or a file (--key-file)",
            )
        if status == 404:
            return Unusable(
                f"{where} has no such address or model: {said}",
                hint="its address usually ends in /v1; --model names one of its models",
            )
        if "insufficient_quota" in said:
            return Unusable(f"{where} wants to be paid: {said}", hint="see to it there, or ask another one")
        if status in AGAIN:
            return _Later(f"error {status}: {said}", _seconds(retry_after))
        return EndpointError(f"{where} refuses: error {status}: {said}")

    def _message(self, error: urllib.error.HTTPError) -> str:
        """What the body of an error says, in one line."""
        try:
            text = error.read(1 << 16).decode("utf-8", "replace")
        except OSError:
            return error.reason
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return self._clean(text[:_SHOWN]) or str(error.reason)
        found = data.get("error", data.get("detail", data)) if isinstance(data, dict) else data
        if isinstance(found, dict) and isinstance(found.get("message"), str):
            extra = [str(found[key]) for key in ("code", "param") if found.get(key)]
            found = " ".join([found["message"], *(f"({one})" for one in extra)])
        return self._clean(found if isinstance(found, str) else json.dumps(found))[: 2 * _SHOWN]

    def _clean(self, text: str) -> str:
        """Text that may be shown: one line, without the key."""
        if self._key:
            text = text.replace(self._key, "...")
        return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _names(text: str, parameter: str) -> bool:
    """Whether an error is about a parameter."""
    return re.search(rf"\b{parameter}\b", text) is not None


def _seconds(retry_after: str) -> float:
    """What a Retry-After header asks for: seconds, or a date."""
    text = retry_after.strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
