"""The drawing library in `assets/plotly` is the one that was published, of the version that Python's Plotly speaks."""

import hashlib
import re
from pathlib import Path

import plotly

from pages.ui.components.chart import FLAT, WHOLE

PUBLISHED = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"  # plotly.js-cartesian-dist-min on npm


def version(text: str) -> str:
    """What a build of Plotly says of itself on its second line."""
    found = re.search(r"plotly\.js.* v(\d+\.\d+\.\d+)", text)
    assert found
    return found[1]


def test_it_is_the_published_file_of_the_version_that_its_name_says():
    assert hashlib.sha256(FLAT.read_bytes()).hexdigest() == PUBLISHED
    assert version(FLAT.read_text("utf-8")[:200]) in FLAT.name


def test_it_is_of_the_version_that_makes_the_figures():
    bundled = Path(plotly.__file__).parent / "package_data/plotly.min.js"
    assert version(bundled.read_text("utf-8")[:200]) == version(FLAT.read_text("utf-8")[:200])


def test_streamlit_ships_the_whole_for_what_is_drawn_in_space():
    assert WHOLE.startswith("PlotlyChart.")


def test_its_licence_lies_beside_it():
    assert "MIT" in (FLAT.parent / "LICENSE").read_text("utf-8")
