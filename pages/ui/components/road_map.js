function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function strip(values) {
  const cells = element("span", "strip");
  const largest = Math.max(...values.map(Math.abs), 1e-9);
  for (const value of values) {
    const cell = element("i", "");
    cell.style.background = value < 0 ? "#2166ac" : "#d5691a";
    cell.style.opacity = 0.08 + (0.92 * Math.abs(value)) / largest;
    cells.append(cell);
  }
  return cells;
}

function bar({ label, share, words }) {
  const row = element("span", "bar");
  const rail = element("span", "length");
  const fill = element("i", "");
  fill.style.width = `${Math.max(100 * share, 1)}%`;
  rail.append(fill);
  row.append(element("b", "chip", label), rail, element("small", "", words));
  return row;
}

export default function ({ data, parentElement, setTriggerValue }) {
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

  const line = ({ title, colour, stations, repeats }) => {
    const node = element("section", repeats ? "line repeated" : "line");
    node.style.setProperty("--line", colour);
    const list = element("ol", "stations");
    list.append(...stations.map(station));
    node.append(element("h3", "", title), list);
    if (repeats) node.append(element("p", "repeats", repeats));
    return node;
  };

  const map = parentElement.querySelector(".map");
  map.setAttribute("aria-label", data.label);
  map.replaceChildren(...data.lines.map(line));
}
