// A Plotly figure that stays the same node over reruns, wears the page's theme and tells what was clicked.

/**
 * @typedef {{
 *   alt: string, height: number | null, least: number | null, clickable: boolean, language: string, flat: string, whole: string, filename: string
 * }} Options what chart.py says besides the figure
 * @typedef {{x: number | string, y: number | string, trace: number, customdata: unknown}} Click as chart.py's Click
 * @typedef {HTMLElement & {chart?: Chart}} Box
 * @typedef {ReturnType<typeof readLook>} Look
 * @typedef {{
 *   png: string, svg: string, zoom: string, reset: string, loading: string, failed: string, keys: string, back: string,
 *   separators: string,
 *   colon?: string, percent?: string, dictionary: Record<string, string>
 * }} Words
 */

/** @type {Record<string, Words>} */
const WORDS = {
  en: {
    png: "Download as PNG",
    svg: "Download as SVG",
    zoom: "Zoom",
    reset: "Reset the view",
    loading: "The chart is loading …",
    failed: "This chart cannot be drawn: the drawing library did not load. Please reload the page.",
    keys: "Arrow keys go through the values; Enter goes to the tools.",
    back: "Back to the lesson (Escape)",
    separators: ".,",
    dictionary: {},
  },
  fr: {
    png: "Télécharger en PNG",
    svg: "Télécharger en SVG",
    zoom: "Zoom",
    reset: "Rétablir la vue",
    loading: "Le graphique se charge…",
    failed: "Ce graphique ne peut pas être dessiné : la bibliothèque de dessin n’a pas été chargée. Rechargez la page.",
    keys: "Les flèches parcourent les valeurs\u202f; Entrée mène aux outils.",
    back: "Revenir à la leçon (Échap)",
    separators: ",\u202f",
    colon: "\u202f: ",
    percent: "\u202f%",
    dictionary: {
      "Double-click to zoom back out": "Double-cliquez pour revenir en arrière",
      "Click to enter axis title": "",
    },
  },
};

const SVG_ICON = {
  width: 24,
  height: 24,
  path: "M5 20h14v-2H5v2zM19 9h-4V3H9v6H5l7 7 7-7z",
};
const LABEL_SIZE = 0.8; // of the page’s own text: 14.4 px where that is 18 px
const TITLE_SIZE = 1.2; // of the labels
const GROWTH = 0.5; // how much of the text's growth a chart's height follows
const ROOT_SIZE = 18;
const TALLEST = 0.58; // of the window, where the text is large: title and tokens stand above
const TIGHTEST = 0.7; // of the height that names and numbers of bars would like to have
const SMALLEST_NUMBER = 12; // pixels, at the end of a bar
const SMALLEST_IN_CELL = 14; // or as the labels, where those are smaller still
const FEWEST_LETTERS = 3; // of a word that is cut to fit its cell
const LABEL_COMES = 60; // milliseconds: Plotly makes at most one label in 50
const SAVED_SCALE = 2; // pixels of a saved picture for one of the screen, at least
const PROJECTOR = 1920; // pixels that a saved picture is wide, at least
const TOOLS = 20; // pixels above the plot: the tool bar must not lie on what the pointer is led to
const BACK = 48; // pixels above a chart that fills the screen: the button that leads back must not lie on it
const STEPPING = ["PageDown", "PageUp", "Home"]; // a clicker's keys
const FINGERTIP = 20; // pixels at least of a cell on a small screen; the chart scrolls to what has no room
const MOST_COLUMNS = 64; // for a finger: where there are more, as in a vector, it is rows that are chosen
const MOST_FOR_THE_EYE = 40; // where no cell can be chosen
const WIDEST = 2000; // pixels of cells: a telephone has no memory for larger pictures
const FINGER = matchMedia("(pointer: coarse), (hover: none)");
const NARROW = 640; // pixels of the window: Streamlit sets columns one below the other, too
const SIDEWAYS = 4; // pixels by which a finger has moved when it is known where it is going

/** @type {Record<string, [down: number, right: number] | undefined>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Texts that Plotly makes of numbers alone; in the hover label they are the bold ones.
const NUMBERS = ".bartext, .xtick text, .ytick text, .cbaxis text, .hovertext tspan[style*=bold]";

/** @type {Map<string, Promise<Plotly.Library>>} */
const libraries = new Map(); // one load of each for all charts of the page

/** @param {string} file as seen from Streamlit's own scripts: a component is a blob and has no address itself */
function load(file) {
  const script = [...document.scripts].find((one) => one.src.includes("/static/js/"));
  const library =
    libraries.get(file) ??
    import(new URL(file, script?.src).href).then(() => {
      if (!window.Plotly) throw new Error("no Plotly");
      return window.Plotly;
    });
  libraries.set(file, library);
  return library;
}

/** @param {Plotly.Figure} figure @param {Options} options */
function libraryOf({ data }, { flat, whole }) {
  return isSolid(data) ? load(whole) : load(flat).catch(() => load(whole)); // the larger one draws everything
}

/** @param {Mount<string | Uint8Array>} mount */
export default function ({ data, parentElement, setTriggerValue }) {
  const box = /** @type {Box} */ (parentElement.querySelector(".glassbox-chart"));
  box.chart ??= new Chart(box);
  const { chart } = box;
  chart.send = (click) => setTriggerValue("click", click);
  chart.update(data instanceof Uint8Array ? new TextDecoder().decode(data) : data);
  return () => requestAnimationFrame(() => box.isConnected || chart.remove());
}

class Chart {
  text = "";
  drawn = "";
  listening = false;
  words = WORDS.en;
  /** @type {Partial<Pick<Plotly.Layout, "xaxis" | "yaxis" | "scene">>} */ home = {}; // the view before any zoom
  options = /** @type {Options} */ ({});
  /** @type {(click: Click) => void} */ send = () => {};
  /** @type {Plotly.Config | undefined} */ config;
  /** @type {Plotly.Library | undefined} */ library; // that has drawn it
  /** @type {[row: number, column: number | null] | null | undefined} */ cell;
  /** @type {number | undefined} */ place; // of the value that the keys point at, among all
  /** @type {Plotly.Point | undefined} */ pointed;
  /** @type {(() => void) | undefined} */ unfill; // while it fills the screen

