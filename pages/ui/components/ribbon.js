const BANDS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

const SMALL = "(max-width: 768px)"; // here a text is read from its beginning, not from the token that is chosen

/** @type {Record<string, number | undefined>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** @type {string | undefined} */
let shown; // the chapter that was drawn last; Streamlit would leave the next one scrolled to where this one was

/** @type {ResizeObserver | undefined} */
let watch;

/**
 * Make the ribbon as high as whole rows are, and show the first ones; of a longer text those that end with the row of
 * the chosen token.
 * @param {HTMLElement} ribbon
 * @param {HTMLElement[]} chips
 * @param {HTMLElement | undefined} chosen
 */
function fit(ribbon, chips, chosen) {
  ribbon.style.maxHeight = "";
  const tops = [...new Set(chips.map((chip) => chip.offsetTop))];
  if (tops.length < 2 || !chosen) return;
  const row = tops[1] - tops[0];
  const edge = tops[0] - ribbon.offsetTop;
  const n = Math.max(1, Math.floor((parseFloat(getComputedStyle(ribbon).maxHeight) - 2 * edge) / row + 0.1));
  const first = Math.max(0, tops.indexOf(chosen.offsetTop) - n + 1);
  const last = Math.min(first + n, tops.length) - 1;
  ribbon.style.maxHeight = `${tops[last] - tops[first] + chosen.offsetHeight + 2 * edge}px`;
  ribbon.scrollTop = tops[first] - tops[0];
}

/**
 * @typedef {{
 *   chapter: string, pieces: string[], ids: number[], token: number, key: number, label: string,
 *   unmet: number[], mark: string,
 * }} Data
 * @param {Mount<Data>} mount
 */
export default function ({ data, parentElement, setTriggerValue }) {
  if (shown !== undefined && shown !== data.chapter) document.querySelector(".stMain")?.scrollTo(0, 0);
  shown = data.chapter;
  const ribbon = /** @type {HTMLElement} */ (parentElement.querySelector(".ribbon"));
  ribbon.setAttribute("role", "listbox"); // not before it has a name
  ribbon.setAttribute("aria-label", data.label);
  const chips = data.pieces.map((piece, i) => {
    const chip = document.createElement("span");
    chip.className = i === data.key && i !== data.token ? "chip key" : "chip";
    chip.style.setProperty("--band", BANDS[i % BANDS.length]);
    chip.id = `token${i}`;
    chip.setAttribute("role", "option");
    chip.setAttribute("aria-selected", String(i === data.token));
    chip.title = `${i}: ${data.ids[i]}`;
    chip.textContent = piece;
    if (data.unmet.includes(i)) {
      chip.classList.add("unmet");
      chip.title += ` · ${data.mark}`;
      chip.setAttribute("aria-label", `${piece}, ${data.mark}`);
    }
    chip.onclick = () => setTriggerValue("chosen", i);
    return chip;
  });
  const text = [data.chapter, ...data.pieces].join("\n");
  const begins = matchMedia(SMALL).matches && ribbon.dataset.text !== text;
  ribbon.dataset.text = text;
  ribbon.replaceChildren(...chips);
  ribbon.setAttribute("aria-activedescendant", `token${data.token}`);
  const chosen = chips[data.token];
  ribbon.classList.toggle("line", parseFloat(getComputedStyle(document.documentElement).fontSize) > 20); // presenter mode
  const inSight = begins ? chips[0] : chosen;
  const show = () => {
    fit(ribbon, chips, inSight);
    if (chosen) ribbon.scrollLeft = chosen.offsetLeft - ribbon.offsetLeft - ribbon.clientWidth / 2; // one line
  };
  show();
  let width = ribbon.clientWidth;
  watch?.disconnect();
  watch = new ResizeObserver(() => {
    if (ribbon.clientWidth === width) return;
    width = ribbon.clientWidth;
    requestAnimationFrame(show); // other rows, or another part of the line: a step that fits the wall is drawn smaller
  });
  watch.observe(ribbon);
  ribbon.onkeydown = (event) => {
    const step = STEPS[event.key];
    const next = data.token + (step ?? 0);
    if (step && next >= 0 && next < chips.length) {
      event.preventDefault();
      setTriggerValue("chosen", next);
    }
  };
}
