"""`domain.yaml`: what a domain is, its tag, and what labels of others call its actions and slots."""

from __future__ import annotations

import re

from yaml.nodes import Node

from whispera.catalog.nodes import Source
from whispera.domain.domain import Domain, Labels

_TAG = re.compile(r"[a-z][a-z0-9_]*")


def read_domain(source: Source, root: Node, base: Domain) -> Domain:
    """The domain of a file, laid over `base`."""
    found = source.known(root, "", ("summary", "tag", "labels"))
    summary = source.text(found["summary"], "summary") if "summary" in found else base.summary
    tag = source.text(found["tag"], "tag") if "tag" in found else base.tag
    if not _TAG.fullmatch(tag):
        source.note(found.get("tag", root), "tag", "expected small letters, digits, underscores")
    labels = base.labels
    if "labels" in found:
        given = source.known(found["labels"], "labels", ("intent", "slots"))
        pairs = {
            key: {
                name: source.text(node, f"labels.{key}.{name}")
                for name, node in source.entries(given[key], f"labels.{key}").items()
            }
            for key in given
        }
        labels = Labels(pairs.get("intent", {}), pairs.get("slots", {}))
    return Domain(base.name, tag, summary, labels)
