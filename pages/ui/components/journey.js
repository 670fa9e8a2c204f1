// One token's journey through the model, on a canvas: every colour is a number of the trace, by its place there.

/**
 * @typedef {{
 *   kind: string, caption: string, chapter: string, places: string[], block: number, within: boolean
 * }} Scene
 * @typedef {[name: string, p: number, percent: string]} Guess
 * @typedef {{
 *   tokens: string[], ids: number[], position: number, layer: number, head: number, heads: number, depth: number,
 *   within: number[], looks: {keys: number[], weights: number[]}[], percents: string[][], guesses: Guess[][],
 *   next: Guess[], words: Guess[], scenes: Scene[], strips: [place: string, shape: number[], unit: number, largest: string][],
 *   lengths: string[], labels: Record<string, string>, titles: Record<string, string>, continues: boolean
 * }} Header
 * @typedef {{place: string, shape: number[], unit: number, largest: string, shades: Int8Array, drawn?: Drawn}} Strip
 * @typedef {{canvas: HTMLCanvasElement, columns: number, rows: number, theme: string}} Drawn
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 * @typedef {Box & {place: string, columns: number, rows: number}} Target
 * @typedef {HTMLElement & {stage?: Stage}} Holder
 */

const COLUMNS = 256; // cells in a row of a strip; a longer vector takes more rows
const SECONDS = { tokens: 1.6, ids: 1.6, lookup: 2, position: 2.2, query: 3, values: 3, vocabulary: 2.6, joined: 2.2 };
const USUAL = 1.7; // seconds of any other scene
const PASSING = 0.8;
const HOLD = 0.45; // of a scene's time nothing moves any more: it is read
const SPEEDS = [0.5, 1, 2, 4];
const NEAR = 9; // pixels from an arc that still mean it
const SMALLEST_ARC = 0.01; // a lesser weight is not drawn
const RATIO = 2; // device pixels for one of the page, at most: more would be slow

/** @param {Mount<Uint8Array>} mount */
export default function ({ data, parentElement, setTriggerValue }) {
  const holder = /** @type {Holder} */ (parentElement.querySelector(".journey"));
  holder.stage ??= new Stage(holder);
  const { stage } = holder;
  stage.send = setTriggerValue;
  stage.take(data);
  return () => requestAnimationFrame(() => holder.isConnected || stage.remove());
}

