"""Spoken and typed web addresses with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import url

READ = [
    ("wikipedia dot org", "wikipedia.org"), ("www.bbc.co.uk", "www.bbc.co.uk"),
    ("https://x.yz/z", "x.yz/z"), ("localhost colon 3000", "localhost:3000"),
    ("localhost colon three thousand", "localhost:3000"),
    ("localhost colon eighty eighty", "localhost:8080"), ("local host colon 3000", "localhost:3000"),
    ("github.com/Foo/Bar", "github.com/Foo/Bar"), ("GitHub.com/Foo", "github.com/Foo"),
    ("github dot com", "github.com"), ("stack overflow dot com", "stackoverflow.com"),
    ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
    ("one twenty seven dot zero dot zero dot one", "127.0.0.1"),
    ("one nine two dot one six eight dot one dot one", "192.168.1.1"),
    ("git@github.com:a/b.git", "github.com/a/b.git"),
    ("https colon slash slash example dot com", "example.com"),
    ("double u double u double u dot example dot com", "www.example.com"),
    ("www dot example dot com", "www.example.com"), ("blue dash bird dot io", "blue-bird.io"),
    ("example.com/foo_bar", "example.com/foo_bar"),
    ("example dot com slash foo underscore bar", "example.com/foo_bar"),
    ("docs.rs/serde", "docs.rs/serde"), ("https://example.com/a?b=c&d=e#f", "example.com/a?b=c&d=e#f"),
    ("wikipedia.org/wiki/Main_Page", "wikipedia.org/wiki/Main_Page"), ("ten point io", "ten.io"),
    ("bbc dot co dot uk", "bbc.co.uk"), ("bbc.co.uk slash news", "bbc.co.uk/news"),
    ("github.com slash torvalds slash linux", "github.com/torvalds/linux"),
    ("github dot com forward slash psf", "github.com/psf"), ("localhost", "localhost"),
    ("LOCALHOST:80", "localhost:80"), ("Wikipedia.org", "wikipedia.org"), ("münchen.de", "münchen.de"),
    ("seven dot com", "seven.com"), ("example.com:8080", "example.com:8080"),
    ("192.168.0.1", "192.168.0.1"), ("192.168.0.1:8080/x", "192.168.0.1:8080/x"),
    ("hacker news dot com", "hackernews.com"), ("x.com", "x.com"), ("t.co/abc", "t.co/abc"),
    ("youtube dot com slash watch", "youtube.com/watch"),
    ("sourcehut dot org slash tilde ann slash notes", "sourcehut.org/~ann/notes"),
    ("localhost:9000/metrics", "localhost:9000/metrics"),
    ("mail dot quietbay dot net", "mail.quietbay.net"),
]  # fmt: skip

NONE = [
    "github", "to github dot com", "github dot com please", "github dot com and", "my dash site dot io",
    "notes.txt", "main.rs", "docs.rs", "3.5", "6 a.m.", "e.g.", "example.com, please",
    "javascript:alert(1)", "file:///etc/passwd", "-rf.com", "--upload-pack.com", "user:pass@host.com",
    "dot com", "point five", "three point five", "localhost:99999", "open wikipedia dot org", "a.b",
    "999.1.1.1", "the verge dot com",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_url_is_read_and_fits(words: str, value: object) -> None:
    assert url.parse(words) == value
    assert url.fits(words)
    assert url.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_url_refuses_what_is_none(words: str) -> None:
    assert url.parse(words) is None
    assert not url.fits(words)


@pytest.mark.parametrize(("words", "value"), [("google.com.", "google.com")])
def test_url_tolerates_what_a_span_must_not_hold(words: str, value: str) -> None:
    assert url.parse(words) == value
    assert not url.fits(words)
