"""What a page looks like, measured: texts of charts that are cut, that cover each other, or that are too small."""

from pathlib import Path

MEASURE = Path(__file__).with_suffix(".js").read_text("utf-8")


def faults(page, least: float) -> list[str]:
    """What is cut, covered, or in type smaller than `least` px, on the page as it stands."""
    return page.evaluate(MEASURE, least)
