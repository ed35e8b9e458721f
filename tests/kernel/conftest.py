"""The kernel fixture: the conversion kernel behind Python wrappers, built when its sources changed."""

from __future__ import annotations

from types import ModuleType

import pytest

import build


@pytest.fixture(scope="session")
def kernel() -> ModuleType:
    return build.load()