  /** @param {Box} box */
  constructor(box) {
    this.box = box;
    this.plot = /** @type {Plotly.Plot} */ (box.querySelector(".plot"));
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(box);
    this.watch.observe(/** @type {Element} */ (box.querySelector(".rem")));
    this.said = /** @type {HTMLElement} */ (box.querySelector(".said"));
    this.plot.addEventListener("keydown", (event) => this.press(event));
    const unpoint = () => {
      this.pointed = undefined;
    };
    this.plot.addEventListener("pointermove", unpoint);
    this.plot.addEventListener("blur", unpoint);
    this.fit = () => this.redraw();
    document.addEventListener("glassbox:fit", this.fit);
    this.plot.addEventListener("glassbox:fill", () => this.fill());
    this.leaveFingersToThePage();
  }

  // Plotly would zoom with a finger that only wants to go on down the page. It hears nothing of them: the browser makes
  // a click of a tap. A picture in space is still turned by a finger that moves sideways.
  leaveFingersToThePage() {
    /** @type {[x: number, y: number]} */
    let start = [0, 0];
    let turns = false;
    /** @param {TouchEvent} event */
    const touch = (event) => {
      const { clientX: x, clientY: y } = event.changedTouches[0];
      if (event.type === "touchstart") [start, turns] = [[x, y], false];
      const [across, down] = [Math.abs(x - start[0]), Math.abs(y - start[1])];
      if (event.type === "touchmove") turns ||= across > SIDEWAYS && across > down;
      if (!isSolid(this.plot.data) || (event.type === "touchmove" && !turns)) event.stopPropagation();
    };
    for (const name of /** @type {const} */ (["touchstart", "touchmove", "touchend"])) {
      this.plot.addEventListener(name, touch, { capture: true, passive: true });
    }
  }

