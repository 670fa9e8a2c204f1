// What belongs to the page as a whole: its language, and our words when the server is gone.

const STATE = "data-test-connection-state";

let times = 0; // each time that the server was gone and came back is another value

/** @param {Mount<{language: string, lost: string}>} mount */
export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.language;
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
    if (lost) dialogs.observe(document.body, { childList: true, subtree: true });
    else dialogs.disconnect();
  };
  const states = new MutationObserver(look);
  if (app) states.observe(app, { attributeFilter: [STATE] });
  look();
  return () => {
    states.disconnect();
    dialogs.disconnect();
  };
}

// Streamlit's own dialog speaks English and lies over the page, which can still be read. Once closed it does not return.
function dismiss() {
  const close = document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]');
  if (close instanceof HTMLElement) close.click();
}
