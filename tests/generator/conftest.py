"""Fixtures of the generator's tests."""

from __future__ import annotations

import pytest

from tests.generator.small_catalog import build
from whispera.catalog.catalog import Catalog


@pytest.fixture
def catalog() -> Catalog:
    return build()
