const BANDS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

/**
 * @typedef {{label: string, pieces: string[], notes: string[], marked: number[], plain: boolean}} Row
 * @typedef {{label: string, rows: Row[], growing: boolean}} Data
 */

/** @param {Mount<Data>} mount */
export default function ({ data, parentElement }) {
  /** @param {string} tag @param {string} className */
  const element = (tag, className, text = "") => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  };

  /** @param {Row} row */
  const row = ({ label, pieces, notes, marked, plain }) => {
    const chips = element("span", plain ? "chips plain" : "chips");
    pieces.forEach((piece, i) => {
      const chip = element("span", marked.includes(i) ? "chip marked" : "chip", piece);
      chip.style.setProperty("--band", BANDS[i % BANDS.length]);
      if (notes[i]) chip.append(element("small", "", notes[i]));
      chips.append(chip);
    });
    const node = element("div", "row");
    node.append(element("span", "label", label), chips);
    return node;
  };

  const rows = /** @type {Element} */ (parentElement.querySelector(".rows"));
  rows.setAttribute("role", "group");
  rows.setAttribute("aria-label", data.label);
  rows.replaceChildren(...data.rows.map(row));
  rows.classList.toggle("growing", data.growing);
  if (data.growing) rows.scrollTop = rows.scrollHeight; // the newest row is the last
}
