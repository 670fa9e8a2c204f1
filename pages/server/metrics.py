"""The route `/metrics`, for Prometheus: what the services count, and who is connected."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import runtime
from streamlit.runtime.stats import GaugeStat

from pages.figures.kept import KEPT
from pages.server.classes import feed
from pages.services.metrics import registry

SESSIONS = "active_sessions"  # as Streamlit calls them
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


class Connections(Collector):
    """Sessions, and the classes that are followed here."""

    def collect(self) -> Iterator[Metric]:
        """How many there are now."""
        told = runtime.get_instance().stats_mgr.get_stats([SESSIONS]) if runtime.exists() else {}
        sessions = sum(stat.value for stat in told.get(SESSIONS, []) if isinstance(stat, GaugeStat))
        yield GaugeMetricFamily("glassbox_sessions", "Pages that are open.", sessions)
        yield GaugeMetricFamily("glassbox_classes", "Classes that somebody follows here.", len(feed.watches))
        yield GaugeMetricFamily(
            "glassbox_class_streams",
            "Pages that follow a class.",
            sum(watch.followers for watch in feed.watches.values()),
        )


class Pictures(Collector):
    """What is kept of pictures for all who see the same."""

    def collect(self) -> Iterator[Metric]:
        """How often that helped, and what it costs."""
        yield CounterMetricFamily("glassbox_picture_hits", "Pictures and words that were there already.", KEPT.hits)
        yield CounterMetricFamily("glassbox_picture_misses", "Pictures and words that had to be made.", KEPT.misses)
        yield GaugeMetricFamily("glassbox_picture_bytes", "Memory that pictures and words hold.", KEPT.bytes_held)


registry.register(Connections())
registry.register(Pictures())


async def metrics(request: Request) -> Response:
    """For whoever asks this server itself; behind a proxy it is nobody's business, and such an address is unknown."""
    if any(name in request.headers for name in FORWARDED):
        return Response(status_code=404)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


ROUTES = [Route("/metrics", metrics)]
