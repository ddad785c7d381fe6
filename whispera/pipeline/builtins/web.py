"""Searching the web."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from whispera.domain.intent import Intent
from whispera.errors import NotPossible
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.names import close, did_you_mean

_DEFAULT = "default"
"""An engine with this name, or among its other names, is used where none is said; else the first."""


def search(context: Context, slots: Slots) -> BuiltinResult:
    """Opens the results page of a search engine; raises NotPossible for an engine nobody knows.

    A site that is no engine is searched through the default engine (`site:`).
    """
    query, engine = text_of(slots, "query"), text_of(slots, "engine")
    lookup = Lookup(context.catalog.lookup, context.platform)
    template = lookup.engine(engine or _DEFAULT)
    if template is None and engine:
        site = lookup.site(engine)
        if site is None:
            offers = [*context.catalog.lookup.engines, *context.catalog.lookup.sites]
            raise NotPossible(
                f"no search engine called {engine} is known", hint=did_you_mean(close(engine, offers))
            )
        host = urlsplit(site if "//" in site else f"//{site}").hostname or site
        query = f"{query} site:{host}"
    if template is None:
        template = lookup.engine(_DEFAULT) or _first(context)
    address = template.replace("{query}", quote(query, safe="")).removeprefix("https://")
    return BuiltinResult(f"Searching for {query}.", then=Intent("open_url", {"url": address}))


def _first(context: Context) -> str:
    for engine in context.catalog.lookup.engines.values():
        return engine.url
    raise NotPossible("no search engine is known", hint="name one in config/local/lookup/engines.yaml")
