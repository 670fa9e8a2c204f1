"""Lines for machines hold nothing that a reader wrote, whatever was to be logged."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from streamlit import config

from pages.server import logs
from pages.ui import errors

SECRET = "a sentence that nobody else may read"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the logger "glassbox" writes, with the formats of before restored in the end."""
    said, logger, made = io.StringIO(), logging.getLogger("glassbox"), logging.getLogRecordFactory()
    form = config.get_option("logger.messageFormat")
    formats = {
        handler: handler.formatter
        for one in (logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict))
        for handler in one.handlers
    }
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logs.speak_json()
    yield said
    logger.removeHandler(handler)
    logging.setLogRecordFactory(made)
    config.set_option("logger.messageFormat", form)
    for one, format in formats.items():
        one.setFormatter(format)


def test_an_error_is_told_by_its_kind_and_its_places_without_what_it_quotes(lines):
    def fail() -> None:
        raise ValueError(SECRET)

    try:
        fail()
    except ValueError as error:
        errors.show_error(error)
    assert SECRET not in lines.getvalue()
    line = json.loads(lines.getvalue())
    assert (line["level"], line["logger"], line["message"], line["error"]) == (
        "error",
        "glassbox",
        "a chapter failed",
        "ValueError",
    )
    assert line["at"][-1].startswith("test_logs.py:")
    assert line["at"][-1].endswith(" fail")


def test_what_is_filled_into_a_message_is_left_out(lines):
    logging.getLogger("glassbox").warning("the text %r of %s", SECRET, "somebody")
    logging.getLogger("glassbox").warning(ValueError(SECRET), stack_info=True)
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert (first["message"], second["message"]) == ("the text %r of %s", "ValueError")
    assert SECRET not in lines.getvalue()
