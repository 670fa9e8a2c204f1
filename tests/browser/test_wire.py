"""What a first load costs on the wire, and the next: counted by the browser, bytes as they were sent.

`--every-look` counts every chapter.
"""

import base64
import zlib
from collections import Counter

from pages.chapters import CHAPTERS
from tests.browser.steps import TIMEOUT, settle

COLD = 2_200_000  # bytes, of a chapter that is the first to be opened
TABLE = {"learning": 150_000}  # a chapter with a table of Streamlit's own costs its script, too
WARM = 60_000  # all but the websocket, when the browser has been here before
TOLD = 200_000  # over the websocket, for one chapter
SOLID = "PlotlyChart"  # the whole of Plotly, for what is drawn in space


def pytest_generate_tests(metafunc):
    if "chapter" in metafunc.fixturenames:
        every = metafunc.config.getoption("--every-look")
        metafunc.parametrize("chapter", [row.id for row in CHAPTERS] if every else ["start", "heads"])


def count(page) -> Counter[str]:
    """What this page receives from here on, by where from; names of files that came over the wire."""
    wire, names = Counter(), {}
    deflate = zlib.compressobj(6, zlib.DEFLATED, -12)  # as the server does; the browser shows what comes out again
    tool = page.context.new_cdp_session(page)
    tool.send("Network.enable")
    tool.on("Network.responseReceived", lambda said: names.update({said["requestId"]: said["response"]["url"]}))

    def loaded(said) -> None:
        wire["files"] += said["encodedDataLength"]
        wire[names.get(said["requestId"], "").rpartition("/")[2].partition(".")[0]] += said["encodedDataLength"]

    def told(said) -> None:
        frame = said["response"]
        data = base64.b64decode(frame["payloadData"]) if frame["opcode"] == 2 else frame["payloadData"].encode()
        wire["told"] += len(deflate.compress(data)) + len(deflate.flush(zlib.Z_SYNC_FLUSH))

    def agreed(said) -> None:
        headers = {name.lower(): value for name, value in said["response"]["headers"].items()}
        assert "permessage-deflate" in headers["sec-websocket-extensions"]
        wire["compressed"] += 1

    tool.on("Network.loadingFinished", loaded)
    tool.on("Network.webSocketFrameReceived", told)
    tool.on("Network.webSocketHandshakeResponseReceived", agreed)
    return wire


def test_the_first_chapter_is_light_and_the_next_visit_lighter(app_url, browser, chapter):
    with browser.new_context(viewport={"width": 1280, "height": 720}, locale="fr-FR") as context:
        for visit in ("cold", "warm"):
            page = context.new_page()
            wire = count(page)
            page.goto(f"{app_url}/{'' if chapter == 'start' else chapter}")
            page.locator("h1").first.wait_for(timeout=TIMEOUT)
            settle(page)
            most = COLD + TABLE.get(chapter, 0) if visit == "cold" else WARM + TOLD
            assert wire["compressed"] == 1
            assert 0 < wire["told"] <= TOLD
            assert wire["files"] + wire["told"] <= most, wire.most_common(8)
            assert wire["files"] > 1_000_000 if visit == "cold" else wire["files"] < WARM
            assert wire[SOLID] == 0, "nothing is drawn in space here"
            page.close()


def test_before_its_scripts_have_come_the_page_says_that_it_is_loading(app_url, browser):
    with browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.route("**/static/js/index.*", lambda route: route.abort())
        page.goto(f"{app_url}/heads")
        page.get_by_role("status").get_by_text("Glassbox GPT se charge…").wait_for(timeout=TIMEOUT)
        assert page.title() == "Glassbox GPT"
