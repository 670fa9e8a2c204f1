"""What readers do and see in the app, in terms of a page: visit, type, choose, look."""

import time
from urllib.parse import quote

TIMEOUT = 90_000
DRAWN = ".glassbox-chart [data-draws]"
PLACES = ("layer", "head", "token", "key")


def visit(page, url: str, chapter: str, **address: object) -> None:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in address.items())
    place = "" if chapter == "start" else chapter  # the first page is the address itself
    page.goto(f"{url}/{place}?{query}")
    settle(page)


FAR = """ms => {
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  const add = WebSocket.prototype.addEventListener;
  const later = hear => function (event) { setTimeout(() => hear.call(this, event), ms); };
  WebSocket.prototype.addEventListener = function (kind, hear, ...rest) {
    return add.call(this, kind, kind === "message" ? later(hear) : hear, ...rest);
  };
  Object.defineProperty(WebSocket.prototype, "onmessage", { ...own, set(hear) { own.set.call(this, later(hear)); } });
}"""


def far(page, ms: int) -> None:
    """Before a visit: what the server says arrives so much later, as on a slow network."""
    page.add_init_script(f"({FAR})({ms})")


# The page is drawn, and has been for a moment: what the server sent last may stand in it a little later than it says.
RESTS = """asked => {
  const rests = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
    && [...document.querySelectorAll('.glassbox-chart .plot')].every(plot => plot.dataset.draws);
  const now = performance.now();
  if (!rests || window.resting?.asked !== asked) window.resting = { asked, since: now };
  return rests && now - window.resting.since >= 150;
}"""


def settle(page) -> None:
    """Wait until the page is drawn and the server rests."""
    page.locator("h1").first.wait_for(timeout=TIMEOUT)
    page.wait_for_function(RESTS, arg=time.monotonic_ns() // 1000, timeout=TIMEOUT)


def box(page):
    return page.locator(".st-key-text textarea")


def rewrite(page, text: str) -> None:
    """Type another text into the box, key by key: Firefox does not tell the page of what is filled in at once."""
    box(page).press("ControlOrMeta+a")
    page.keyboard.type(text)


def chips(page):
    """The tokens of the ribbon; it lives in a shadow root, which locators look into."""
    return page.locator(".ribbon .chip")


def tokens(page) -> list[str]:
    return chips(page).all_text_contents()


def expect_tokens(page, wanted: list[str]) -> None:
    until = time.monotonic() + TIMEOUT / 1000
    while tokens(page) != wanted and time.monotonic() < until:
        page.wait_for_timeout(100)
    settle(page)
    assert tokens(page) == wanted


def expect_title(page, words: str) -> None:
    page.locator("h1", has_text=words).wait_for(timeout=TIMEOUT)
    settle(page)


def slider(page, name: str):
    return page.locator(f".st-key-{name}").get_by_role("slider")


def expect_slider(page, name: str, value: str) -> None:
    page.wait_for_function(
        "([name, value]) => document.querySelector(`.st-key-${name} input`)?.value === value",
        arg=[name, value],
        timeout=TIMEOUT,
    )


def expect_address(page, **parts: str) -> None:
    page.wait_for_function(
        "parts => { const now = new URLSearchParams(location.search);"
        " return Object.entries(parts).every(([name, value]) => now.get(name) === value); }",
        arg=parts,
        timeout=TIMEOUT,
    )


def chosen(page) -> dict[str, str]:
    """Every choice as the widgets show it."""
    for name in PLACES:
        slider(page, name).wait_for(state="attached", timeout=TIMEOUT)
    return {
        "text": box(page).input_value(),
        "model": page.locator(".st-key-model input").input_value(),
        "lang": page.locator(".st-key-lang [aria-checked=true]").inner_text(),
        **{name: slider(page, name).input_value() for name in PLACES},
    }
