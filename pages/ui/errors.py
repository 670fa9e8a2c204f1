"""What a reader sees in place of a traceback."""

import logging

import streamlit as st

from pages.services import metrics
from pages.services.engine import SupersededError
from pages.ui.words import _


def show_error(error: Exception) -> None:
    """Tell the reader, in one sentence, that it is our fault; the log has the rest.

    A part of a page that drew for an older edit is not at fault: the newer one draws it again.
    """
    if isinstance(error, SupersededError):
        return
    metrics.failures.inc()
    logging.getLogger("glassbox").error("a chapter failed", exc_info=error)
    st.error(_("Something went wrong here, and it is not your fault. Change the text or choose another chapter."))
