"""What the server counts for whoever runs it: numbers and times, never a text, a name or an id."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from pages.services import turns
from pages.services.engine import Engine
from pages.services.shared import engine, trainings
from pages.services.training_queue import TrainingQueue

TIMES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

registry = CollectorRegistry()
ProcessCollector(registry=registry)
_seconds = Histogram(
    "glassbox_run_seconds", "How long a chapter took to draw.", ["chapter"], buckets=TIMES, registry=registry
)
failures = Counter(
    "glassbox_failures", "Chapters that failed, in place of which a sentence was shown.", registry=registry
)


class Services(Collector):
    """How things stand with the engine and the trainings, read off when somebody asks."""

    def __init__(self, engine: Engine, trainings: TrainingQueue) -> None:
        self._engine, self._trainings = engine, trainings

    def collect(self) -> Iterator[Metric]:
        """Everything that is counted elsewhere."""
        engine = self._engine
        yield CounterMetricFamily("glassbox_cache_hits", "Results that were there already.", engine.hits)
        yield CounterMetricFamily("glassbox_cache_misses", "Results that had to be computed.", engine.misses)
        yield GaugeMetricFamily("glassbox_cache_bytes", "Memory that results hold.", engine.bytes_held)
        yield GaugeMetricFamily("glassbox_cache_capacity_bytes", "Memory that results may hold.", engine.capacity)
        yield GaugeMetricFamily("glassbox_queue_runs", "Runs that wait for a result.", engine.n_waiting)
        yield GaugeMetricFamily("glassbox_turn_runs", "Runs that wait for their turn to draw.", turns.n_waiting())
        yield GaugeMetricFamily("glassbox_models_loaded", "Models in memory.", engine.n_loaded)
        yield GaugeMetricFamily("glassbox_trainings", "Trainings that run or wait.", len(self._trainings.line))


registry.register(Services(engine, trainings))


@contextmanager
def run(chapter: str) -> Iterator[None]:
    """The time that drawing a chapter takes, also where it fails or is superseded."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        _seconds.labels(chapter).observe(time.perf_counter() - begun)
