/**
 * @typedef {{label: string, share: number, words: string}} Bar
 * @typedef {{
 *   title: string, chapters: string[], fact: string, chips: string[], strip: number[], bars: Bar[]
 * }} Station
 * @typedef {{title: string, colour: string, stations: Station[], repeats: string}} Line
 * @typedef {Record<string, string>} ByChapter
 * @typedef {{label: string, numbers: ByChapter, titles: ByChapter, lines: Line[]}} Data
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 */
function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** @param {number[]} values */
function strip(values) {
  const cells = element("span", "strip");
  const largest = Math.max(...values.map(Math.abs), 1e-9);
  for (const value of values) {
    const cell = element("i", "");
    cell.style.background = value < 0 ? "#2166ac" : "#d5691a";
    cell.style.opacity = String(0.08 + (0.92 * Math.abs(value)) / largest);
    cells.append(cell);
  }
  return cells;
}

/** @param {Bar} bar */
function bar({ label, share, words }) {
  const row = element("span", "bar");
  const rail = element("span", "length");
  const fill = element("i", "");
  fill.style.width = `${Math.max(100 * share, 1)}%`;
  rail.append(fill);
  row.append(element("b", "chip", label), rail, element("small", "", words));
  return row;
}

/** @param {Mount<Data>} mount */
export default function ({ data, parentElement, setTriggerValue }) {
  /** @param {string} chapter @param {string} className @param {string} text */
  const link = (chapter, className, text) => {
    if (!(chapter in data.numbers)) return element("span", className, text);
    const node = element("a", className, text);
    node.href = chapter + window.location.search;
    node.title = data.titles[chapter];
    node.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window: the browser's own business
      event.preventDefault();
      setTriggerValue("chosen", chapter);
    };
    return node;
  };

  /** @param {Station} stop */
  const station = (stop) => {
    const node = element("li", "station");
    const head = element("span", "head");
    const [first, ...more] = stop.chapters;
    head.append(link(first, "title", stop.title));
    for (const chapter of [first, ...more]) {
      if (chapter in data.numbers) head.append(link(chapter, "number", data.numbers[chapter]));
    }
    node.append(head);
    const row = element("span", "fact", stop.fact);
    row.append(...stop.chips.map((text) => element("b", "chip", text)));
    if (row.hasChildNodes()) node.append(row);
    if (stop.strip.length) node.append(strip(stop.strip));
    node.append(...stop.bars.map(bar));
    return node;
  };

  /** @param {Line} line */
  const line = ({ title, colour, stations, repeats }) => {
    const node = element("section", repeats ? "line repeated" : "line");
    node.style.setProperty("--line", colour);
    const list = element("ol", "stations");
    list.append(...stations.map(station));
    node.append(element("h2", "", title), list);
    if (repeats) node.append(element("p", "repeats", repeats));
    return node;
  };

  const map = /** @type {Element} */ (parentElement.querySelector(".map"));
  map.setAttribute("aria-label", data.label);
  map.replaceChildren(...data.lines.map(line));
}
