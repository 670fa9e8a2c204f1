"""The readers of these tests run in a loop of their own, also in a process in which a browser's is running."""

from tests.server.conftest import no_other_loop

__all__ = ["no_other_loop"]
