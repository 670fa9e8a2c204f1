"""Logs for machines: a line is one JSON object, and holds nothing that a reader wrote.

A message is logged as it stands in the code, without what would be filled in, and an error by its kind and its places
in the code: what an exception says may quote a text.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from streamlit import config

DEEPEST = 12  # places in the code, the last ones


class Line(logging.LogRecord):
    """A record whose message is the whole line, so that no formatter adds to it what it should not say."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.error, self.exc_info, self.exc_text, self.stack_info = self.exc_info, None, None, None

    def getMessage(self) -> str:
        """The line."""
        when = datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds")
        said = self.msg if isinstance(self.msg, str) else type(self.msg).__name__
        line: dict[str, Any] = {"time": when, "level": self.levelname.lower(), "logger": self.name, "message": said}
        if self.error and self.error[0]:
            line |= {"error": self.error[0].__name__, "at": places(self.error[2])}
        return json.dumps(line)


def places(trace: TracebackType | None) -> list[str]:
    """Where in the code an error came from, the innermost last."""
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]


def speak_json() -> None:
    """From here on every line is one of these: to be called when all loggers of the server have their handlers."""
    logging.setLogRecordFactory(Line)
    config.set_option("logger.messageFormat", "%(message)s", "GLASSBOX_LOG")  # of loggers that Streamlit makes later
    plain = logging.Formatter("%(message)s")
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for logger in (logging.getLogger(), *known):
        for handler in logger.handlers:
            handler.setFormatter(plain)
    if not logging.root.handlers:
        logging.basicConfig(format="%(message)s")
