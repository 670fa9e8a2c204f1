// What is cut, covered or too small on the page as it stands; `least` is the smallest size of letters, in pixels.
//
// Each text has the four corners of its own box, turned as it is drawn; the box of letters is higher than the letters
// and is taken in by a fifth above and below. Two boxes cover each other where no side of either parts them.
least => {
  const corners = text => {
    const { x, y, width, height } = text.getBBox();
    const at = text.getScreenCTM();
    const [top, bottom] = [y + 0.2 * height, y + 0.8 * height];
    return [[x, top], [x + width, top], [x + width, bottom], [x, bottom]].map(([a, b]) => {
      const { x, y } = new DOMPoint(a, b).matrixTransform(at);
      return [x, y];
    });
  };
  const reach = (corners, [a, b]) => {
    const along = corners.map(([x, y]) => x * a + y * b);
    return [Math.min(...along), Math.max(...along)];
  };
  const covers = (one, other) => [one, other].every(box => [[0, 1], [1, 2]].every(([from, to]) => {
    const side = [box[to][0] - box[from][0], box[to][1] - box[from][1]];
    const length = Math.hypot(...side);
    if (!length) return false;
    const [[a, b], [c, d]] = [reach(one, side), reach(other, side)];
    return Math.min(b, d) - Math.max(a, c) > 1.5 * length;
  }));
  const faded = text => {
    for (let part = text; part && part.tagName !== "svg"; part = part.parentNode)
      if (part.style?.opacity === "0" || part.style?.display === "none") return true;
    return false;
  };
  const found = [];
  for (const chart of document.querySelectorAll(".stMain .glassbox-chart")) {
    if (!chart.checkVisibility()) continue;
    const frame = chart.querySelector(".main-svg")?.getBoundingClientRect();
    if (!frame) continue;
    const words = [...chart.querySelectorAll(".main-svg text")].filter(
      text => text.textContent.trim() && !text.closest(".hoverlayer") && text.checkVisibility({ visibilityProperty: true }) && !faded(text)
    );
    const boxes = words.map(corners);
    const name = text => JSON.stringify(text.textContent);
    const where = chart.closest("[class*=st-key-]")?.className.match(/st-key-(\S+)/)?.[1] ?? "chart";
    const say = what => found.push(`${where}: ${what}`);
    words.forEach((text, i) => {
      const [[left, right], [top, bottom]] = [reach(boxes[i], [1, 0]), reach(boxes[i], [0, 1])];
      if (left < frame.left - 2 || right > frame.right + 2 || top < frame.top - 2 || bottom > frame.bottom + 2)
        say(`${name(text)} is cut`);
      const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b);
      if (size < least - 0.05) say(`${name(text)} has ${size.toFixed(1)} px`);
    });
    for (let i = 0; i < words.length; i++)
      for (let j = i + 1; j < words.length; j++)
        if (covers(boxes[i], boxes[j])) say(`${name(words[i])} covers ${name(words[j])}`);
  }
  for (const formula of document.querySelectorAll(".stMain .katex-display")) {
    if (!formula.checkVisibility()) continue;
    if (formula.scrollWidth > formula.clientWidth + 1 && getComputedStyle(formula).overflowX !== "auto")
      found.push(`formula ${formula.textContent.slice(0, 20)} is cut at its side`);
    const frame = formula.getBoundingClientRect();
    const letters = [...formula.querySelectorAll(".katex-html span")].filter(part => !part.children.length && part.textContent.trim());
    for (const letter of letters) {
      const { top, height } = letter.getBoundingClientRect();
      if (top + 0.3 * height < frame.top || top + 0.7 * height > frame.bottom) {
        found.push(`formula ${formula.textContent.slice(0, 20)} is cut above or below`);
        break;
      }
    }
  }
  for (const row of document.querySelectorAll(".stMain [data-testid=stHorizontalBlock]")) {
    const maps = [...row.children].map(column => column.querySelector(".glassbox-chart .heatmaplayer")?.closest(".glassbox-chart"))
      .filter(chart => chart?.checkVisibility());
    const tops = maps.map(chart => chart.querySelector(".nsewdrag")?.getBoundingClientRect().top);
    const side = maps.map(chart => chart.getBoundingClientRect().left);
    if (new Set(side.map(Math.round)).size > 1 && Math.max(...tops) - Math.min(...tops) > 4)
      found.push(`maps side by side begin at ${tops.map(Math.round).join(", ")}`);
  }
  for (const row of document.querySelectorAll(".stMain .stButtonGroup *"))
    if (row.checkVisibility() && row.clientWidth > 20 && row.scrollWidth > row.clientWidth + 1 && innerWidth > 640)
      found.push(`choices ${row.textContent} are cut`); // on a phone they are moved by a finger
  const main = document.querySelector(".stMain");
  if (main.scrollWidth > main.clientWidth) found.push(`the page is ${main.scrollWidth - main.clientWidth} px too wide`);
  return found;
}
