"""Figures by meaning: arrays and labels in, a Plotly figure out; nothing here knows Streamlit, torch or the model.

A side of a picture is one argument: an `Axis` of labels, a `NumberAxis`, or a `Measure` for what is measured.
"""

from pages.figures.axis import Axis, Beside, Measure, NumberAxis
from pages.figures.bar_charts import bars, stacked_bars
from pages.figures.curves import Points, curve, lines
from pages.figures.depth import ranks_by_depth
from pages.figures.diagram import PLACES, Station, wiring
from pages.figures.dot_plots import dots
from pages.figures.heatmaps import Cells, Masked, Scale, heatmap
from pages.figures.histograms import histogram
from pages.figures.labels import Label, plotly_text, shortened, tick_labels, visible
from pages.figures.layout import Picture
from pages.figures.learning import learning_curve
from pages.figures.mosaics import mosaic, mosaic_head
from pages.figures.relations import arcs, scatter
from pages.figures.steps import Summands, attention_steps

__all__ = [
    "PLACES",
    "Axis",
    "Beside",
    "Cells",
    "Label",
    "Masked",
    "Measure",
    "NumberAxis",
    "Picture",
    "Points",
    "Scale",
    "Station",
    "Summands",
    "arcs",
    "attention_steps",
    "bars",
    "curve",
    "dots",
    "heatmap",
    "histogram",
    "learning_curve",
    "lines",
    "mosaic",
    "mosaic_head",
    "plotly_text",
    "ranks_by_depth",
    "scatter",
    "shortened",
    "stacked_bars",
    "tick_labels",
    "visible",
    "wiring",
]
