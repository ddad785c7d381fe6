"""Web addresses: host and path with dots, no scheme: `wikipedia.org`, `localhost:3000/docs`.

Reads typed addresses and spoken ones ("gitlab dot com slash tools"). A bare site name ("github") is no
address; a lookup decides about it. Nothing is fetched or resolved.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

MAX_CHARS = 2_000

_SIGNS = {
    "dot": ".", "point": ".", "period": ".", "slash": "/", "colon": ":", "dash": "-", "hyphen": "-",
    "minus": "-", "underscore": "_", "tilde": "~", "hashtag": "#", "forwardslash": "/",
}  # fmt: skip
_NOT_FIRST = frozenset({
    "to", "the", "for", "at", "in", "on", "by", "a", "an", "my", "from", "of", "up", "open", "go", "visit",
    "load", "into", "onto", "over", "called", "named", "address", "site", "website", "page", "webpage",
    "url", "link", "domain", "and", "then", "please", "is", "it's", "its", "it", "that", "this", "with",
    "browser", "clone", "repo", "repository", "pull", "show", "me", "check", "out", "look", "browse",
    "navigate", "launch", "straight", "get", "give", "off", "some", "i", "want", "see", "us", "um", "uh",
    "git", "server", "back", "again", "here", "via",
})  # fmt: skip
FILE_ENDINGS = frozenset({
    "txt", "pdf", "doc", "docx", "odt", "png", "jpg", "jpeg", "gif", "svg", "mp3", "mp4", "wav", "mkv",
    "avi", "flac", "xls", "xlsx", "ods", "csv", "tsv", "ppt", "pptx", "json", "yaml", "yml", "xml", "html",
    "htm", "css", "js", "ts", "tsx", "jsx", "exe", "dmg", "iso", "tar", "gz", "bak", "log", "ini", "cfg",
    "toml", "cpp", "java", "epub", "psd", "webp", "ipynb", "sql", "bat", "ps1", "deb", "rpm", "md", "py",
    "rs", "sh", "c", "h",
})  # fmt: skip
"""Endings of files, not of hosts."""
_AMBIGUOUS = frozenset({"md", "py", "rs", "sh"})
"""Those of FILE_ENDINGS that are hosts where a path follows."""
_SCHEME = re.compile(r"(?:https?|git|ssh)://(?:git@)?|git@(?=[^/:]+:)", re.I)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+[^\W\d_]{{2,24}}")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_REST = re.compile(r"(?::([0-9]{1,5}))?([/?#][^\s\"<>]*)?")


def parse(words: str) -> str | None:
    """The address without its scheme, host in lower case; None when the words are none."""
    if len(words) > MAX_CHARS:
        return None
    text = words.strip()
    lower = text.lower()
    if "." not in text and " dot " not in lower and " point " not in lower and "localhost" not in lower:
        if "local host" not in lower:
            return None
        text = re.sub("local host", "localhost", text, count=1, flags=re.I)
    if not could_start(text):
        return None
    parts = text.split()
    joined = _joined(parts) if len(parts) > 1 else text
    if joined is None or (
        _pointed(lower) and joined.rpartition(".")[2].partition("/")[0].lower() not in _TLDS
    ):
        return None
    return _checked(joined)


def _pointed(lower: str) -> bool:
    """Whether "point" was said for the dot: then it may be a number unless a known ending follows."""
    return " point " in lower and " dot " not in lower


def _joined(parts: list[str]) -> str | None:
    """The parts of a spoken address as one; None where words stand beside each other that do not belong."""
    if len(parts) > 60:
        return None
    out: list[str] = []
    beside = 0
    at = 0
    while at < len(parts):
        part = parts[at]
        lower = part.lower()
        if lower in ("forward", "back") and at + 1 < len(parts) and parts[at + 1].lower() == "slash":
            at += 1
            continue
        sign = _SIGNS.get(lower)
        if sign is None and lower in ("double", "w") and (www := _www(parts, at)):
            out.append("www")
            at = www
            continue
        if sign is not None:
            out.append(sign)
        else:
            if out and out[-1][-1] not in "./:-_~#@?&=" and part[0] not in "./:-_~#@?&=":
                numeric = lower in numbers.SMALL and out[-1].lower() in numbers.SMALL
                beside += not numeric
                # a host of two or three words ("stack overflow dot com") is joined; no word may follow a host
                if beside > 2 or (not numeric and any("." in piece for piece in out)):
                    return None
            out.append(part)
        at += 1
    if any(piece.lower() in numbers.SMALL for piece in out):
        out = _with_numbers(out)
    return "".join(out)


def _www(parts: list[str], at: int) -> int:
    """The index after "double u double u double u" or "w w w"; 0 when it is not said here."""
    words = [part.lower() for part in parts[at : at + 6]]
    if words == ["double", "u"] * 3 or words == ["double", "you"] * 3:
        return at + 6
    return at + 3 if words[:3] == ["w", "w", "w"] else 0


def _with_numbers(out: list[str]) -> list[str]:
    """Number words as digits in a port and in an address of four numbers; elsewhere they are names."""
    groups: list[list[str]] = [[]]
    for piece in out:
        if piece in ".:/-_~#@?&=":
            groups += [[piece], []]
        else:
            groups[-1].append(piece)
    words = [group for group in groups if group]
    hosts = words[::2]
    read = [_digits(group) for group in hosts[:4]]
    address = len(read) == 4 and None not in read and all(group == ["."] for group in words[1:6:2])
    made: list[str] = []
    for index, group in enumerate(words):
        port = index > 0 and words[index - 1] == [":"]
        digits = _digits(group) if port or (address and index < 7) else None
        made += [digits] if digits is not None else group
    return made


def _digits(group: list[str]) -> str | None:
    """Digits of a spoken number in an address: "one ninety two" -> 192, "eighty eighty" -> 8080."""
    words = [word.lower() for word in group]
    if len(words) == 1 and words[0].isdigit():
        return words[0]
    read = numbers.whole(words, 0)
    if read is not None and read[1] == len(words):
        return str(read[0])
    out = ""
    at = 0
    while at < len(words):
        if words[at] in ("oh", "o"):
            out, at = out + "0", at + 1
            continue
        small = numbers.below_hundred(words, at)
        if small is None:
            return None
        out, at = out + str(small[0]), small[1]
    return out or None


def _checked(text: str) -> str | None:
    """The address without scheme and closing signs, if it is one."""
    git = text[:4].lower() == "git@"
    text = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    if git:
        text = text.replace(":", "/", 1)
    text = text.rstrip(".,;:!?\"')/")
    cut = min((text.find(sign) for sign in ":/?#" if sign in text), default=len(text))
    host, rest = text[:cut].lower(), text[cut:]
    if _ADDRESS.fullmatch(host):
        known = all(int(number) < 256 for number in host.split("."))
    elif host == "localhost":
        known = True
    else:
        ending = host.rpartition(".")[2]
        is_file = ending in FILE_ENDINGS and not (rest and ending in _AMBIGUOUS)
        known = _HOST.fullmatch(host) is not None and not is_file
    found = _REST.fullmatch(rest)
    if not known or found is None or (found[1] and int(found[1]) > 65_535):
        return None
    return host + rest


def fits(words: str) -> bool:
    """Whether the words are the address and nothing else; it ends in no sign, said or typed."""
    if words != words.strip() or words[-1:] in (".", ",", ";", "!", "?", ":"):
        return False
    return words.rpartition(" ")[2].lower() not in _SIGNS and parse(words) is not None


def could_start(word: str) -> bool:
    """Whether an address may begin with this word."""
    first = word[:80].split(maxsplit=1)[:1]
    return bool(first) and (first[0][0].isalnum()) and first[0].lower() not in _NOT_FIRST


def say(value: str) -> str:
    """The address as spoken: "wikipedia dot org slash wiki"; typed where letters would be lost."""
    if value != value.lower() or not re.fullmatch(r"[a-z0-9]+(?:[./:][a-z0-9]+)+", value):
        return value
    if value.count(":") > 1:
        return value
    said = value.replace(".", " dot ").replace("/", " slash ").replace(":", " colon ")
    return said if parse(said) == value else value


_FIRST = (
    "blue", "north", "river", "cloud", "green", "pixel", "paper", "little", "data", "city", "home", "quick",
    "wild", "stone", "bright", "silver", "maker", "light", "sound", "bird", "farm", "book", "travel",
    "garden", "code", "micro", "happy", "urban", "early", "second", "apple", "ocean", "music", "health",
    "photo", "family", "daily",
)  # fmt: skip
_LAST = (
    "shop", "press", "works", "hub", "base", "lab", "news", "store", "market", "bank", "school", "wiki",
    "forum", "kit", "post", "box", "desk", "club", "house", "bay", "field", "mail", "care", "map", "space",
    "times", "list", "bakery", "library", "museum", "weather", "recipes", "tools", "games", "radio",
    "review", "guide", "cycle",
)  # fmt: skip
_SYLLABLES = (
    "ba",
    "ko",
    "zi",
    "ren",
    "tal",
    "mo",
    "vi",
    "lu",
    "que",
    "nor",
    "sa",
    "pi",
    "dra",
    "fen",
    "ol",
    "ta",
    "ny",
    "er",
)
_TLDS = (
    "com", "com", "com", "com", "com", "org", "org", "org", "net", "net", "io", "io", "dev", "app", "co.uk",
    "co.uk", "de", "fr", "edu", "gov", "info", "me", "tv", "ca", "nl", "eu", "ai", "co", "us", "gov.uk",
    "ac.uk", "com.au", "es", "it", "ch", "xyz", "in", "jp",
)  # fmt: skip
_PATHS = (
    "news", "about", "docs", "blog", "login", "help", "search", "contact", "shop", "download", "wiki",
    "account", "en", "events", "faq", "pricing", "map", "jobs", "api", "support", "menu", "travel", "sport",
    "index", "admin", "status", "2024", "users", "settings", "dashboard", "recipes", "music", "releases",
    "issues",
)  # fmt: skip
_FORGES = ("github.com", "github.com", "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht")


def _word(rng: random.Random) -> str:
    """An invented host or account name."""
    form = rng.random()
    if form < 0.45:
        return rng.choice(_FIRST) + rng.choice(_LAST)
    if form < 0.7:
        return rng.choice(_FIRST + _LAST)
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 3)))


def _host(rng: random.Random) -> str:
    """An invented host."""
    name = _word(rng)
    if rng.random() < 0.08:
        name = f"{name}-{rng.choice(_LAST)}"
    if rng.random() < 0.05:
        name += str(rng.randint(2, 99))
    sub = rng.random()
    before = (
        "www."
        if sub < 0.16
        else rng.choice(("mail.", "docs.", "news.", "en.", "en.", "app.", "shop."))
        if sub < 0.24
        else ""
    )
    return f"{before}{name}.{rng.choice(_TLDS)}"


def sample(rng: random.Random) -> str:
    """An invented address, typed or spoken, with or without a path."""
    kind = rng.random()
    if kind < 0.1:
        port = rng.choice((3000, 8080, 8000, 5000, 8888, 4200, 5173, 9000, rng.randint(1024, 9999)))
        value = f"{rng.choice(('localhost', 'localhost', '127.0.0.1', '192.168.1.1', '192.168.0.10'))}:{port}"
        value = value if rng.random() < 0.85 else value.partition(":")[0]
    elif kind < 0.26:
        value = f"{rng.choice(_FORGES)}/{_word(rng)}/{_repo(rng)}"
        if rng.random() < 0.1:
            value += ".git"
    else:
        value = _host(rng)
    if (kind >= 0.26 and rng.random() < 0.25) or (kind < 0.1 and rng.random() < 0.3):
        value += "/" + "/".join(rng.choice(_PATHS) for _ in range(rng.choice((1, 1, 1, 2))))
    if rng.random() < 0.45:
        return _spoken(rng, value)
    return rng.choice(("https://", "https://", "http://")) + value if rng.random() < 0.14 else value


def _repo(rng: random.Random) -> str:
    """The name of a repository."""
    word = _word(rng)
    return rng.choice((word, word, word, f"{word}-{rng.choice(_LAST)}", f"{word}_{rng.choice(_LAST)}"))


def _spoken(rng: random.Random, value: str) -> str:
    """The address as said or as a recogniser writes it: "wikipedia dot org slash wiki"."""
    said = value.replace(".", " dot ").replace(
        "/", rng.choice((" slash ", " slash ", " slash ", " forward slash "))
    )
    said = said.replace("-", rng.choice((" dash ", " dash ", " hyphen "))).replace("_", " underscore ")
    said = said.replace(":", " colon ")
    return " ".join(said.split())
