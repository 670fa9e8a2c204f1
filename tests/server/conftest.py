"""Tests of the server run loops of their own, also in a process in which a browser's is running."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_other_loop() -> Iterator[None]:
    """Playwright's loop counts as running in this thread until the last test: here it is out of sight meanwhile."""
    other = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(other)
