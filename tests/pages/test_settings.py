"""What whoever runs the server may set: a value out of range stops the start, by name."""

import pytest

from pages.settings import one_of, whole_number


@pytest.mark.parametrize("value", ["", "0", "-1", "1025", "many", "1e3", "٣", "9" * 5_000])
def test_a_setting_out_of_range_stops_the_start_and_names_the_range(monkeypatch, value):
    monkeypatch.setenv("GLASSBOX_MAX_TOKENS", value)
    with pytest.raises(SystemExit, match=r"GLASSBOX_MAX_TOKENS=.* 1 to 1024") as refusal:
        whole_number("GLASSBOX_MAX_TOKENS", 128, 1, 1_024)
    assert len(str(refusal.value)) < 120


def test_a_setting_of_words_takes_no_other(monkeypatch):
    monkeypatch.setenv("GLASSBOX_LOG", "xml")
    with pytest.raises(SystemExit, match="GLASSBOX_LOG='xml' is not json"):
        one_of("GLASSBOX_LOG", "json")
    monkeypatch.setenv("GLASSBOX_LOG", "json")
    assert one_of("GLASSBOX_LOG", "json") == "json"
    monkeypatch.delenv("GLASSBOX_LOG")
    assert one_of("GLASSBOX_LOG", "json") == ""
