// What belongs to the page as a whole: its language, and our words when the server is gone.

const STATE = "data-test-connection-state";
const RELOADS = 10_000; // milliseconds: at least so long from one load of the page to the next
const ASKS = 3000;

let times = 0; // each time that the server was gone and came back is another value

/** @param {Mount<{language: string, lost: string, present: boolean}>} mount */
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  document.documentElement.lang = data.language;
  if (!data.present) sessionStorage.removeItem("glassbox wall");
  const notice = /** @type {HTMLElement} */ (parentElement.querySelector(".lost"));
  const app = document.querySelector(`[${STATE}]`);
  const dialogs = new MutationObserver(dismiss);
  const look = () => {
    const lost = app?.getAttribute(STATE) !== "CONNECTED";
    // A server that was restarted knows nothing of this page, and a link to another page would not bring its address.
    if (!lost && !notice.hidden) {
      times += 1;
      setTriggerValue("back", times);
    }
    notice.hidden = !lost;
    const said = lost ? data.lost : "";
    if (notice.textContent !== said) notice.textContent = said; // else it would be read aloud again
    // For whatever is sent first when it is back.
    if (lost) setStateValue("wall", sessionStorage.getItem("glassbox wall") ?? "");
    if (lost) dialogs.observe(document.body, { childList: true, subtree: true });
    else dialogs.disconnect();
    if (app?.getAttribute(STATE) === "DISCONNECTED_FOREVER") revive(app);
  };
  const states = new MutationObserver(look);
  if (app) states.observe(app, { attributeFilter: [STATE] });
  look();
  return () => {
    states.disconnect();
    dialogs.disconnect();
  };
}

let reviving = false;

/** Streamlit gives up where it cannot read a message. Loaded anew, the page is what its address says. @param {Element} app */
async function revive(app) {
  if (reviving) return;
  reviving = true;
  await new Promise((done) => setTimeout(done, RELOADS - performance.now()));
  while (app.getAttribute(STATE) === "DISCONNECTED_FOREVER") {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => undefined);
    if (answer?.ok) location.reload(); // or what can still be read would be lost, too
    await new Promise((done) => setTimeout(done, ASKS));
  }
  reviving = false;
}

// Streamlit's own dialog speaks English and lies over the page, which can still be read. Once closed it does not return.
function dismiss() {
  const close = document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]');
  if (close instanceof HTMLElement) close.click();
}