  // Alone on the screen, in the browser's top layer: nothing of the page covers or cuts it there, and it stays the same
  // node. Escape leads back to where the focus was; a clicker's keys lead back and then do what they always do.
  fill() {
    if (this.unfill) return;
    const before = document.activeElement;
    const button = document.createElement("button");
    button.className = "unfill";
    button.type = "button";
    button.textContent = "✕";
    button.title = this.words.back;
    button.setAttribute("aria-label", this.words.back);
    button.onclick = () => this.unfill?.();
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopImmediatePropagation(); // or it would leave presenter mode as well
      } else if (!STEPPING.includes(event.key)) return;
      this.unfill?.();
    };
    this.unfill = () => {
      this.unfill = undefined;
      removeEventListener("keydown", press, true);
      button.remove();
      this.box.removeAttribute("popover");
      this.box.classList.remove("filled");
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      this.redraw();
    };
    addEventListener("keydown", press, true);
    this.box.classList.add("filled");
    this.box.prepend(button);
    this.box.setAttribute("popover", "manual");
    this.box.showPopover();
    this.redraw();
  }

  remove() {
    this.unfill?.();
    this.watch.disconnect();
    document.removeEventListener("glassbox:fit", this.fit);
    this.library?.purge(this.plot);
    delete this.box.chart;
  }

  /** @param {string} text */
  update(text) {
    if (text !== this.text) {
      this.text = text;
      /** @type {Options & {figure: Plotly.Figure}} */
      const { figure, ...options } = JSON.parse(text);
      this.options = options;
      this.cell = figure.layout.meta?.selected;
      this.plot.dataset.least = String(options.least ?? figure.layout.meta?.least ?? 0); // of the screen's height, in presenter mode
      const words = WORDS[options.language] ?? WORDS.en;
      if (words !== this.words) this.config = undefined;
      this.words = words;
      this.plot.dataset.loading = words.loading; // chart.css shows it until something is drawn
      this.plot.setAttribute("role", "figure"); // not "img": that would hide the tools
      this.plot.setAttribute("aria-description", this.words.keys);
      this.plot.setAttribute("aria-label", options.alt);
      this.plot.tabIndex = 0;
      this.box.classList.toggle("clickable", options.clickable);
    }
    this.redraw();
  }

  async redraw() {
    if (!this.text || !this.box.clientWidth) return;
    const look = readLook(this.box);
    const whole = this.unfill ? this.box.clientHeight - BACK : 0; // the screen's height, where it fills it
    const drawn = JSON.stringify([look, this.box.clientWidth, whole, this.text]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    /** @type {{figure: Plotly.Figure}} */
    const { figure } = JSON.parse(this.text);
    const grown = (this.options.height || figure.layout.height || 420) * (1 + GROWTH * (look.rem / ROOT_SIZE - 1));
    const named = Math.max(grown, heightOfNames(figure, look));
    const room = look.room || Math.min(named, Math.max(TALLEST * innerHeight, 300)); // a step that fills the screen
    const usual = look.rem > ROOT_SIZE ? Math.max(room, TIGHTEST * heightOfNames(figure, look)) : grown;
    const height = whole || usual;
    const width = Math.max(this.box.clientWidth, figure.layout.meta?.narrowest ?? 0); // a phone scrolls to the rest
    dress(figure, look, width, height, this.words);
    this.home = structuredClone({ xaxis: figure.layout.xaxis, yaxis: figure.layout.yaxis, scene: figure.layout.scene });
    this.plot.style.height = `${figure.layout.height}px`;
    try {
      const Plotly = await libraryOf(figure, this.options);
      if (drawn !== this.drawn) return;
      this.drawWith(Plotly);
      this.config ??= this.makeConfig(Plotly, figure); // once: a new one makes Plotly start afresh, without the zoom
      await Plotly.react(this.plot, figure.data, figure.layout, this.config);
      this.listen();
      this.afterDrawing();
      this.plot.dataset.draws = String(Number(this.plot.dataset.draws || 0) + 1);
    } catch (error) {
      console.warn(error);
      if (!this.plot.classList.contains("js-plotly-plot")) {
        this.plot.textContent = this.words.failed;
        this.plot.classList.add("sorry");
      }
    }
  }

  // A picture in space after a flat one, or the other way round: each library clears away what is its own.
  /** @param {Plotly.Library} Plotly */
  drawWith(Plotly) {
    if (this.library && this.library !== Plotly) {
      this.library.purge(this.plot);
      this.listening = false;
      this.config = undefined;
    }
    this.library = Plotly;
  }

  /** @param {Plotly.Library} Plotly @param {Plotly.Figure} figure @returns {Plotly.Config} */
  makeConfig(Plotly, figure) {
    const solid = isSolid(figure.data);
    const words = this.words;
    /** @param {"png" | "svg"} format */
    const save = (format) => ({
      name: format,
      title: words[format],
      icon: format === "svg" ? SVG_ICON : Plotly.Icons.camera,
      click: () => this.save(Plotly, format),
    });
    const drag = { name: "zoom", title: words.zoom, icon: Plotly.Icons.zoombox, attr: "dragmode", val: "zoom" };
    /** @type {Plotly.Button[]} */
    const buttons = [
      save("png"),
      save("svg"),
      { ...drag, click: (plot) => Plotly.relayout(plot, { dragmode: "zoom" }) },
      { name: "reset", title: words.reset, icon: Plotly.Icons.home, click: (plot) => this.reset(Plotly, plot) },
    ];
    return {
      displayModeBar: FINGER.matches ? false : "hover",
      displaylogo: false,
      showSendToCloud: false,
      modeBarButtons: [solid ? buttons.filter((button) => button.name !== "zoom") : buttons],
      locale: "page",
      locales: { page: { dictionary: words.dictionary, format: {} } },
      responsive: false,
    };
  }

  // Plotly draws a saved picture afresh: the page behind it and what afterDrawing did to the texts are not in it yet.
  /** @param {Plotly.Library} Plotly @param {"png" | "svg"} format */
  async save(Plotly, format) {
    const { data, layout } = this.plot;
    const { width, height } = layout;
    const figure = { data, layout: { ...layout, paper_bgcolor: readLook(this.box).paper } };
    const drawn = await Plotly.toImage(figure, { format: "svg", width, height, imageDataOnly: true });
    const picture = new DOMParser().parseFromString(drawn, "image/svg+xml");
    this.mendNumbers(picture);
    const labels = picture.querySelectorAll(".heatmap-label");
    this.plot.querySelectorAll(".heatmap-label").forEach((label, i) => {
      const [shown, text] = [label.querySelector("text"), labels[i]?.querySelector("text")];
      if (shown && text) text.style.fill = shown.style.fill;
    });
    const names = picture.querySelectorAll(".scatterlayer .textpoint text");
    this.plot.querySelectorAll(".scatterlayer .textpoint text").forEach((name, i) => {
      if (name.getAttribute("visibility")) names[i]?.setAttribute("visibility", "hidden");
    });
    const svg = new XMLSerializer().serializeToString(picture);
    const link = document.createElement("a");
    link.download = `${this.options.filename}.${format}`;
    link.href = format === "svg" ? addressOf(svg) : await inPixels(svg, width, height);
    link.click();
  }

  /** @param {Plotly.Library} Plotly @param {Plotly.Plot} plot */
  reset(Plotly, plot) {
    /** @type {Record<string, unknown>} */
    const change = { "scene.camera": this.home.scene?.camera };
    for (const name of /** @type {const} */ (["xaxis", "yaxis"])) {
      const { range, autorange = true } = this.home[name] ?? {};
      change[range ? `${name}.range` : `${name}.autorange`] = range ?? autorange;
    }
    if (!plot._fullLayout.scene) delete change["scene.camera"];
    Plotly.relayout(plot, change);
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.plot.on("plotly_click", ({ points: [point] }) => this.choose(point));
    this.plot.on("plotly_afterplot", () => this.afterDrawing());
    this.plot.on("plotly_hover", () => this.mendNumbers());
  }

  /** @param {Plotly.Point} point */
  choose({ x, y, curveNumber, pointNumber, data, customdata }) {
    if (!this.options.clickable) return;
    if (Array.isArray(pointNumber)) this.cell = pointNumber;
    this.send({ x, y, trace: curveNumber, customdata: customdata ?? data.meta ?? null });
  }

  afterDrawing() {
    for (const picture of this.plot.querySelectorAll(".main-svg")) picture.setAttribute("aria-hidden", "true"); // `alt` says it
    for (const tool of this.tools()) tool.tabIndex = -1; // one Tab stop a chart
    this.mendNumbers();
    this.contrastCells();
    this.partNames();
  }

  // A point's name that would stand on that of an earlier point, or on a title, is left to the pointer.
  partNames() {
    const taken = [...this.plot.querySelectorAll(".xtitle, .ytitle")].map((title) => title.getBoundingClientRect());
    for (const text of this.plot.querySelectorAll(".scatterlayer .textpoint text")) {
      text.removeAttribute("visibility");
      const box = text.getBoundingClientRect();
      const [top, bottom] = [box.top + 0.2 * box.height, box.bottom - 0.2 * box.height];
      const covered = taken.some((one) => one.left < box.right && box.left < one.right && one.top < bottom && top < one.bottom);
      if (covered) text.setAttribute("visibility", "hidden");
      else taken.push(box);
    }
  }

  // Plotly's own dark grey cannot be read on the middle colours of a scale: black or white, whichever stands out more.
  contrastCells() {
    const trace = this.plot.data.find(hasWrittenCells);
    if (!trace) return;
    for (const label of this.plot.querySelectorAll(".heatmap-label")) {
      const text = label.querySelector("text");
      // A masked cell has no z, nor a colour of the scale.
      const { z = NaN } = /** @type {Element & {__data__: {z?: number}}} */ (label).__data__;
      if (text?.textContent && Number.isFinite(z)) text.style.fill = luminance(colourOf(z, trace)) > 0.18 ? "#000" : "#fff";
    }
  }

  // On axes Plotly writes a minus, elsewhere a hyphen and a sign even before 0. It knows the decimal signs of other
  // languages, but not the space before their percent signs and prefixes. A tick with a text of its own is no number.
  /** @param {ParentNode} picture */
  mendNumbers(picture = this.plot) {
    const { data } = this.plot;
    let numbers = NUMBERS;
    if (!data.some((trace) => trace.type === "heatmap" && trace.text)) numbers += ", .heatmap-label text";
    if (data.some((trace) => trace.type === "scatter" && trace.texttemplate)) numbers += ", .textpoint text";
    const { xaxis, yaxis } = this.plot.layout;
    for (const text of picture.querySelectorAll(numbers)) {
      if ((text.closest(".xtick") && xaxis?.ticktext) || (text.closest(".ytick") && yaxis?.ticktext)) continue;
      const said = text.textContent ?? "";
      let mended = said;
      if (!text.closest(".xtick, .ytick")) mended = said.replace(/^-(?=\d)/, "−").replace(/^[+−](?=0([.,]0*)?%?$)/, "");
      if (this.words.percent && /^[+−\d\s.,]+%$/.test(mended)) mended = mended.replace("%", this.words.percent);
      if (this.words.percent) mended = mended.replace(/(?<=\d)[kM]$/, "\u202f$&");
      if (mended !== said) text.textContent = mended;
    }
  }

  tools() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.plot.querySelectorAll("button.modebar-btn"))];
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const tools = this.tools();
    const at = tools.indexOf(/** @type {HTMLElement} */ (event.target));
    const step = STEPS[event.key];
    if (at >= 0) {
      const next = event.key === "Escape" ? this.plot : step && tools[(at + step[0] + step[1] + tools.length) % tools.length];
      if (next) event.preventDefault();
      next?.focus();
    } else if (step) this.walk(step, event);
    else if (event.key === "Enter" && this.pointed && this.options.clickable) this.choose(this.pointed);
    else if (event.key === "Enter") {
      event.preventDefault(); // or the tool would be pressed too
      tools[0]?.focus();
    }
  }

  // Show the label of a value as if it were pointed at, and say it. Plotly tells nobody of a label asked for like this.
  /** @param {{curveNumber: number, pointNumber: number | number[]}} place */
  point(place) {
    this.library?.Fx.hover(this.plot, [place]);
    setTimeout(() => {
      this.mendNumbers();
      this.pointed = this.plot._hoverdata?.[0];
      const lines = this.plot.querySelectorAll(".hovertext text.nums .line, .hovertext text.nums:not(:has(.line))");
      this.said.textContent = [...lines].map((line) => line.textContent).join(" ");
    }, LABEL_COMES);
  }

  // On a heatmap an arrow chooses the next cell; in other charts it points at the next value, which Enter chooses.
  /** @param {[down: number, right: number]} step @param {KeyboardEvent} event */
  walk(step, event) {
    const trace = this.plot.data?.findIndex((one) => one.type === "heatmap") ?? -1;
    const cells = this.plot.data?.[trace];
    if (cells?.type !== "heatmap") {
      const places = this.places();
      if (!places.length) return;
      event.preventDefault();
      this.place = Math.min(Math.max((this.place ?? -1) + step[0] + step[1], 0), places.length - 1);
      this.point(places[this.place]);
      return;
    }
    event.preventDefault();
    const { meta, x0 = 0, dx = 1, y0 = 0, dy = 1 } = cells;
    /** @param {number} value @param {string[]} texts */
    const within = (value, texts) => Math.min(Math.max(value, 0), texts.length - 1);
    const [row, column] = this.cell ?? [0, 0];
    const [r, c] = [within(row + step[0], meta.rows), within((column ?? 0) + step[1], meta.columns)];
    this.cell = [r, c];
    this.said.textContent = sayCell(cells, r, c, this.options.language);
    if (this.options.clickable) this.send({ x: x0 + dx * c, y: y0 + dy * r, trace, customdata: cells.customdata[r][c] });
  }

  places() {
    return (this.plot.calcdata ?? []).flatMap((points, curveNumber) => {
      const { type, hoverinfo } = this.plot._fullData[curveNumber];
      const silent = hoverinfo === "skip" || !["bar", "scatter"].includes(type);
      return silent ? [] : points.map((_point, pointNumber) => ({ curveNumber, pointNumber }));
    });
  }
}

