// The sidebar where it is a panel over the page: it goes away when a text or a chapter was chosen. Its parts are named in the reader's
// language, for Streamlit names them in English.

/** @typedef {{ names: Record<string, string>, narrow: string, done: string }} Data as panel.py's */

const SIDEBAR = "[data-testid=stSidebar]";
const CLOSE = "[data-testid=stSidebarCollapseButton] button";

let data = /** @type {Data} */ ({ names: {}, narrow: "not all", done: "none" });
/** @type {Element | null} */
let watched = null;

function name() {
  for (const [place, words] of Object.entries(data.names)) {
    for (const part of document.querySelectorAll(place)) part.setAttribute("aria-label", words);
  }
}

// The button that opens the sidebar and the one that closes it are made anew each time.
const opened = new MutationObserver(() => requestAnimationFrame(name));

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
  const sidebar = document.querySelector(SIDEBAR);
  if (!sidebar || sidebar === watched) return;
  opened.disconnect();
  opened.observe(sidebar, { attributes: true, attributeFilter: ["data-collapsed"] });
  watched = sidebar;
}
