// The sidebar where it is a panel over the page: it goes away when a text or a chapter was chosen. What Streamlit names in English
// is named in the reader's language, here and on the whole page.

/** @typedef {{ names: Record<string, string>, narrow: string, done: string }} Data as panel.py's */

const APP = "[data-testid=stApp]";
const SOON = 100; // milliseconds
const CLOSE = "[data-testid=stSidebarCollapseButton] button";

let data = /** @type {Data} */ ({ names: {}, narrow: "not all", done: "none" });
let waiting = 0;
/** @type {Element | null} */
let watched = null;

function name() {
  waiting = 0;
  for (const [place, words] of Object.entries(data.names)) {
    for (const part of document.querySelectorAll(place)) {
      const named = (part.getAttribute("aria-label") ?? "").split(" ").slice(1).join(" ");
      part.setAttribute("aria-label", words.replace("{name}", named));
    }
  }
}

// Its parts are made anew all the time: when the sidebar opens, when a chapter draws another experiment.
const made = new MutationObserver(() => {
  if (!waiting) waiting = setTimeout(name, SOON);
});

/** @param {MouseEvent} event */
function leave(event) {
  const place = /** @type {Element} */ (event.target);
  if (!matchMedia(data.narrow).matches || !place.closest(data.done)) return;
  setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector(CLOSE))?.click()); // after what was clicked
}

/** @param {Mount<Data>} mount */
export default function (mount) {
  data = mount.data;
  name();
  document.addEventListener("click", leave, true); // once: it is the same function each time
  const app = document.querySelector(APP);
  if (!app || app === watched) return;
  made.disconnect();
  made.observe(document.body, { childList: true, subtree: true }); // lists lie beside the app
  watched = app;
}
