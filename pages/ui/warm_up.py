"""The first minute belongs to the reader: everything slow happens before the server says that it is ready."""

import logging

import numpy as np
import streamlit as st

from pages.figures import heatmap
from pages.ui import engine
from pages.ui.words import LANGUAGES, _, catalogue, examples


def everything() -> None:
    """Load the default model and the vocabulary, read one text, draw one figure, compile the catalogues."""
    for language in LANGUAGES:
        catalogue(language)
    default, _problem = engine.usable(engine.choosable()[0])
    reading = engine.read(default, examples("en")[0]["text"])
    weights = reading.trace.blocks[0].att.weights[0].numpy()
    heatmap(np.asarray(weights), rows=reading.tokens, columns=reading.tokens, scale="probability").to_json()


def apologise(error: Exception) -> None:
    """Tell the reader, in one sentence, that it is our fault; the log has the rest.

    A part of a page that drew for an older edit is not at fault: the newer one draws it again.
    """
    if isinstance(error, engine.SupersededError):
        return
    logging.getLogger("glassbox").error("a chapter failed", exc_info=error)
    st.error(_("Something went wrong here, and it is not your fault. Change the text or choose another chapter."))
