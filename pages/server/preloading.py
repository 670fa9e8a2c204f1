"""The first minute belongs to the reader: everything slow happens before the server says that it is ready."""

from pages.figures import Axis, heatmap
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui.words import LANGUAGES, catalogue, examples


def preload() -> None:
    """Load the default model and the vocabulary, read one text, draw one figure, compile the catalogues."""
    for language in LANGUAGES:
        catalogue(language)
    default, _problem = engine.load_or_fallback(engine.available_models()[0])
    reading = read(default, examples("en")[0]["text"])
    weights = reading.trace.blocks[0].att.weights[0].numpy()
    heatmap(weights, Axis(reading.tokens), Axis(reading.tokens), scale="probability").to_json()
