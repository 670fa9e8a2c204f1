"""A class in real browsers: a wall, members in their own language on their own screens, a server that is restarted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pages.services.classes.codes import read_code
from pages.ui.words import catalogue, lesson
from tests.browser.conftest import ROOT, running
from tests.browser.steps import (
    TIMEOUT,
    expect_address,
    expect_title,
    expect_tokens,
    rewrite,
    settle,
    slider,
    visit,
)

TEXT = "The old king"
FRENCH = catalogue("fr").gettext


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Where the servers of these tests keep their classes and what they say."""
    return tmp_path_factory.mktemp("classes")


class Server:
    """The app with a store of its own, which can be restarted at its address."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.started = ExitStack()
        self.url = self.start(0)

    def start(self, port: int) -> str:
        store = str(self.data / "classes.sqlite3")
        log = self.data / f"log {port}.txt"
        return self.started.enter_context(
            running(ROOT / "app.py", ready="readyz", log=log, port=port, GLASSBOX_CLASS_STORE=store)
        )

    def restart(self) -> None:
        self.started.close()
        self.start(urlsplit(self.url).port or 0)

    def log(self) -> str:
        return "".join(path.read_text("utf-8") for path in self.data.glob("log*.txt"))


@pytest.fixture(scope="module")
def server(data) -> Iterator[Server]:
    server = Server(data)
    yield server
    server.started.close()
    assert "Traceback" not in server.log()
    assert TEXT not in server.log()


@pytest.fixture
def reader(browser, server):
    """`reader("fr-FR")` is the page of one more browser."""
    with ExitStack() as contexts:

        def another(locale: str = "en-GB", **device: object):
            look = {"viewport": {"width": 1280, "height": 720}, "locale": locale, **device}
            page = contexts.enter_context(browser.new_context(**look)).new_page()
            page.on("pageerror", lambda error: pytest.fail(str(error)))
            return page

        yield another


def open_class(page, server: Server) -> str:
    """Open a class on the page of a teacher; returns its code."""
    visit(page, server.url, "heads", lang="en", text=TEXT, layer=1, head=2)
    page.get_by_test_id("stSidebar").get_by_role("button", name="Class", exact=True).click()
    with page.expect_response(lambda answer: answer.url.endswith("/claim")) as claimed:
        page.get_by_role("button", name="Open a class").click()
    assert claimed.value.status == 204
    dialog = page.locator("dialog[open]")
    dialog.locator("img").wait_for(timeout=TIMEOUT)
    code = read_code(dialog.locator("h2").inner_text())
    assert code
    dialog.get_by_role("button", name="Close").click()
    settle(page)
    return code


def connected(*pages) -> None:
    for page in pages:
        page.locator('[data-testid="stApp"][data-test-connection-state="CONNECTED"]').wait_for(timeout=TIMEOUT)
        settle(page)


def test_a_class_joins_by_its_code_follows_and_outlives_the_server(server, reader):
    teacher = reader()
    code = open_class(teacher, server)
    member = reader("fr-FR", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    visit(member, server.url, "start")
    door = member.locator(".st-key-class_door_in_page")
    door.get_by_label(FRENCH("Code of a class:")).fill(code.lower())
    door.get_by_role("button", name=FRENCH("Join")).click()
    expect_title(member, lesson("fr", "heads")["title"])
    expect_address(member, **{"class": code}, text=TEXT, layer="1", head="2", lang="fr")
    teacher.locator(".line", has_text="1 present").wait_for(timeout=TIMEOUT)
    slider(teacher, "head").press("ArrowRight")
    expect_address(member, head="3")
    rewrite(teacher, "one two three")
    teacher.keyboard.press("Control+Enter")
    expect_tokens(member, ["one", "␣two", "␣three"])
    server.restart()
    connected(teacher, member)
    teacher.get_by_test_id("stPageLink-NavLink").last.click()
    expect_title(teacher, lesson("en", "layer_norm")["title"])
    expect_title(member, lesson("fr", "layer_norm")["title"])
    expect_address(member, **{"class": code}, text="one two three")
    member.get_by_role("button", name=FRENCH("Explore on my own")).click()
    settle(member)
    layer = int(slider(teacher, "layer").input_value())
    slider(teacher, "layer").press("ArrowLeft" if layer else "ArrowRight")
    there = str(layer - 1 if layer else 1)
    expect_address(teacher, layer=there)
    expect_address(member, layer=str(layer))
    member.get_by_role("button", name=FRENCH("Back to the class")).click()
    expect_address(member, layer=there)
    teacher.get_by_role("button", name="Close the class").click()
    member.get_by_text(FRENCH("The class is over. What is on screen stays.")).wait_for(timeout=TIMEOUT)
    member.wait_for_function("!location.search.includes('class=')", timeout=TIMEOUT)


@pytest.mark.parametrize("width", [1024, 1280, 1920])
def test_the_bar_of_a_class_is_whole_on_the_wall(server, reader, width):
    teacher = reader(viewport={"width": width, "height": width * 9 // 16})
    code = open_class(teacher, server)
    teacher.get_by_text("Presenter mode").click()
    line = teacher.locator(".st-key-class_bar .line")
    line.get_by_text("0 present").wait_for(timeout=TIMEOUT)
    settle(teacher)
    assert line.inner_text().split("\n") == [f"{code[:3]} {code[3:]}", "0 present"]
    parts = teacher.locator(".st-key-class_bar").locator("h1, input, button, .steps span, .line")
    found = [part.bounding_box() for part in parts.all() if part.is_visible()]
    assert len(found) > 7
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in found)


def test_a_question_reaches_the_members_and_their_votes_the_teacher(server, reader):
    teacher, member = reader(), reader("fr-FR")
    code = open_class(teacher, server)
    visit(member, server.url, "start", **{"class": code})
    expect_title(member, lesson("fr", "heads")["title"])
    teacher.get_by_text("Predict, then reveal").click()
    teacher.get_by_role("button", name="Ask the class").click()
    asked = member.locator(".st-key-class_question")
    asked.get_by_role("radio").first.wait_for(state="attached", timeout=TIMEOUT)
    asked.locator("label:has(input[type=radio])").first.click()
    vote = asked.get_by_role("button", name=FRENCH("Vote"))
    vote.click()
    asked.get_by_text(FRENCH("Your vote is in.")).wait_for(timeout=TIMEOUT)
    teacher.locator(".line", has_text="1 vote").wait_for(timeout=TIMEOUT)
    teacher.get_by_role("button", name="Reveal", exact=True).click()
    asked.locator(".glassbox-chart").wait_for(timeout=TIMEOUT)
    teacher.get_by_role("button", name="Close the class").click()
    member.get_by_text(FRENCH("The class is over. What is on screen stays.")).wait_for(timeout=TIMEOUT)


def test_laptop_phone_and_firefox_follow_and_vote_though_the_server_is_restarted(server, reader, firefox):
    teacher = reader()
    code = open_class(teacher, server)
    phone = reader("fr-FR", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    with firefox.new_context(viewport={"width": 1280, "height": 720}, locale="fr-FR") as context:
        other = context.new_page()
        members = (phone, other)
        for member in members:
            visit(member, server.url, "start", **{"class": code})
            expect_title(member, lesson("fr", "heads")["title"])
            expect_address(member, **{"class": code}, text=TEXT, layer="1", head="2", lang="fr")
        teacher.locator(".line", has_text="2 present").wait_for(timeout=TIMEOUT)
        slider(teacher, "head").press("ArrowRight")
        for member in members:
            expect_address(member, head="3")
        rewrite(teacher, "one two three")
        teacher.keyboard.press("Control+Enter")
        for member in members:
            expect_tokens(member, ["one", "␣two", "␣three"])
        teacher.get_by_text("Predict, then reveal").click()
        teacher.get_by_role("button", name="Ask the class").click()
        for n, member in enumerate(members, start=1):
            asked = member.locator(".st-key-class_question")
            asked.locator("label:has(input[type=radio])").first.click()
            asked.get_by_role("button", name=FRENCH("Vote")).click()
            asked.get_by_text(FRENCH("Your vote is in.")).wait_for(timeout=TIMEOUT)
            teacher.locator(".line", has_text=f"{n} vote").wait_for(timeout=TIMEOUT)
        server.restart()
        connected(teacher, *members)
        teacher.locator(".line", has_text="2 votes").wait_for(timeout=TIMEOUT)
        teacher.get_by_role("button", name="Reveal", exact=True).click()
        for member in members:
            member.locator(".st-key-class_question .glassbox-chart").wait_for(timeout=TIMEOUT)
        teacher.get_by_test_id("stPageLink-NavLink").last.click()
        for member in members:
            expect_title(member, lesson("fr", "layer_norm")["title"])
            expect_address(member, **{"class": code}, text="one two three")
        teacher.get_by_role("button", name="Close the class").click()
        for member in members:
            member.get_by_text(FRENCH("The class is over. What is on screen stays.")).wait_for(timeout=TIMEOUT)
