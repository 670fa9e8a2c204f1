"""Figures by meaning: arrays and labels in, a Plotly figure out; nothing here knows Streamlit, torch or the model."""

from pages.figures.depth import ranks_by_depth
from pages.figures.diagram import PLACES, Station, wiring
from pages.figures.heatmaps import heatmap, mosaic, mosaic_head
from pages.figures.labels import Label, plotly_text, shortened, tick_labels, visible
from pages.figures.learning import learning_curve
from pages.figures.meaning import Axis, Beside, Cells, Masked, Measure, Parts, Points, Scale, Spelling
from pages.figures.relations import arcs, scatter
from pages.figures.series import bars, curve, dots, histogram, lines, stacked_bars
from pages.figures.steps import attention_steps

__all__ = [
    "PLACES",
    "Axis",
    "Beside",
    "Cells",
    "Label",
    "Masked",
    "Measure",
    "Parts",
    "Points",
    "Scale",
    "Spelling",
    "Station",
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