// What the pointer would be told of a cell: its row, its column, its number in the format of the label, its own text.
/** @param {Plotly.Heatmap} trace @param {number} r @param {number} c @param {string} language */
function sayCell({ customdata, hovertemplate = "", hovertemplatefallback = "" }, r, c, language) {
  const [row, column, value, text = ""] = customdata[r][c];
  const [, sign, digits, kind] = /\[2\]:(\+?),?\.(\d+)~?([f%e])/.exec(hovertemplate) ?? [];
  const places = Number(digits);
  /** @type {Intl.NumberFormatOptions} */
  const format = {
    style: kind === "%" ? "percent" : "decimal",
    notation: kind === "e" ? "scientific" : "standard",
    signDisplay: sign ? "exceptZero" : "auto",
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  };
  if (!digits) return plain(`${row} → ${column} ${text}`); // a picture whose cells have no number
  const number = value === undefined ? hovertemplatefallback : new Intl.NumberFormat(language, format).format(value);
  return plain(`${row} → ${column} ${text} ${number}`).replace("  ", " ");
}

/** @param {Element} box */
function readLook(box) {
  const style = getComputedStyle(box);
  const page = getComputedStyle(document.documentElement);
  const rem = parseFloat(page.fontSize);
  /** @param {string} name @param {string} otherwise */
  const read = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  return {
    rem,
    room: parseFloat(page.getPropertyValue("--chart-height")) || 0,
    size: LABEL_SIZE * rem,
    family: read("font", "sans-serif"),
    text: read("text-color", "#222"),
    paper: read("background-color", "#fff"),
    panel: read("secondary-background-color", "#eee"),
    line: read("border-color", "#ccc"),
    finger: FINGER.matches,
    small: FINGER.matches || innerWidth <= NARROW,
    clickable: box.classList.contains("clickable"),
  };
}

