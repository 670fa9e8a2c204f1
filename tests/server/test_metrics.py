"""What is counted for whoever runs the server: numbers alone, and for nobody behind the proxy."""

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.figures import Axis, heatmap
from pages.figures.kept import KEPT
from pages.server import metrics
from pages.services import metrics as counted
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui import errors

SECRET = "a sentence that nobody else may read"
LABELS = {"le", "chapter"}


@pytest.fixture
def client():
    with TestClient(Starlette(routes=metrics.ROUTES)) as one:
        yield one


def numbers(client) -> dict[str, float]:
    """All that is told, by name and labels."""
    told = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in told for sample in family.samples]
    assert {label for sample in samples for label in sample.labels} <= LABELS
    return {" ".join((sample.name, *sample.labels.values())): sample.value for sample in samples}


def test_hits_misses_and_bytes_are_those_of_the_engine(client):
    before = numbers(client)
    text = f"{SECRET} {before['glassbox_cache_misses_total']}"
    assert read("random-small", text).trace is read("random-small", text).trace
    after = numbers(client)
    assert after["glassbox_cache_misses_total"] == before["glassbox_cache_misses_total"] + 2, "tokens and trace"
    assert after["glassbox_cache_hits_total"] == before["glassbox_cache_hits_total"] + 2
    assert after["glassbox_cache_bytes"] == engine.bytes_held > before["glassbox_cache_bytes"]
    assert after["glassbox_cache_capacity_bytes"] == engine.capacity
    assert after["glassbox_turn_runs"] == 0
    assert after["glassbox_queue_runs"] == after["glassbox_classes"] == after["glassbox_sessions"] == 0


def test_pictures_are_counted_with_their_bytes(client):
    before = numbers(client)
    values, labels = np.array([[1.0, before["glassbox_picture_misses_total"]]]), Axis(["a", "b"])
    assert heatmap(values, Axis(["row"]), labels, scale="signed") is heatmap(
        values, Axis(["row"]), labels, scale="signed"
    )
    after = numbers(client)
    assert after["glassbox_picture_misses_total"] == before["glassbox_picture_misses_total"] + 1
    assert after["glassbox_picture_hits_total"] == before["glassbox_picture_hits_total"] + 1
    assert after["glassbox_picture_bytes"] == KEPT.bytes_held > before["glassbox_picture_bytes"]


def test_a_run_is_counted_with_its_chapter_alone_also_one_that_fails(client):
    before = numbers(client).get("glassbox_run_seconds_count heads", 0)
    with pytest.raises(KeyError), counted.run("heads"):
        raise KeyError(SECRET)
    assert numbers(client)["glassbox_run_seconds_count heads"] == before + 1
    assert SECRET not in client.get("/metrics").text


def test_a_chapter_that_failed_is_counted(client):
    before = numbers(client)["glassbox_failures_total"]
    errors.show_error(ValueError(SECRET))
    assert numbers(client)["glassbox_failures_total"] == before + 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_whoever_comes_through_a_proxy_finds_nothing(client, header):
    answer = client.get("/metrics", headers={header: "203.0.113.9"})
    assert (answer.status_code, answer.content) == (404, b"")