/** @param {Uint8Array} bytes @returns {{header: Header, strips: Map<string, Strip>}} */
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  /** @type {Header} */
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const strips = new Map();
  let from = 4 + length;
  for (const [place, shape, unit, largest] of header.strips) {
    const n = shape.reduce((a, b) => a * b, 1);
    strips.set(place, { place, shape, unit, largest, shades: new Int8Array(bytes.buffer, bytes.byteOffset + from, n) });
    from += n;
  }
  return { header, strips };
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** A caption of Python's: Markdown with nothing but bold tokens and signs behind a backslash. @param {string} text */
function rich(text) {
  const nodes = [];
  let bold = false;
  for (const part of text.split(/(?<!\\)(?:\\\\)*\*\*/)) {
    const plain = part.replace(/\\([!-/:-@[-`{-~])/g, "$1");
    if (plain) nodes.push(bold ? element("b", "", plain) : document.createTextNode(plain));
    bold = !bold;
  }
  return nodes;
}

/** @param {number} t from 0 to 1; slow at both ends */
const eased = (t) => (t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2);

/** The part of a scene's time from `a` to `b`, as 0 to 1. @param {number} t @param {number} a @param {number} b */
const part = (t, a, b) => eased(Math.min(Math.max((t - a) / (b - a), 0), 1));

/** @param {number} a @param {number} b @param {number} t */
const mix = (a, b, t) => a + (b - a) * t;

/** @param {Box} a @param {Box} b @param {number} t @returns {Box} */
const between = (a, b, t) => ({ x: mix(a.x, b.x, t), y: mix(a.y, b.y, t), w: mix(a.w, b.w, t), h: mix(a.h, b.h, t) });

/** Three numbers of a colour such as rgb(1, 2, 3) or #010203. @param {string} colour @returns {number[]} */
function channels(colour) {
  const numbers = colour.match(/[\d.]+/g) ?? [];
  if (!colour.startsWith("#")) return numbers.slice(0, 3).map(Number);
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

class Stage {
  /** @type {Header | undefined} */ header;
  /** @type {Map<string, Strip>} */ strips = new Map();
  /** @type {Scene[]} */ scenes = [];
  /** @type {Target[]} */ targets = [];
  /** @type {{block: number, key: number}[]} */ bows = []; // the arcs that are drawn, of one head
  /** @type {(name: string, value: unknown) => void} */ send = () => {};
  /** @type {Uint8Array | undefined} */ data;
  at = -1; // the scene that is shown; -1 is the stage at rest
  time = 1; // how far that scene is, from 0 to 1
  playing = false;
  speed = 1;
  everywhere = false;
  allHeads = false;
  frame = 0;
  last = 0;
  frames = 0; // drawn so far
  theme = "";
  chips = /** @type {Box[]} */ ([]);

  /** @param {Holder} holder */
  constructor(holder) {
    this.holder = holder;
    this.canvas = element("canvas", "picture");
    this.canvas.setAttribute("role", "img");
    this.caption = element("p", "caption");
    this.caption.setAttribute("aria-live", "polite");
    this.controls = element("div", "controls");
    this.log = element("details", "log");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    holder.replaceChildren(this.canvas, this.caption, this.controls, this.log);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(holder);
    holder.onkeydown = (event) => this.press(event);
    this.hear = (/** @type {Event} */ event) => this.taken(/** @type {CustomEvent<string>} */ (event).detail) && event.preventDefault();
    document.addEventListener("glassbox:step", this.hear);
    this.canvas.onclick = (event) => this.click(event);
    this.canvas.onpointermove = (event) => {
      this.canvas.style.cursor = this.hit(event) ? "pointer" : "default";
    };
  }

  remove() {
    this.watch.disconnect();
    document.removeEventListener("glassbox:step", this.hear);
    cancelAnimationFrame(this.frame);
    delete this.holder.stage;
  }

  /** Another text, model or language begins at rest; other layers and heads stay at the scene. @param {Uint8Array} data */
  take(data) {
    if (this.data && same(this.data, data)) return this.draw();
    const before = this.header;
    this.data = data;
    const { header, strips } = unpack(data);
    this.header = header;
    this.strips = strips;
    const another = !before || before.ids.join() !== header.ids.join() || before.depth !== header.depth;
    const goesOn = another && before && this.rounds && header.ids.length === before.ids.length + 1;
    const shown = this.scenes[this.at];
    this.choose();
    if (goesOn) this.begin(this.scenes.findIndex((scene) => scene.kind === "lookup"), true);
    else if (another || header.position !== before?.position) this.rest();
    else this.at = Math.max(this.scenes.findIndex((scene) => scene.kind === shown?.kind && scene.block === shown.block), -1);
    this.rounds = false;
    this.furnish();
    this.draw();
  }

  rounds = false; // whether the next text is this one with the token that has just joined

  /** Which scenes are shown: a block from within where the reader asked for it, in passing elsewhere. */
  choose() {
    const { scenes, layer, within } = /** @type {Header} */ (this.header);
    this.scenes = scenes.filter(({ block, within: inner }) => {
      const opened = within.includes(block) && (this.everywhere || block === layer);
      return block < 0 || inner === opened;
    });
  }

  rest() {
    this.pause();
    this.at = -1;
    this.time = 1;
    this.say();
  }

  /** @param {number} at @param {boolean} playing */
  begin(at, playing) {
    this.at = Math.min(Math.max(at, 0), this.scenes.length - 1);
    this.time = this.still.matches || !playing ? 1 : 0;
    this.playing = playing;
    this.say();
    this.tick();
  }

  pause() {
    this.playing = false;
    this.say();
  }

  tick() {
    cancelAnimationFrame(this.frame);
    this.last = performance.now();
    const step = (/** @type {number} */ now) => {
      const passed = Math.min((now - this.last) / 1000, 0.1);
      this.last = now;
      this.forward(passed * this.speed);
      this.draw();
      if (this.playing || this.time < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  /** @param {number} seconds */
  forward(seconds) {
    const scene = this.scenes[this.at];
    if (!scene) return;
    this.time += seconds / duration(scene);
    if (this.time < 1) return;
    if (this.playing && this.at < this.scenes.length - 1) {
      this.at += 1;
      this.time = this.still.matches ? 1e-6 : 0;
      this.say();
    } else {
      this.time = 1;
      if (this.playing) this.pause();
    }
  }

  /** One scene on or back; on a clicker each press shows the next one moving, back shows the one before at its end. */
  /** @param {number} by */
  step(by) {
    this.playing = false;
    const at = this.at + by;
    if (at < 0) {
      this.rest();
      return this.draw();
    }
    if (at >= this.scenes.length) return;
    this.at = at;
    this.time = by > 0 && !this.still.matches ? 0 : 1;
    this.say();
    this.tick();
  }

  /** A clicker's key, in presenter mode: whether there is a scene for it. @param {string} way */
  taken(way) {
    if (!this.holder.isConnected || !this.header) return false;
    const by = { on: 1, back: -1 }[way];
    if (!by || (by > 0 ? this.at >= this.scenes.length - 1 : this.at < 0)) return false;
    this.step(by);
    return true;
  }

  toggle() {
    if (this.playing) return this.pause();
    const ended = this.at >= this.scenes.length - 1;
    if (this.at < 0 || ended) return this.begin(0, true);
    this.begin(this.time < 1 ? this.at : this.at + 1, true);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const inField = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLElement && event.target.tagName === "SUMMARY";
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (by && !inField) this.step(by);
    else if (event.key === " " && !inField && !onButton) this.toggle();
    else if (event.key === "Home" && !inField) {
      this.rest();
      this.draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The words and controls around the picture.

  furnish() {
    const { labels, continues } = /** @type {Header} */ (this.header);
    this.canvas.tabIndex = 0;
    /** @param {string} name @param {string} sign @param {() => void} act */
    const button = (name, sign, act) => {
      const node = element("button", name, sign);
      node.type = "button";
      node.title = labels[name] ?? "";
      node.setAttribute("aria-label", labels[name] ?? "");
      node.onclick = act;
      return node;
    };
    this.follow = button("follow", `▶ ${labels.follow}`, () => this.toggle());
    const back = button("back", "◀", () => this.step(-1));
    const on = button("on", "▶❘", () => this.step(1));
    const first = button("first", "❘◀", () => {
      this.rest();
      this.draw();
    });
    this.bar = element("input", "bar");
    this.bar.type = "range";
    this.bar.min = "-1";
    this.bar.setAttribute("aria-label", labels.place ?? "");
    this.bar.oninput = () => {
      this.playing = false;
      this.at = Number(this.bar?.value);
      this.time = 1;
      this.say();
      this.draw();
    };
    const speed = element("select", "speed");
    speed.setAttribute("aria-label", labels.speed ?? "");
    speed.append(...SPEEDS.map((one) => new Option(`${one}×`, String(one), false, one === this.speed)));
    speed.onchange = () => {
      this.speed = Number(speed.value);
    };
    /** @param {"everywhere" | "allHeads"} name @param {string} text */
    const box = (name, text) => {
      const label = element("label", "box");
      const input = element("input", "");
      input.type = "checkbox";
      input.checked = this[name];
      input.onchange = () => {
        this[name] = input.checked;
        const shown = this.scenes[this.at];
        this.choose();
        const there = this.scenes.findIndex((scene) => scene.block === shown?.block);
        if (shown && !this.scenes.includes(shown)) this.at = there;
        else if (shown) this.at = this.scenes.indexOf(shown);
        this.furnish();
        this.draw();
      };
      label.append(input, text);
      return label;
    };
    this.more = button("next_round", labels.next_round ?? "", () => {
      this.rounds = true;
      this.send("round", "on");
    });
    this.more.hidden = !continues;
    const many = /** @type {Header} */ (this.header).within.length > 1;
    this.controls.replaceChildren(
      this.follow, back, on, first, this.bar, speed,
      ...(many ? [box("everywhere", labels.everywhere ?? "")] : []), box("allHeads", labels.all_heads ?? ""), this.more,
    );
    const list = element("ol", "");
    for (const [at, scene] of this.scenes.entries()) {
      const line = element("li", "");
      line.append(...rich(scene.caption), " ", this.link(scene.chapter));
      line.dataset.at = String(at);
      list.append(line);
    }
    this.log.replaceChildren(element("summary", "", labels.in_words), list);
    this.canvas.setAttribute("aria-label", labels.stage ?? "");
    this.say();
  }

  /** @param {string} chapter */
  link(chapter) {
    const { titles } = /** @type {Header} */ (this.header);
    const node = element("a", "chapter", titles[chapter] ?? "");
    node.href = chapter + window.location.search;
    node.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window: the browser's own business
      event.preventDefault();
      this.send("chapter", chapter);
    };
    return node;
  }

  /** The sentence below the picture, and controls that fit. */
  say() {
    const { labels } = /** @type {Header} */ (this.header);
    const scene = this.scenes[this.at];
    if (scene) this.caption.replaceChildren(...rich(scene.caption), " ", this.link(scene.chapter));
    else this.caption.replaceChildren();
    if (this.bar && this.follow) {
      this.bar.max = String(this.scenes.length - 1);
      this.bar.value = String(this.at);
      this.bar.setAttribute("aria-valuetext", this.caption.textContent ?? "");
      this.follow.textContent = this.playing ? `❚❚ ${labels.pause}` : `▶ ${this.at < 0 ? labels.follow : labels.play}`;
      this.follow.setAttribute("aria-label", this.follow.textContent.slice(2).trim());
    }
    if (this.more) this.more.disabled = scene?.kind !== "joined";
    for (const line of this.log.querySelectorAll("li")) {
      line.classList.toggle("now", line.dataset.at === String(this.at));
    }
    this.holder.dataset.scene = scene ? `${scene.kind} ${scene.block}` : "rest";
  }

  // What was clicked.

  /** @param {MouseEvent} event */
  spot(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {MouseEvent} event @returns {{name: string, value: unknown} | undefined} */
  hit(event) {
    const { x, y } = this.spot(event);
    const inside = (/** @type {Box} */ box) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
    const chip = this.chips.findIndex(inside);
    if (chip >= 0) {
      const asks = ["query", "values"].includes(this.scenes[this.at]?.kind ?? "");
      return { name: asks ? "looked_at" : "token", value: chip };
    }
    const target = this.targets.find(inside);
    if (!target) {
      const bow = this.nearestBow(x, y);
      return bow && { name: "arc", value: bow };
    }
    const column = Math.floor(((x - target.x) / target.w) * target.columns);
    const row = Math.floor(((y - target.y) / target.h) * target.rows);
    const index = row * target.columns + column;
    const n = this.strips.get(target.place)?.shades.length ?? 0;
    return index < n ? { name: "cell", value: { place: target.place, index } } : undefined;
  }

  /** The arc under the pointer; that of a token to itself is the dot above it. @param {number} x @param {number} y */
  nearestBow(x, y) {
    const { position } = /** @type {Header} */ (this.header);
    const away = (/** @type {{key: number}} */ { key }) => {
      const [from, to] = [this.chips[position], this.chips[key]];
      if (!from || !to) return Infinity;
      if (key === position) return Math.hypot(from.x + from.w / 2 - x, from.y - 8 - y);
      const points = Array.from({ length: 57 }, (_, i) => bow(from, to, i / 56));
      return Math.min(...points.map((point) => Math.hypot(point.x - x, point.y - y)));
    };
    const [nearest] = this.bows.map((one) => ({ one, far: away(one) })).sort((a, b) => a.far - b.far);
    return nearest && nearest.far <= NEAR ? nearest.one : undefined;
  }

  /** @param {MouseEvent} event */
  click(event) {
    const found = this.hit(event);
    if (found) this.send(found.name, found.value);
  }

  // The picture.

  draw() {
    const { header } = this;
    const width = this.holder.clientWidth;
    if (!header || !width) return;
    const look = getComputedStyle(this.holder);
    this.ink = look.color;
    this.paper = look.getPropertyValue("--st-background-color").trim() || "#ffffff";
    this.theme = this.paper;
    this.rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.family = look.fontFamily;
    this.mono = look.getPropertyValue("--st-code-font").trim() || "monospace";
    this.narrow = width < 640;
    const height = this.narrow ? Math.max(620, 1.7 * width) : this.room(width);
    const ratio = Math.min(devicePixelRatio || 1, RATIO);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = `${height}px`;
    }
    const brush = this.canvas.getContext("2d");
    if (!brush) return;
    this.brush = brush;
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    this.targets = [];
    this.bows = [];
    this.plan(width, height);
    const scene = this.scenes[this.at];
    const t = Math.min(this.time / (1 - HOLD), 1);
    if (scene) this.act(scene, t);
    else this.atRest();
    this.frames += 1;
    this.holder.dataset.frames = String(this.frames);
  }

  /** The height that is left: in presenter mode, where the text is large, the stage fills the screen. @param {number} width */
  room(width) {
    const presents = this.rem > 20;
    this.holder.classList.toggle("presents", presents);
    if (!presents) return Math.max(Math.min(0.45 * width, 0.46 * innerHeight), 320);
    const { top } = this.holder.getBoundingClientRect();
    const below = this.holder.offsetHeight - this.canvas.offsetHeight;
    return Math.max(innerHeight - Math.max(top, 0) - below - 12, 300);
  }

  width = 0;
  height = 0;
  rem = 16;
  ink = "#000";
  paper = "#fff";
  family = "sans-serif";
  mono = "monospace";
  narrow = false;

  /** Where everything stands. @param {number} width @param {number} height */
  plan(width, height) {
    const { tokens } = /** @type {Header} */ (this.header);
    this.width = width;
    this.height = height;
    const resting = this.at < 0;
    const panel = this.narrow ? width : Math.round(0.26 * width);
    this.left = this.narrow || resting ? width : width - panel - 24;
    const sentence = resting && !this.narrow ? width - panel - 24 : width;
    const room = resting ? 0.55 : 0.34;
    for (let size = (resting ? 1.9 : 1.15) * this.rem; ; size *= 0.92) {
      this.size = size;
      const above = resting ? 0.2 * height : 0.15 * height;
      this.chips = this.lay(tokens, sentence, above);
      const last = this.chips.at(-1);
      const bottom = last ? last.y + last.h + 1.3 * size : above;
      this.below = bottom;
      if (bottom < room * height + above || size < 0.72 * this.rem) break;
    }
  }

  left = 0;
  size = 16;
  below = 0;
  /** @type {CanvasRenderingContext2D | undefined} */ brush;

  /** The tokens as a text: no gap within a word, line by line. @param {string[]} tokens @param {number} width @param {number} top */
  lay(tokens, width, top) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    brush.font = `${this.size}px ${this.mono}`;
    const lines = this.at < 0 || this.narrow ? 1.9 : 2.5;
    const boxes = [];
    let x = 4;
    let y = top;
    for (const token of tokens) {
      const w = brush.measureText(token).width + 0.36 * this.size;
      if (x + w > width - 4 && x > 4) {
        x = 4;
        y += lines * this.size;
      }
      boxes.push({ x, y, w, h: 1.35 * this.size });
      x += w + (token.startsWith("␣") ? 2 : 1);
    }
    return boxes;
  }

  /** @param {string} text @param {number} x @param {number} y @param {{size?: number, align?: CanvasTextAlign, bold?: boolean, mono?: boolean, alpha?: number, colour?: string, most?: number}} [look] */
  write(text, x, y, { size = 0.85 * this.rem, align = "left", bold = false, mono = false, alpha = 1, colour = this.ink, most } = {}) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    brush.save();
    brush.globalAlpha *= alpha;
    brush.font = `${bold ? "700 " : ""}${size}px ${mono ? this.mono : this.family}`;
    brush.textAlign = align;
    brush.textBaseline = "middle";
    brush.fillStyle = colour;
    brush.fillText(text, x, y, most);
    brush.restore();
  }

  /** @param {Box} box @param {string} colour @param {number} alpha */
  fill(box, colour, alpha, radius = 5) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    brush.save();
    brush.globalAlpha *= alpha;
    brush.fillStyle = colour;
    brush.beginPath();
    brush.roundRect(box.x, box.y, box.w, box.h, radius);
    brush.fill();
    brush.restore();
  }

  /** @param {Box} box @param {string} colour */
  frameOf(box, colour, line = 2) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    brush.save();
    brush.strokeStyle = colour;
    brush.lineWidth = line;
    brush.beginPath();
    brush.roundRect(box.x, box.y, box.w, box.h, 5);
    brush.stroke();
    brush.restore();
  }

  static BANDS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];
  static ATTENTION = "#c2477f";
  static FOCUS = "#d55e00";

  /** The sentence; `ids` from 0 to 1 lets the numbers appear. @param {{ids?: number, dim?: number}} [look] */
  sentence({ ids = 1, dim = 0 } = {}) {
    const { tokens, ids: numbers, position } = /** @type {Header} */ (this.header);
    for (const [i, box] of this.chips.entries()) {
      const faint = i > position ? 0.35 : i === position ? 1 : 1 - dim;
      this.fill(box, /** @type {string} */ (Stage.BANDS[i % 4]), 0.24 * faint);
      this.write(tokens[i] ?? "", box.x + box.w / 2, box.y + box.h / 2, {
        size: this.size, align: "center", mono: true, alpha: faint, most: box.w,
      });
      if (i === position) this.frameOf(box, Stage.FOCUS);
      const size = 0.62 * this.size;
      const id = String(numbers[i]);
      const fits = 0.6 * size * id.length < box.w + 4; // elsewhere a phone has no room for it
      if (ids > 0 && this.at >= 0 && (fits || i === position)) {
        this.write(id, box.x + box.w / 2, box.y + box.h + 0.45 * this.size, {
          size, align: "center", alpha: 0.75 * ids * faint,
        });
      }
    }
  }

  /** What the query looks at: arcs above the sentence, as thick as the weights. @param {number} block @param {number} grown */
  arcs(block, grown) {
    const { looks, heads, position, percents } = /** @type {Header} */ (this.header);
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const everyone = this.allHeads ? this.strips.get(`blocks.${block}.att.weights`) : undefined;
    const n = position + 1;
    const drawn = everyone
      ? Array.from({ length: heads }, (_, one) => Array.from(everyone.shades.subarray(one * n, one * n + n), (shade) => shade * everyone.unit))
      : [looks[block]?.weights ?? []];
    for (const [one, weights] of drawn.entries()) {
      for (const [key, weight] of weights.entries()) {
        if (weight < SMALLEST_ARC || key === position) continue;
        brush.save();
        brush.globalAlpha *= (0.25 + 0.75 * weight) * (everyone ? 0.6 : 1);
        brush.strokeStyle = everyone ? /** @type {string} */ (Stage.BANDS[one % 4]) : Stage.ATTENTION;
        brush.lineWidth = 1 + 11 * weight;
        brush.lineCap = "round";
        this.arc(key, grown);
        brush.restore();
        if (!everyone && grown === 1) this.bows.push({ block, key });
      }
    }
    const weights = looks[block]?.weights ?? [];
    const own = this.chips[position];
    if (own && (weights[position] ?? 0) >= SMALLEST_ARC && !everyone) {
      brush.save();
      brush.globalAlpha *= 0.9 * grown;
      brush.fillStyle = Stage.ATTENTION;
      brush.beginPath();
      brush.arc(own.x + own.w / 2, own.y - 8, 2 + 7 * Math.sqrt(weights[position] ?? 0), 0, 2 * Math.PI);
      brush.fill();
      brush.restore();
      if (grown === 1) this.bows.push({ block, key: position });
    }
    if (everyone) return;
    for (const key of (looks[block]?.keys ?? []).slice(0, 3)) {
      const box = this.chips[key];
      if (!box || (weights[key] ?? 0) < 0.05) continue;
      this.write(percents[block]?.[key] ?? "", box.x + box.w / 2, box.y - 0.75 * this.rem, {
        size: 0.85 * this.rem, align: "center", bold: true, alpha: part(grown, 0.6, 1), colour: this.ink,
      });
    }
  }

  /** @param {number} key @param {number} grown how much of the way from the query is drawn */
  arc(key, grown) {
    const { position } = /** @type {Header} */ (this.header);
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const [from, to] = [this.chips[position], this.chips[key]];
    if (!from || !to || grown <= 0) return;
    const points = 28;
    brush.beginPath();
    for (let i = 0; i <= points * grown; i++) {
      const { x, y } = bow(from, to, i / points);
      if (i) brush.lineTo(x, y);
      else brush.moveTo(x, y);
    }
    brush.stroke();
  }

  /** The shades of a strip as a small picture, a cell for each number. @param {string} place @param {number} columns */
  cells(place, columns) {
    const strip = this.strips.get(place);
    if (!strip) return undefined;
    const { drawn } = strip;
    if (drawn && drawn.theme === this.theme && drawn.columns === columns) return drawn;
    const rows = Math.ceil(strip.shades.length / columns);
    const canvas = drawn?.canvas ?? document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = paint.createImageData(columns, rows);
    const table = palette(this.theme);
    for (const [i, shade] of strip.shades.entries()) image.data.set(table.subarray(4 * (shade + 127), 4 * (shade + 128)), 4 * i);
    paint.putImageData(image, 0, 0);
    strip.drawn = { canvas, columns, rows, theme: this.theme };
    return strip.drawn;
  }

  /** @param {string} place */
  columns(place) {
    const n = this.strips.get(place)?.shades.length ?? 1;
    const d = this.strips.get("embedding.out")?.shades.length ?? n;
    const rows = Math.ceil(d / COLUMNS);
    return Math.min(n, Math.ceil(d / rows));
  }

  /** @param {string} place @param {number} y the upper edge @returns {Box} */
  home(place, y) {
    const columns = this.columns(place);
    const n = this.strips.get(place)?.shades.length ?? 0;
    const rows = Math.ceil(n / columns);
    const full = this.columns("embedding.out");
    const w = this.left - 8;
    const many = Math.sqrt(Math.ceil((this.strips.get("embedding.out")?.shades.length ?? 1) / COLUMNS));
    const row = Math.max(Math.min(0.075 * this.height, this.narrow ? 16 : 36) / Math.max(many, 1), 5);
    return { x: 4, y, w: (w * columns) / full, h: rows * row };
  }

  /** @param {string} place @param {Box} box @param {{alpha?: number, label?: string}} [look] */
  strip(place, box, { alpha = 1, label = "" } = {}) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const cells = this.cells(place, this.columns(place));
    if (!cells || alpha <= 0) return;
    brush.save();
    brush.globalAlpha *= alpha;
    brush.imageSmoothingEnabled = false;
    brush.drawImage(cells.canvas, box.x, box.y, box.w, box.h);
    brush.restore();
    if (alpha > 0.9) this.targets.push({ ...box, place, columns: cells.columns, rows: cells.rows });
    if (!label) return;
    const y = box.y - 0.62 * this.rem;
    this.write(label, box.x, y, { alpha: 0.85 * alpha });
    const largest = `±${this.strips.get(place)?.largest}`;
    if (alpha > 0.9) this.write(largest, box.x + box.w, y, { alpha: 0.7, align: "right", size: 0.78 * this.rem });
  }

  /** One strip that becomes another in the same place. @param {string} from @param {string} to @param {Box} box @param {number} t @param {string} label */
  morph(from, to, box, t, label) {
    this.strip(from, box, { alpha: 1 - t, label: t < 0.5 ? label : "" });
    this.strip(to, box, { alpha: t, label: t >= 0.5 ? label : "" });
  }

  /** Heights on the stage: of the stream and of what happens beside it. */
  rows() {
    const gap = 1.9 * this.rem;
    const stream = this.below + gap;
    const first = this.home("embedding.out", stream);
    return { stream, aside: stream + first.h + (this.narrow ? 1.3 : 2.2) * gap };
  }

  /** @param {Scene} scene @param {number} t */
  act(scene, t) {
    const { labels, depth } = /** @type {Header} */ (this.header);
    const { stream, aside } = this.rows();
    const at = (/** @type {string} */ name) => `blocks.${scene.block}.${name}`;
    const streamOf = (/** @type {string} */ place) => this.home(place, stream);
    const asideOf = (/** @type {string} */ place) => this.home(place, aside);
    const l = (/** @type {string} */ name) => labels[name] ?? "";
    const calm = () => this.sentence({ dim: 0.35 });
    switch (scene.kind) {
      case "tokens":
        this.sentence({ ids: 0 });
        return;
      case "ids":
        this.sentence({ ids: part(t, 0, 1) });
        return;
      case "lookup": {
        this.sentence({ dim: 0.35 * t });
        this.table(t, stream, aside);
        break;
      }
      case "position": {
        calm();
        const [token, position, sum] = ["embedding.token", "embedding.position", "embedding.out"];
        const rise = part(t, 0.3, 0.8);
        this.morph(token, sum, streamOf(token), part(t, 0.75, 1), t < 0.75 ? l("token") : l("stream"));
        this.strip(position, between(asideOf(position), streamOf(position), rise), {
          alpha: 1 - part(t, 0.75, 1), label: rise < 0.1 ? l("position") : "",
        });
        break;
      }
      case "norm1":
      case "norm2": {
        calm();
        const [x, normed] = [at(scene.kind === "norm1" ? "resid_pre" : "resid_mid"), at(`${scene.kind}.normalised`)];
        this.strip(x, streamOf(x), { label: l("stream") });
        const box = between(streamOf(x), asideOf(x), part(t, 0, 0.45));
        if (t > 0) this.morph(x, normed, box, part(t, 0.5, 1), t > 0.3 ? l("copy") : "");
        break;
      }
      case "query":
        this.query(scene.block, t, stream, aside);
        break;
      case "values":
        this.values(scene.block, t, stream, aside);
        break;
      case "attention_added":
      case "thought_added": {
        calm();
        this.arcs(scene.block, scene.kind === "attention_added" ? 1 - part(t, 0, 0.4) : 0);
        const attends = scene.kind === "attention_added";
        const [raw, out] = attends ? ["att.context", "att.out"] : ["ff.post", "ff.out"];
        const [before, after] = attends ? ["resid_pre", "resid_mid"] : ["resid_mid", "resid_post"];
        const added = part(t, 0.75, 1);
        this.morph(at(before), at(after), streamOf(at(before)), added, l("stream"));
        const narrowed = part(t, 0, 0.35);
        const here = between(asideOf(at(raw)), asideOf(at(out)), narrowed);
        const box = between(here, streamOf(at(out)), part(t, 0.4, 0.8));
        this.strip(at(raw), box, { alpha: 1 - narrowed });
        this.strip(at(out), box, { alpha: narrowed * (1 - added), label: t < 0.5 ? l(attends ? "attention" : "thought") : "" });
        if (t > 0.4 && t < 0.8) this.write("+", box.x + box.w + 8, box.y + box.h / 2, { bold: true, size: 1.4 * this.rem });
        break;
      }
      case "widened": {
        calm();
        this.strip(at("resid_mid"), streamOf(at("resid_mid")), { label: l("stream") });
        const [x, wide] = [at("norm2.normalised"), at("ff.pre")];
        const box = between(asideOf(x), asideOf(wide), part(t, 0.1, 0.8));
        this.morph(x, wide, box, part(t, 0.2, 0.9), l("wide"));
        break;
      }
      case "muted": {
        calm();
        this.strip(at("resid_mid"), streamOf(at("resid_mid")), { label: l("stream") });
        this.morph(at("ff.pre"), at("ff.post"), asideOf(at("ff.pre")), part(t, 0.1, 1), t < 0.5 ? l("wide") : l("muted"));
        break;
      }
      case "passing": {
        this.sentence({ dim: 0.35 });
        this.arcs(scene.block, 1);
        const box = streamOf(at("resid_pre"));
        if (t < 0.5) this.morph(at("resid_pre"), at("resid_mid"), box, part(t, 0, 0.5), l("stream"));
        else this.morph(at("resid_mid"), at("resid_post"), box, part(t, 0.5, 1), l("stream"));
        break;
      }
      case "guess":
        calm();
        this.strip(at("resid_post"), streamOf(at("resid_post")), { label: l("stream") });
        break;
      case "final_norm": {
        calm();
        const x = `blocks.${depth - 1}.resid_post`;
        this.morph(x, "final_norm.normalised", streamOf(x), part(t, 0.1, 1), t < 0.5 ? l("stream") : l("final"));
        break;
      }
      case "vocabulary":
      case "joined":
        this.vocabulary(scene.kind === "joined" ? 1 : t, stream, scene.kind === "joined" ? t : 0);
        break;
    }
    this.lens(scene, t);
  }

  /** The row of the token leaves the table. Other rows are outlines: their numbers are not here. @param {number} t @param {number} stream @param {number} aside */
  table(t, stream, aside) {
    const { ids, position, labels } = /** @type {Header} */ (this.header);
    const place = "embedding.token";
    const id = ids[position] ?? 0;
    const row = this.home(place, aside);
    const out = part(t, 0.45, 1);
    for (let i = -2; i <= 2; i++) {
      const box = { ...row, y: row.y + i * (row.h + 6) + 1.2 * this.rem };
      if (i) {
        this.frameOf(box, "#8a909966", 1);
        this.write(String(id + i), box.x + box.w + 6, box.y + box.h / 2, { alpha: id + i < 0 ? 0 : 0.45 * (1 - out), size: 0.75 * this.rem, align: "left" });
        continue;
      }
      const shown = between(box, this.home(place, stream), out);
      this.strip(place, shown, { label: out > 0.8 ? (labels.token ?? "") : "" });
      this.write(String(id), box.x + box.w + 6, box.y + box.h / 2, { bold: true, alpha: 1 - out, size: 0.85 * this.rem });
    }
  }

  /** The query of one head beneath its token, a key beneath each other. @param {number} block @param {number} t @param {number} stream @param {number} aside */
  query(block, t, stream, aside) {
    const { position, labels } = /** @type {Header} */ (this.header);
    this.sentence({ dim: 0.15 });
    this.strip(`blocks.${block}.resid_pre`, this.home(`blocks.${block}.resid_pre`, stream), { label: labels.stream });
    const copy = `blocks.${block}.norm1.normalised`;
    this.strip(copy, this.home(copy, aside), { alpha: 1 - 0.55 * part(t, 0, 0.3), label: labels.copy });
    const from = this.home(copy, aside);
    const flies = part(t, 0.05, 0.4);
    const own = this.chips[position];
    if (own) {
      const place = `blocks.${block}.att.queries`;
      this.strip(place, between(from, this.under(own), flies), { alpha: Math.min(4 * flies, 1) });
    }
    this.rowsOf("att.keys", block, part(t, 0.15, 0.5));
    this.arcs(block, part(t, 0.45, 1));
  }

  /** The place of a small strip under a token. @param {Box} chip @returns {Box} */
  under(chip) {
    return { x: chip.x + 1, y: chip.y + chip.h + 1, w: chip.w - 2, h: Math.max(0.22 * this.size, 4) };
  }

  /** Keys or values of the chosen head, each under its token. @param {"att.keys" | "att.values"} what @param {number} block @param {number} alpha @param {(chip: Box, key: number) => Box} [where] */
  rowsOf(what, block, alpha, where = (chip) => this.under(chip)) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const { looks, position } = /** @type {Header} */ (this.header);
    const place = `blocks.${block}.${what}`;
    const strip = this.strips.get(place);
    const size = strip?.shape[1] ?? 1;
    const cells = this.cells(place, size);
    if (!cells) return;
    for (const [row, key] of (looks[block]?.keys ?? []).entries()) {
      const chip = this.chips[key];
      if (!chip || (what === "att.keys" && key === position)) continue;
      const box = where(chip, key);
      brush.save();
      brush.globalAlpha *= alpha * (where.length > 1 ? Math.sqrt(looks[block]?.weights[key] ?? 0) : 1);
      brush.imageSmoothingEnabled = false;
      brush.drawImage(cells.canvas, 0, row, size, 1, box.x, box.y, box.w, box.h);
      brush.restore();
    }
  }

  /** Values flow along the arcs into the context vector of the head; the other heads' stand beside it. @param {number} block @param {number} t @param {number} stream @param {number} aside */
  values(block, t, stream, aside) {
    const { head, heads, labels } = /** @type {Header} */ (this.header);
    const place = `blocks.${block}.att.context`;
    this.sentence({ dim: 0.15 });
    this.arcs(block, 1);
    this.strip(`blocks.${block}.resid_pre`, this.home(`blocks.${block}.resid_pre`, stream), { label: labels.stream });
    const whole = this.home(place, aside);
    const slot = slice(whole, head, heads, this.columns(place), this.strips.get(place)?.shades.length ?? 1);
    this.strip(place, whole, { alpha: part(t, 0.7, 1), label: labels.context });
    this.frameOf(slot, Stage.ATTENTION);
    const flow = part(t, 0.1, 0.75);
    this.rowsOf("att.values", block, 1 - part(t, 0.75, 0.95), (chip, key) => {
      void key;
      return between(this.under(chip), slot, flow);
    });
  }

  /** The guess forms: one line for each depth that has been reached. @param {Scene} scene @param {number} t */
  lens(scene, t) {
    const { guesses, labels, depth } = /** @type {Header} */ (this.header);
    if (["tokens", "ids", "vocabulary", "joined"].includes(scene.kind)) return;
    const reached = scene.block < 0 ? (scene.kind === "final_norm" ? depth : 0) : scene.block + (["guess", "passing"].includes(scene.kind) && t > 0.5 ? 1 : 0);
    const shown = scene.kind === "lookup" || (scene.kind === "position" && t < 0.9) ? -1 : reached;
    const x = this.narrow ? 4 : this.left + 28;
    const width = this.narrow ? this.width - 8 : this.width - x - 4;
    const top = this.narrow ? this.height - Math.min((depth + 2) * 1.25 * this.rem, 0.34 * this.height) : this.below + 0.6 * this.rem;
    const row = Math.min((this.height - top - 1.2 * this.rem) / (depth + 1), 1.75 * this.rem);
    this.write(labels.would_say ?? "", x, top, { bold: true });
    const size = Math.min(0.68 * row, 0.95 * this.rem);
    for (let at = 0; at <= Math.min(shown, depth); at++) {
      const [name, p, percent] = guesses[at]?.[0] ?? ["", 0, ""];
      const y = top + 1.1 * this.rem + (at + 0.5) * row;
      const label = at ? (labels.block ?? "").replace("{n}", String(at - 1)) : (labels.embedding ?? "");
      this.write(label, x, y, { size: Math.min(size, 0.8 * this.rem), alpha: 0.75, most: 0.3 * width });
      this.fill({ x: x + 0.33 * width, y: y - 0.36 * row, w: Math.max(0.45 * width * p, 2), h: 0.72 * row }, "#00936b", 0.35, 3);
      this.write(name, x + 0.34 * width, y, { size, mono: true, bold: at === shown, most: 0.44 * width });
      this.write(percent, x + width, y, { size: Math.min(size, 0.85 * this.rem), align: "right", alpha: 0.85, most: 0.2 * width });
    }
  }

  /** The bars rise, and the first of them flies to the end of the sentence. @param {number} t @param {number} stream @param {number} flight */
  vocabulary(t, stream, flight) {
    const { next, labels } = /** @type {Header} */ (this.header);
    this.sentence({ dim: 0.35 * (1 - flight) });
    const place = "final_norm.normalised";
    this.strip(place, this.home(place, stream), { alpha: 1 - flight, label: flight ? "" : labels.final });
    const top = stream + this.home(place, stream).h + 1.6 * this.rem;
    const row = Math.min((this.height - top - 4) / next.length, 1.9 * this.rem);
    const name = Math.min(9 * this.rem, 0.3 * this.width);
    const widest = (this.narrow ? this.width : 0.75 * this.width) - name - 5 * this.rem;
    for (const [i, [label, p, percent]] of next.entries()) {
      const y = top + (i + 0.5) * row;
      const grown = part(t, 0.06 * i, 0.55 + 0.06 * i);
      const alpha = i && flight ? 1 - 0.7 * flight : 1;
      this.fill({ x: name + 8, y: y - 0.36 * row, w: Math.max(widest * p * grown, 2), h: 0.72 * row }, i ? "#5b7595" : "#00936b", 0.85 * alpha, 3);
      this.write(percent, name + 14 + widest * p * grown, y, { alpha: alpha * grown, size: Math.min(0.7 * row, 0.95 * this.rem) });
      if (i || !flight) this.write(label, name, y, { align: "right", mono: true, bold: !i, alpha, size: Math.min(0.7 * row, 1.1 * this.rem), most: name });
    }
    const [best] = next[0] ?? [""];
    const last = this.chips.at(-1);
    if (!flight || !last) return;
    const from = { x: name, y: top + 0.5 * row };
    const fits = last.x + last.w + 0.62 * this.size * best.length < this.width;
    const to = fits ? { x: last.x + last.w + 4, y: last.y } : { x: 4, y: last.y + 2.2 * this.size };
    const go = part(flight, 0, 1);
    const x = mix(from.x - 0.6 * this.size * best.length, to.x, go);
    const y = mix(from.y, to.y + last.h / 2, go) - 40 * Math.sin(Math.PI * go);
    this.fill({ x, y: y - last.h / 2, w: 0.62 * this.size * best.length + 10, h: last.h }, "#00936b", 0.3);
    this.write(best, x + 5, y, { size: this.size, mono: true, bold: true });
  }

  /** The stage at rest: the sentence large, what its last token looks at, and what could come next. */
  atRest() {
    const { layer, words, next, labels } = /** @type {Header} */ (this.header);
    this.sentence({ ids: 0 });
    this.arcs(layer, 1);
    const found = words.length ? words : next.slice(0, 3);
    const x = this.narrow ? 4 : this.left - Math.round(0.26 * this.width) + 4;
    const width = this.narrow ? this.width - 8 : this.width - x - 4;
    const top = this.narrow ? this.below + 1.6 * this.rem : (this.chips[0]?.y ?? 0) - 0.4 * this.rem;
    this.write((words.length ? labels.next_word : labels.next) ?? "", x, top, { bold: true, size: 1.1 * this.rem });
    const row = Math.min((this.height - top - 2 * this.rem) / 3, 3.1 * this.rem);
    for (const [i, [name, p, percent]] of found.entries()) {
      const y = top + 1.3 * this.rem + (i + 0.5) * row;
      this.fill({ x, y: y - 0.42 * row, w: Math.max(width * p, 3), h: 0.84 * row }, "#00936b", i ? 0.25 : 0.42, 4);
      this.write(name, x + 8, y, { size: Math.min(0.52 * row, 1.5 * this.rem), mono: true, bold: !i, most: 0.66 * width });
      this.write(percent, x + width, y, { size: Math.min(0.42 * row, 1.2 * this.rem), align: "right" });
    }
  }
}

/** A point of the bow from one token to another, above both. @param {Box} from @param {Box} to @param {number} t */
function bow(from, to, t) {
  const [x0, x1] = [from.x + from.w / 2, to.x + to.w / 2];
  const [y0, y1] = [from.y - 1, to.y - 1];
  const height = Math.min(18 + 0.16 * Math.abs(x1 - x0), 90, Math.min(y0, y1) - 4);
  return { x: mix(x0, x1, t), y: mix(y0, y1, t) - height * 4 * t * (1 - t) };
}

/** Where the numbers of one head lie within a strip of all heads. @param {Box} box @param {number} head @param {number} heads @param {number} columns @param {number} n @returns {Box} */
function slice(box, head, heads, columns, n) {
  const size = n / heads;
  const rows = Math.ceil(n / columns);
  const [row, column] = [Math.floor((head * size) / columns), (head * size) % columns];
  const h = box.h / rows;
  return { x: box.x + (box.w * column) / columns, y: box.y + row * h, w: (box.w * Math.min(size, columns)) / columns, h };
}

/** @type {Map<string, Uint8ClampedArray>} */
const palettes = new Map();

/** The colour of each shade from −127 to 127: blue below zero, orange above, the page's own at zero. @param {string} paper */
function palette(paper) {
  let table = palettes.get(paper);
  if (!table) {
    const [r = 255, g = 255, b = 255] = channels(paper);
    const dark = r + g + b < 384;
    const zero = dark ? [38, 42, 50] : [244, 242, 239];
    const ends = dark ? [[108, 180, 238], [246, 160, 88]] : [[11, 60, 111], [150, 66, 8]];
    table = new Uint8ClampedArray(255 * 4);
    for (let shade = -127; shade <= 127; shade++) {
      const end = /** @type {number[]} */ (ends[shade < 0 ? 0 : 1]);
      const strength = (Math.abs(shade) / 127) ** 0.6; // small numbers can be told from zero
      const colour = zero.map((channel, i) => mix(channel, end[i] ?? 0, strength));
      table.set([...colour, 255], 4 * (shade + 127));
    }
    palettes.set(paper, table);
  }
  return table;
}

/** @param {Scene} scene */
function duration(scene) {
  const own = SECONDS[/** @type {keyof typeof SECONDS} */ (scene.kind)];
  return scene.kind === "passing" ? PASSING : (own ?? USUAL) / (1 - HOLD) * 0.8;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