/** @param {Plotly.Figure} figure @param {Look} look @param {number} width @param {number} height @param {Words} words */
function dress(figure, look, width, height, words) {
  const { data, layout } = figure;
  const font = { family: look.family, size: look.size, color: look.text };
  const axis = { gridcolor: look.line, zerolinecolor: look.line, linecolor: look.line, tickfont: font, ticklabelstandoff: 3, ticklabeloverflow: "allow" };
  if (layout.uniformtext?.minsize) layout.uniformtext.minsize = Math.max(layout.uniformtext.minsize, look.size); // what has no room is left out
  const scene = { gridcolor: look.line, zerolinecolor: look.line, tickfont: font, backgroundcolor: "rgba(0,0,0,0)", color: look.text };
  layout.template = {
    layout: {
      ...layout.template?.layout,
      font,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: layout.meta?.masked ? look.line : "rgba(0,0,0,0)",
      separators: words.separators,
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: scene, yaxis: scene, zaxis: scene },
      hoverlabel: { bgcolor: look.panel, bordercolor: look.line, font, align: "left", namelength: -1 },
      modebar: { bgcolor: look.panel, color: look.text, activecolor: look.text },
    },
    data: { heatmap: [{ colorbar: { tickfont: font, tickcolor: look.line } }] },
  };
  for (const trace of data) {
    if (trace.type === "heatmap") nameCells(trace);
    if (words.colon) trace.hovertemplate = trace.hovertemplate?.replace("}: ", `}${words.colon}`);
    if (trace.type !== "heatmap") continue;
    if (trace.meta.colorscale_on_dark && isDark(look.paper)) trace.colorscale = trace.meta.colorscale_on_dark;
  }
  if (look.finger && !isSolid(data)) layout.dragmode = false;
  Object.assign(layout, { width, height, autosize: false });
  fit(figure, look, width, height);
}

/** @param {Plotly.Trace[] | undefined} data */
function isSolid(data) {
  return Boolean(data?.some((trace) => trace.type === "scatter3d"));
}

