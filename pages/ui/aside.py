"""A chapter's story drawn for nobody: what it shows is noted, and no reader's screen changes."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from pages.ui import session

T = TypeVar("T")

THREAD = "drawing aside"  # Streamlit draws nothing in a thread that belongs to no reader, and says so at each element
OF_STREAMLIT = "streamlit.runtime.scriptrunner_utils.script_run_context"


class _Quiet(logging.Filter):
    """Leaves out what Streamlit says of elements that have nowhere to go: here they shall not."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.threadName != THREAD


def drawn(work: Callable[[], T], kept: Mapping[str, object]) -> T:
    """What `work` returns, done where its widgets and pictures reach nobody.

    Its widgets stand as `kept` says, what it sets is forgotten. Raises what `work` raises.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def do() -> None:
        try:
            with session.aside(kept):
                done.append(work())
        except BaseException as error:
            failed.append(error)

    logger = logging.getLogger(OF_STREAMLIT)
    if not any(isinstance(one, _Quiet) for one in logger.filters):
        logger.addFilter(_Quiet())
    thread = threading.Thread(target=do, name=THREAD)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]