/** @param {string} svg */
function addressOf(svg) {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** @param {string} svg @param {number} width @param {number} height */
async function inPixels(svg, width, height) {
  const image = new Image();
  image.src = addressOf(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.max(SAVED_SCALE, PROJECTOR / width);
  [canvas.width, canvas.height] = [Math.ceil(scale * width), Math.ceil(scale * height)];
  brushOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

/** @param {string} colour */
function channels(colour) {
  ruler.fillStyle = colour; // the canvas reads any way of writing a colour and gives #rrggbb
  const hex = String(ruler.fillStyle);
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** @param {string} colour */
function isDark(colour) {
  const [red, green, blue] = channels(colour);
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
}

// As WCAG has it: above 0.18 black stands out more than white does.
/** @param {number[]} colour */
function luminance(colour) {
  const [red, green, blue] = colour.map((c) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// The colour of a value on a heatmap's scale, whose stops are evenly apart.
/** @param {number} value @param {Plotly.Heatmap} trace */
function colourOf(value, { colorscale, zmin, zmax }) {
  const place = Math.min(Math.max((value - zmin) / (zmax - zmin || 1), 0), 1) * (colorscale.length - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)].map((stop) => channels(colorscale[stop][1]));
  return low.map((c, i) => c + (high[i] - c) * (place % 1));
}

// Rows and columns come once, not T² times. A masked cell is a NaN: it gets no number, so Plotly falls back on a word.
/** @param {Plotly.Heatmap} trace */
function nameCells(trace) {
  const { rows, columns, logarithmic } = trace.meta;
  const z = trace.z.dtype === "f4" ? unpack(trace.z) : []; // the mosaic's zeros say nothing
  /** @param {number} value */
  const number = (value) => (Number.isNaN(value) ? undefined : logarithmic ? 10 ** value : value);
  /** @param {number} r @param {number} c @returns {Plotly.Cell} */
  const cell = (r, c) => [rows[r], columns[c], number(z[r * columns.length + c]), trace.text?.[r][c]];
  trace.customdata = rows.map((_row, r) => columns.map((_column, c) => cell(r, c)));
  trace.hovertemplate = `%{customdata[0]} → %{customdata[1]}<br>${trace.hovertemplate}`;
}

/** @type {Record<Plotly.Packed["dtype"], new (bytes: ArrayBuffer) => ArrayLike<number> & Iterable<number>>} */
const ARRAYS = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
};

/** @param {Plotly.Packed} packed */
function unpack({ dtype, bdata }) {
  return new ARRAYS[dtype](Uint8Array.from(atob(bdata), (char) => char.charCodeAt(0)).buffer);
}

// Pixels for the names of bars that lie one below the other, for the numbers at their ends, and for what stands around.
/** @param {Plotly.Figure} figure @param {Look} look */
function heightOfNames({ data, layout }, look) {
  const lying = data.filter((trace) => trace.type === "bar" && trace.orientation === "h");
  const high = layout.barmode === "relative" ? Math.min(lying.length, 1) : lying.length;
  return high ? (1.1 * high * (layout.yaxis.ticktext?.length ?? 0) + 6) * look.size : 0;
}

const ruler = brushOf(document.createElement("canvas"));

/** @param {HTMLCanvasElement} canvas */
function brushOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** @param {string[]} texts @param {Look} look */
function widest(texts, look, weight = 600) {
  ruler.font = `${weight} ${look.size}px ${look.family}`;
  const lines = texts.flatMap((text) => String(text).split("<br>")).map(plain);
  return Math.max(0, ...lines.map((text) => ruler.measureText(text).width));
}

/** @param {string} text */
function plain(text) {
  return text.replace(/<[^>]*>/g, "").replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code));
}

// Margins wide enough for the longest label, and no more labels than there is room for: Plotly would cut or pile them.
/** @param {Plotly.Figure} figure @param {Look} look @param {number} width @param {number} height */
function fit({ data, layout }, look, width, height) {
  const { xaxis: x, yaxis: y } = layout;
  const tools = look.finger ? 0 : TOOLS;
  if (isSolid(data)) {
    layout.margin = { l: 0, r: 0, t: tools, b: 0 };
    return;
  }
  const line = 1.35 * look.size;
  /** @param {Plotly.Axis} axis */
  const title = (axis) => (axis.title?.text ? (0.3 + 1.2 * axis.title.text.split("<br>").length) * line : 0.3 * line);
  const bar = data.find((trace) => trace.colorbar && trace.showscale !== false);
  const margin = { pad: 0, autoexpand: false, l: 0, b: 0, t: Math.max(0.6 * line, tools), r: 1.2 * line };
  if (bar) margin.r = 14 + 4.8 * look.size;
  if (bar?.colorbar?.title?.text) {
    bar.colorbar.title.text = inTwoLines(bar.colorbar.title.text, look, (look.small ? 0.3 : 0.7) * height);
    margin.r += (0.3 + 1.2 * bar.colorbar.title.text.split("<br>").length) * line;
  }
  if (y.title?.text) y.title.text = inTwoLines(y.title.text, look, look.small ? Math.min(0.8 * height, 0.6 * width) : 0.8 * height);
  const numbers = (y.exponentformat === "power" && y.type !== "log" ? 4.8 : 3.4) * look.size; // 2×10⁻⁴
  if (hasNames(y)) y.ticktext = y.ticktext.map((name) => inTwoLines(name, look, 0.4 * width - 0.6 * look.size));
  const tall = hasNames(y) ? widest(y.ticktext, look) + 0.6 * look.size : y.visible === false ? 0 : numbers;
  margin.l = Math.min(tall, 0.4 * width) + title(y);
  if (hasNames(y) && tall > 0.4 * width) y.tickfont = { ...y.tickfont, size: Math.max((look.size * 0.4 * width) / tall, SMALLEST_NUMBER) };
  if (x.title?.text) x.title.text = inTwoLines(x.title.text, look, width - Math.abs(margin.l - margin.r));
  let depth = line;
  const need = needed(data, layout, look);
  const { aspect } = need;
  const counted = x.ticktext?.every((text) => /^\d+$/.test(plain(text))); // 0 1 2 …: rather fewer of them than turned
  if (hasNames(x)) {
    const most = aspect ? (height - margin.t - line - title(x)) * aspect : Infinity;
    const plotWidth = Math.min(width - margin.l - margin.r, most);
    const long = widest(x.ticktext, look);
    const pitch = (plotWidth * smallestStep(x)) / span(x);
    x.tickangle = counted || long + 0.5 * look.size < pitch ? 0 : pitch > 2.2 * look.size ? -45 : -90;
    const overhang = { 0: 0.5, "-45": 0.71, "-90": 0 }[x.tickangle] * widest(x.ticktext.slice(0, 1), look);
    const before = (Math.abs(x.tickvals[0] - x.range[0]) * plotWidth) / span(x);
    margin.l = Math.max(margin.l, overhang - before + 0.3 * look.size);
    depth = { 0: line, "-45": 0.71 * long + line, "-90": long + 0.6 * look.size }[x.tickangle];
  } else {
    x.tickangle = 0;
    if (x.type === "log" && x.range) x.dtick = Math.ceil((4 * look.size * span(x)) / (width - margin.l - margin.r));
  }
  margin.b = Math.min(depth, 0.45 * height) + title(x);
  width = Math.max(width, margin.l + margin.r + need.width);
  if (layout.showlegend) margin.t += 1.6 * line * legendRows(data, look, width - margin.l - margin.r);
  height = Math.max(height, margin.t + margin.b + need.height);
  if (aspect) {
    const [wide, high] = [width - margin.l - margin.r, height - margin.t - margin.b];
    const extra = Math.max(0, wide - high * aspect) / 2;
    margin.l += extra;
    margin.r += extra;
    const stiff = look.small || data.some((trace) => trace.type === "image"); // Plotly keeps a picture's pixels square
    const tallest = stiff ? 1 : 1.4; // times its width a cell is high: where it need not scroll, rather so than tiny
    height -= Math.max(0, high - (tallest * wide) / aspect);
  }
  Object.assign(layout, { width, height });
  if (y.type === "log" && typeof y.dtick === "number" && y.dtick >= 1) {
    const labels = Math.max(Math.floor((height - margin.t - margin.b) / (1.6 * look.size)), 1);
    y.dtick = Math.max(y.dtick, Math.ceil(decades(data.map((trace) => trace.y)) / labels));
  }
  if (hasNames(x)) {
    const room = counted ? widest(x.ticktext, look) + 0.7 * look.size : 1.05 * look.size;
    thin(x, (width - margin.l - margin.r) / span(x) || 1, room);
  }
  if (hasNames(y)) thin(y, (height - margin.t - margin.b) / span(y), 1.05 * look.size);
  /** @type {[name: string, axis: Plotly.Axis][]} */
  const parts = Object.entries(layout).filter(([name, axis]) => /^[xy]axis/.test(name) && axis);
  for (const [name, axis] of parts) {
    if (axis.title) axis.title.standoff = 0.4 * look.size;
    if (look.small && name.startsWith("x")) fewerTicks(axis, look, width - margin.l - margin.r);
  }
  shrinkTitle(x.title, look, margin.l, width - margin.r, width);
  shrinkTitle(y.title, look, margin.t, height - margin.b, height);
  shrinkTitle(bar?.colorbar?.title, look, margin.t, height - margin.b, height);
  layout.margin = margin;
  if (look.small && layout.showlegend) layout.legend = { ...layout.legend, x: (title(y) - margin.l) / (width - margin.l - margin.r) };
  makeRoomForNumbers(data, x, look, width - margin.l - margin.r);
  fitNumbers(data, layout, look, width - margin.l - margin.r, height - margin.t - margin.b);
  fitCells(data, layout, look, width - margin.l - margin.r, height - margin.t - margin.b);
  if (layout.meta?.boxes) {
    const wide = (width - margin.l - margin.r) / span(x);
    const high = (height - margin.t - margin.b) / span(y);
    fillBoxes(layout, look, layout.meta.boxes.width * wide - 8, layout.meta.boxes.height * high - 8);
  }
}

// What a small screen needs, in pixels of the plot: cells for a fingertip, a line for each number at the end of a bar;
// and how much wider than high the plot is, if its cells are to be squares. Where there is no room, the chart scrolls.
/** @param {Plotly.Trace[]} data @param {Plotly.Layout} layout @param {Look} look */
function needed(data, { xaxis, yaxis, bargap = 0.2, meta }, look) {
  const aspect = meta?.aspect;
  if (!look.small) return { width: 0, height: 0, aspect };
  const bars = data.filter(isNumberedBar).filter((bar) => bar.orientation === "h");
  const lines = Math.max(bars.length, ...(hasNames(yaxis) ? yaxis.ticktext.map((name) => name.split("<br>").length) : []));
  if (bars.length && lines > 1) return { width: 0, height: (1.15 * look.size * lines * span(yaxis)) / (1 - bargap), aspect };
  const cells = data.find((trace) => trace.type === "heatmap");
  if (cells?.type !== "heatmap" || !(look.clickable || (aspect && cells.meta.columns.length <= MOST_FOR_THE_EYE))) return { width: 0, height: 0, aspect };
  const columns = span(xaxis) / Math.abs(cells.dx ?? 1);
  const rows = span(yaxis) / Math.abs(cells.dy ?? 1);
  const height = Math.min(FINGERTIP * rows, WIDEST);
  if (!aspect && columns > MOST_COLUMNS) return { width: 0, height, aspect };
  const full = cells.meta.columns.length === columns && cells.meta.rows.length === rows;
  return { width: Math.min(FINGERTIP * columns, WIDEST), height, aspect: aspect ?? (full ? columns / rows : null) };
}

// Plotly counts on letters of a smaller size, and turns them into the title where it has too many.
/** @param {Plotly.Axis} axis @param {Look} look @param {number} width */
function fewerTicks(axis, look, width) {
  const [from, to] = axis.domain ?? [0, 1];
  if (axis.type === "log" && !axis.range) delete axis.dtick;
  if (axis.tickvals && !axis.ticktext) {
    const step = Math.ceil((axis.tickvals.length * 4 * look.size) / ((to - from) * width));
    axis.tickvals = axis.tickvals.filter((_tick, i) => i % step === 0);
  }
  if (axis.tickvals || axis.dtick) return;
  axis.tickangle = 0;
  axis.nticks = Math.min(axis.nticks || Infinity, Math.max(Math.floor(((to - from) * width) / (3 * look.size)), 2));
}

// Words that are longer than there is room for are set in two lines.
/** @param {string} text @param {Look} look @param {number} room */
function inTwoLines(text, look, room) {
  if (text.includes("<") || widest([text], look) <= room) return text;
  const spaces = [...text.matchAll(/ /g)].map((space) => space.index);
  const middle = text.length / 2;
  const [at] = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  return at ? `${text.slice(0, at)}<br>${text.slice(at + 1)}` : text;
}

// A title stands at the middle of its axis: where it would run over the edge of the chart, its letters are smaller.
/** @param {Plotly.Title | undefined} title @param {Look} look @param {number} from @param {number} to @param {number} edge */
function shrinkTitle(title, look, from, to, edge) {
  if (!title?.text) return;
  const size = TITLE_SIZE * look.size;
  const room = Math.min(from + to, 2 * edge - from - to) - 4; // Firefox's letters reach a little beyond their measure
  title.font = { ...title.font, size: Math.max(size * Math.min(1, room / widest([title.text], { ...look, size })), SMALLEST_NUMBER) };
}

// Numbers at the ends of lying bars need room within the axis, or they stand on the names of the bars.
/** @param {Plotly.Trace[]} data @param {Plotly.Axis} axis @param {Look} look @param {number} width */
function makeRoomForNumbers(data, axis, look, width) {
  const bars = data.filter(isNumberedBar).filter((bar) => bar.orientation === "h");
  if (!bars.length || !axis.range || axis.type === "log") return;
  const [from, to] = axis.range;
  /** @type {(side: (value: number) => boolean) => [far: number, wide: number]} */
  const end = (side) => {
    const ends = bars.flatMap((bar) => [...("dtype" in bar.x ? unpack(bar.x) : [])].filter(side).map((x) => [x, written(bar, x)]));
    const texts = /** @type {string[]} */ (ends.map(([, text]) => text));
    return [Math.max(0, ...ends.map(([x]) => Math.abs(Number(x)))), texts.length ? widest(texts, look, 400) + 0.6 * look.size : 0];
  };
  const [[low, left], [high, right]] = [end((x) => x < 0), end((x) => x > 0)];
  const room = width - left - right;
  if (room < 0.2 * width || !(low + high)) return;
  axis.range = [Math.min(from, (-left * (low + high)) / room - low), Math.max(to, (right * (low + high)) / room + high)];
}

// About what Plotly will write at the end of a bar.
/** @param {Plotly.Bar} bar @param {number} value */
function written({ texttemplate = "" }, value) {
  const [, digits, kind] = /\.(\d+)~?([fp%])/.exec(texttemplate) ?? [];
  return kind === "%" ? `${(100 * value).toFixed(Number(digits))} %` : value.toFixed(kind === "f" ? Number(digits) : 2);
}

// Numbers at the ends of bars that would run into one another are turned or smaller; where they would be too small, left out.
/** @param {Plotly.Trace[]} data @param {Plotly.Layout} layout @param {Look} look @param {number} width @param {number} height */
function fitNumbers(data, layout, look, width, height) {
  const numbered = data.filter(isNumberedBar);
  for (const trace of numbered) {
    const lying = trace.orientation === "h";
    const pitch = lying ? height / span(layout.yaxis) : width / span(layout.xaxis);
    const apart = (pitch * (numbered.length > 1 ? 1 - (layout.bargap ?? 0.2) : 1)) / numbered.length;
    const size = Math.min(look.size, apart / 0.8);
    if (size < SMALLEST_NUMBER) delete trace.texttemplate;
    else trace.textfont = { ...trace.textfont, size };
    if (!lying && apart < 3 * look.size) trace.textangle = -90;
  }
}

// What stands in the cells of a heatmap is as large as its labels. Where there is no room, words are cut and numbers
// left out: the pointer still tells them.
/** @param {Plotly.Trace[]} data @param {Plotly.Layout} layout @param {Look} look @param {number} width @param {number} height */
function fitCells(data, { xaxis, yaxis }, look, width, height) {
  for (const trace of data.filter(hasWrittenCells)) {
    const [wide, high] = [width / span(xaxis) - 3, height / span(yaxis) / 1.3];
    const least = Math.min(SMALLEST_IN_CELL, look.size);
    const digits = Number(/\.(\d+)f/.exec(trace.texttemplate ?? "")?.[1]);
    const long = trace.text ? 0 : widest([...unpack(trace.z)].map((value) => value.toFixed(digits).replace("-", "−")), look, 400);
    const size = Math.min(look.size, high, long ? (look.size * wide) / long : Infinity);
    if (size < least) delete trace.texttemplate;
    else trace.textfont = { ...trace.textfont, size };
    trace.text = trace.text?.map((row) => row.map((word) => cut(word, wide, { ...look, size })));
  }
}

/** @param {string} word @param {number} room @param {Look} look */
function cut(word, room, look) {
  if (widest([word], look, 400) <= room) return word;
  const letters = [...plain(word)];
  while (letters.length && widest([`${letters.join("")}…`], look, 400) > room) letters.pop();
  return letters.length < FEWEST_LETTERS ? "" : `${letters.join("")}…`.replace(/[&<>$#%]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

// All words in the boxes of a diagram in one size: that of all labels, or smaller where a box has no room for it.
/** @param {Plotly.Layout} layout @param {Look} look @param {number} width @param {number} height */
function fillBoxes({ annotations = [], meta }, look, width, height) {
  const inside = annotations.filter((one) => one.name === meta?.boxes?.name);
  const lines = Math.max(...inside.map((one) => one.text.split("<br>").length));
  const size = look.size * Math.min(1, width / widest(inside.map((one) => one.text), look), height / (1.3 * look.size * lines));
  for (const one of inside) one.font = { ...one.font, size };
}

// A horizontal legend that is too long is set in columns as wide as its longest name.
/** @param {Plotly.Trace[]} data @param {Look} look @param {number} room */
function legendRows(data, look, room) {
  const names = data.flatMap(({ name, showlegend }) => (name && showlegend !== false ? [name] : []));
  /** @param {string} name */
  const entry = (name) => widest([name], look, 400) + 45;
  if (names.reduce((sum, name) => sum + entry(name), 0) <= room) return 1;
  return Math.ceil(names.length / Math.max(1, Math.floor(room / Math.max(...names.map(entry)))));
}

/** @param {Plotly.Axis} axis @returns {axis is Plotly.NamedAxis} */
function hasNames(axis) {
  return Boolean(axis.ticktext);
}

/** @param {Plotly.Trace} trace @returns {trace is Plotly.Bar} */
function isNumberedBar(trace) {
  if (trace.type !== "bar" || trace.xaxis || trace.yaxis) return false;
  return Boolean(trace.texttemplate) && trace.textposition !== "inside";
}

/** @param {Plotly.Trace} trace @returns {trace is Plotly.Heatmap} */
function hasWrittenCells(trace) {
  return trace.type === "heatmap" && Boolean(trace.texttemplate);
}

/** @param {Plotly.Axis} axis */
function span(axis) {
  const [from, to] = /** @type {[number, number]} */ (axis.range); // asked only of axes that Python gave one
  return Math.abs(to - from);
}

/** @param {(Plotly.Packed | number[] | undefined)[]} series */
function decades(series) {
  const numbers = series.flatMap((one = []) => [...("bdata" in one ? unpack(one) : one)]);
  const logs = numbers.filter((value) => value > 0).map(Math.log10);
  return Math.max(...logs) - Math.min(...logs);
}

/** @param {Plotly.NamedAxis} axis */
function smallestStep(axis) {
  const places = axis.tickvals;
  return places.length > 1 ? Math.min(...places.slice(1).map((place, i) => place - places[i])) : 1;
}

/** @param {Plotly.NamedAxis} axis @param {number} pixels @param {number} room */
function thin(axis, pixels, room) {
  let last = -Infinity;
  const bold = axis.tickvals[axis.ticktext.findIndex((text) => text.startsWith("<b>"))];
  /** @param {number} a @param {number} b */
  const near = (a, b) => Math.abs(a - b) * pixels < room;
  const kept = axis.tickvals.map((place) => {
    if (place !== bold && (near(place, last) || (bold !== undefined && near(place, bold)))) return false;
    last = place;
    return true;
  });
  axis.tickvals = axis.tickvals.filter((_, i) => kept[i]);
  axis.ticktext = axis.ticktext.filter((_, i) => kept[i]);
}
