// One token's journey through the model, on a canvas: every colour is a number of the trace, by its place there.
// Two sentences have a canvas each and one clock: both are at the same station at the same time.

/**
 * @typedef {{
 *   kind: string, caption: string, chapter: string, places: string[], block: number, within: boolean
 * }} Scene
 * @typedef {[name: string, p: number, percent: string]} Guess
 * @typedef {{
 *   tokens: string[], ids: number[], position: number, layer: number, head: number, heads: number, depth: number,
 *   within: number[], looks: {keys: number[], weights: number[]}[], percents: string[][], guesses: Guess[][],
 *   next: Guess[], words: Guess[], scenes: Scene[], strips: [place: string, shape: number[], unit: number, largest: string][],
 *   lengths: string[], steers: number[], labels: Record<string, string>
 * }} Header what one sentence has; `steers` says which token of the first a click on each of its tokens chooses
 * @typedef {{
 *   sentences: Header[], labels: Record<string, string>, titles: Record<string, string>, differs: string[], continues: boolean
 * }} Message
 * @typedef {{place: string, shape: number[], unit: number, largest: string, shades: Int8Array, drawn?: Drawn}} Strip
 * @typedef {{canvas: HTMLCanvasElement, columns: number, rows: number, theme: string}} Drawn
 * @typedef {{x: number, y: number, w: number, h: number, line?: number}} Box
 * @typedef {Box & {place: string, columns: number, rows: number}} Target
 * @typedef {HTMLElement & {stage?: Stage}} Holder
 */

const COLUMNS = 256; // cells in a row of a strip; a longer vector takes more rows
const SECONDS = { tokens: 1.6, ids: 1.6, lookup: 2, position: 2.2, query: 3, values: 3, vocabulary: 2.6, joined: 2.2 };
const USUAL = 1.7; // seconds of any other scene
const PASSING = 0.8;
const HOLD = 0.45; // of a scene's time nothing moves any more: it is read
const SPEEDS = [0.5, 1, 2, 4];
const NARROW = 640; // a picture that is narrower has one column
const BESIDE = 40; // as wide as that, in letters' sizes, two pictures stand side by side
const LOW = 17; // of two pictures, one that is lower, in letters' sizes, has its words beside the strips
const LOW_WIDTH = 0.7; // of the room beside the lens is the strips' own there
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

/** @param {Uint8Array} bytes @returns {{message: Message, strips: Map<string, Strip>[]}} the strips of each sentence */
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  /** @type {Message} */
  const message = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let from = 4 + length;
  const strips = message.sentences.map((sentence) => {
    const own = new Map();
    for (const [place, shape, unit, largest] of sentence.strips) {
      const n = shape.reduce((a, b) => a * b, 1);
      own.set(place, { place, shape, unit, largest, shades: new Int8Array(bytes.buffer, bytes.byteOffset + from, n) });
      from += n;
    }
    return own;
  });
  return { message, strips };
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

/** One clock, its controls and the words below; what is drawn is each traveller's own. */
class Stage {
  /** @type {Message | undefined} */ message;
  /** @type {Traveller[]} */ travellers = [];
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
  rem = 16;
  presents = false;

  /** @param {Holder} holder */
  constructor(holder) {
    this.holder = holder;
    this.pictures = element("div", "pictures");
    this.differs = element("ul", "differs");
    this.differs.setAttribute("aria-live", "polite");
    this.controls = element("div", "controls");
    this.log = element("details", "log");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    holder.replaceChildren(this.pictures, this.differs, this.controls, this.log);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(holder);
    holder.onkeydown = (event) => this.press(event);
    this.hear = (/** @type {Event} */ event) => this.taken(/** @type {CustomEvent<string>} */ (event).detail) && event.preventDefault();
    document.addEventListener("glassbox:step", this.hear);
    this.fit = () => this.draw();
    document.addEventListener("glassbox:room", this.fit);
  }

  remove() {
    this.watch.disconnect();
    document.removeEventListener("glassbox:step", this.hear);
    document.removeEventListener("glassbox:room", this.fit);
    cancelAnimationFrame(this.frame);
    delete this.holder.stage;
  }

  /** The stations, which are the same for all that travel. */
  get scenes() {
    return this.travellers[0]?.scenes ?? [];
  }

  get labels() {
    return this.message?.labels ?? {};
  }

  /** Another text, model or language begins at rest; other layers and heads stay at the scene. @param {Uint8Array} data */
  take(data) {
    if (this.data && same(this.data, data)) return this.draw();
    const before = this.message;
    this.data = data;
    const { message, strips } = unpack(data);
    this.message = message;
    const shown = this.scenes[this.at];
    const [was, now] = [before?.sentences ?? [], message.sentences];
    const texts = (/** @type {Header[]} */ all) => all.map(({ ids, depth }) => `${depth}: ${ids.join()}`).join("; ");
    const another = texts(was) !== texts(now);
    const longer = now.every(({ ids }, i) => ids.length === (was[i]?.ids.length ?? 0) + 1);
    const goesOn = another && this.rounds && was.length === now.length && longer;
    this.seat(message, strips);
    this.choose();
    if (goesOn) this.begin(this.scenes.findIndex((scene) => scene.kind === "lookup"), true);
    else if (another || now[0]?.position !== was[0]?.position) this.rest();
    else this.at = Math.max(this.scenes.findIndex((scene) => scene.kind === shown?.kind && scene.block === shown.block), -1);
    this.rounds = false;
    this.furnish();
    this.draw();
  }

  rounds = false; // whether the next text is this one with the token that has just joined

  /** A traveller for each sentence, one above the other. @param {Message} message @param {Map<string, Strip>[]} strips */
  seat({ sentences, labels }, strips) {
    while (this.travellers.length > sentences.length) this.travellers.pop()?.place.remove();
    for (const [i, header] of sentences.entries()) {
      let traveller = this.travellers[i];
      if (!traveller) {
        traveller = new Traveller(this, i);
        this.travellers.push(traveller);
        this.pictures.append(traveller.place);
      }
      traveller.header = { ...header, labels };
      traveller.strips = strips[i] ?? new Map();
    }
  }

  /** Which scenes are shown: a block from within where the reader asked for it, in passing elsewhere. */
  choose() {
    for (const traveller of this.travellers) {
      const { scenes, layer, within } = traveller.header;
      traveller.scenes = scenes.filter(({ block, within: inner }) => {
        const opened = within.includes(block) && (this.everywhere || block === layer);
        return block < 0 || inner === opened;
      });
    }
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
    if (!this.holder.isConnected || !this.message) return false;
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
    const { labels } = this;
    const { continues = false, sentences = [] } = this.message ?? {};
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
    const many = (sentences[0]?.within.length ?? 0) > 1;
    this.controls.replaceChildren(
      this.follow, back, on, first, this.bar, speed,
      ...(many ? [box("everywhere", labels.everywhere ?? "")] : []), box("allHeads", labels.all_heads ?? ""), this.more,
    );
    this.log.replaceChildren(element("summary", "", labels.in_words), this.inWords());
    if (sentences.length > 1) this.log.append(element("p", "which", labels.differs), this.differences());
    for (const traveller of this.travellers) traveller.name();
    this.say();
  }

  /** The whole journey in words, of both sentences station by station. */
  inWords() {
    const list = element("ol", "");
    for (const [at, { chapter }] of this.scenes.entries()) {
      const line = element("li", "");
      for (const traveller of this.travellers) {
        const told = element("span", "told");
        if (traveller.title) told.append(element("span", "which", traveller.title), " ");
        told.append(...rich(traveller.scenes[at]?.caption ?? ""), " ");
        line.append(told);
      }
      line.append(this.link(chapter));
      line.dataset.at = String(at);
      list.append(line);
    }
    return list;
  }

  /** What differs at the end, in Python's words. */
  differences() {
    const list = element("ul", "");
    for (const sentence of this.message?.differs ?? []) {
      const line = element("li", "");
      line.append(...rich(sentence));
      list.append(line);
    }
    return list;
  }

  /** @param {string} chapter */
  link(chapter) {
    const node = element("a", "chapter", this.message?.titles[chapter] ?? "");
    node.href = chapter + window.location.search;
    node.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window: the browser's own business
      event.preventDefault();
      this.send("chapter", chapter);
    };
    return node;
  }

  /** The sentence below each picture, at the end what differs, and controls that fit. */
  say() {
    const { labels } = this;
    const scene = this.scenes[this.at];
    for (const traveller of this.travellers) traveller.say(this.at);
    const ends = scene && ["vocabulary", "joined"].includes(scene.kind) && this.at === this.scenes.length - 1;
    this.differs.replaceChildren(...(ends ? this.differences().children : []));
    if (this.bar && this.follow) {
      this.bar.max = String(this.scenes.length - 1);
      this.bar.value = String(this.at);
      this.bar.setAttribute("aria-valuetext", this.travellers.map(({ caption }) => caption.textContent).join(" "));
      this.follow.textContent = this.playing ? `❚❚ ${labels.pause}` : `▶ ${this.at < 0 ? labels.follow : labels.play}`;
      this.follow.setAttribute("aria-label", this.follow.textContent.slice(2).trim());
    }
    if (this.more) this.more.disabled = scene?.kind !== "joined";
    for (const line of this.log.querySelectorAll("li")) {
      line.classList.toggle("now", line.dataset.at === String(this.at));
    }
    this.holder.dataset.scene = scene ? `${scene.kind} ${scene.block}` : "rest";
  }

  draw() {
    const width = this.holder.clientWidth;
    if (!this.message || !width) return;
    this.rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.presents = this.rem > 20;
    const n = this.travellers.length;
    const beside = n > 1 && !this.presents && width >= 2 * BESIDE * this.rem;
    this.holder.classList.toggle("presents", this.presents);
    this.holder.classList.toggle("two", n > 1);
    this.pictures.classList.toggle("beside", beside);
    const own = beside ? this.travellers[0]?.place.clientWidth ?? width : width;
    const height = this.heightOf(own, beside ? 1 : n);
    for (const traveller of this.travellers) traveller.draw(own, height);
    this.frames += 1;
    this.holder.dataset.frames = String(this.frames);
  }

  /** How high a picture is; in presenter mode, where the text is large, all of them fill the screen. @param {number} width @param {number} n one above the other */
  heightOf(width, n) {
    if (width < NARROW) return n > 1 ? Math.max(330, 0.95 * width) : Math.max(620, 1.7 * width);
    if (!this.presents) return n > 1 ? Math.max(0.28 * innerHeight, 12.5 * this.rem) : Math.max(Math.min(0.45 * width, 0.46 * innerHeight), 320);
    const { top, width: zoomed } = this.holder.getBoundingClientRect();
    const scale = zoomed / (this.holder.offsetWidth || zoomed);
    const pictures = this.travellers.reduce((sum, { canvas }) => sum + canvas.offsetHeight, 0);
    const left = (innerHeight - Math.max(top, 0)) / scale - (this.holder.offsetHeight - pictures) - 0.6 * this.rem;
    return Math.max(Math.floor(left / n), n > 1 ? 5.2 * this.rem : 300);
  }
}

/** One sentence's journey: its own numbers, where they stand on its canvas, and the sentence below it. */
class Traveller {
  /** @type {Header} */ header = /** @type {Header} */ ({});
  /** @type {Map<string, Strip>} */ strips = new Map();
  /** @type {Scene[]} */ scenes = [];
  /** @type {Target[]} */ targets = [];
  /** @type {{block: number, key: number}[]} */ bows = []; // the arcs that are drawn, of one head
  /** @type {Box[]} */ chips = [];
  /** @type {Box[]} */ shares = []; // the percentages above the tokens
  /** @type {Box | undefined} */ joined; // where the next token comes behind the sentence
  theme = "";

  /** @param {Stage} stage @param {number} which of the sentences, from 0 */
  constructor(stage, which) {
    this.stage = stage;
    this.which = which;
    this.place = element("div", "traveller");
    this.canvas = element("canvas", "picture");
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.caption = element("p", "caption");
    this.caption.setAttribute("aria-live", "polite");
    this.place.append(this.canvas, this.caption);
    this.canvas.onclick = (event) => this.click(event);
    this.canvas.onpointermove = (event) => {
      this.canvas.style.cursor = this.hit(event) ? "pointer" : "default";
    };
  }

  get at() {
    return this.stage.at;
  }

  get rem() {
    return this.stage.rem;
  }

  /** Which of two sentences this is, in words; of one nothing. */
  get title() {
    const names = [this.header.labels.first_sentence, this.header.labels.second_sentence];
    return this.stage.travellers.length > 1 ? `${names[this.which]} ·` : "";
  }

  name() {
    const { stage = "" } = this.header.labels;
    this.canvas.setAttribute("aria-label", this.title ? `${this.title} ${stage}` : stage);
  }

  /** @param {number} at */
  say(at) {
    const scene = this.scenes[at];
    if (!scene) return this.caption.replaceChildren();
    this.caption.replaceChildren(...rich(scene.caption));
    if (!this.which) this.caption.append(" ", this.stage.link(scene.chapter));
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
    const chosen = this.header.steers[chip] ?? -1;
    if (chip >= 0) {
      const asks = !this.which && ["query", "values"].includes(this.scenes[this.at]?.kind ?? "");
      return chosen < 0 ? undefined : { name: asks ? "looked_at" : "token", value: chosen };
    }
    const target = this.targets.find(inside);
    if (!target) {
      const bow = this.nearestBow(x, y);
      return bow && { name: "arc", value: { ...bow, sentence: this.which } };
    }
    const column = Math.floor(((x - target.x) / target.w) * target.columns);
    const row = Math.floor(((y - target.y) / target.h) * target.rows);
    const index = row * target.columns + column;
    const n = this.strips.get(target.place)?.shades.length ?? 0;
    return index < n ? { name: "cell", value: { place: target.place, index, sentence: this.which } } : undefined;
  }

  /** The arc under the pointer; that of a token to itself is the dot above it. @param {number} x @param {number} y */
  nearestBow(x, y) {
    const { position } = this.header;
    const away = (/** @type {{key: number}} */ { key }) => {
      const [from, to] = [this.chips[position], this.chips[key]];
      if (!from || !to) return Infinity;
      if (key === position) return Math.hypot(from.x + from.w / 2 - x, from.y - 8 - y);
      const points = Array.from({ length: 57 }, (_, i) => bow(from, to, i / 56, this.gap));
      return Math.min(...points.map((point) => Math.hypot(point.x - x, point.y - y)));
    };
    const [nearest] = this.bows.map((one) => ({ one, far: away(one) })).sort((a, b) => a.far - b.far);
    return nearest && nearest.far <= NEAR ? nearest.one : undefined;
  }

  /** @param {MouseEvent} event */
  click(event) {
    const found = this.hit(event);
    if (found) this.stage.send(found.name, found.value);
  }

  // The picture.

  /** @param {number} width @param {number} height */
  draw(width, height) {
    const look = getComputedStyle(this.stage.holder);
    this.ink = look.color;
    this.paper = look.getPropertyValue("--st-background-color").trim() || "#ffffff";
    this.theme = this.paper;
    this.family = look.fontFamily;
    this.mono = look.getPropertyValue("--st-code-font").trim() || "monospace";
    this.narrow = width < NARROW;
    const brush = this.canvas.getContext("2d");
    if (!brush) return;
    this.brush = brush;
    const ratio = Math.min(devicePixelRatio || 1, RATIO);
    this.plan(width, height);
    const least = Math.max(height, Math.ceil(this.below + this.least()));
    if (least > height) this.plan(width, least);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(least * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(least * ratio);
      this.canvas.style.height = `${least}px`;
    }
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, least);
    this.targets = [];
    this.bows = [];
    this.shares = [];
    const scene = this.scenes[this.at];
    const t = Math.min(this.stage.time / (1 - HOLD), 1);
    if (scene) this.act(scene, t);
    else this.atRest();
  }

  width = 0;
  height = 0;
  ink = "#000";
  paper = "#fff";
  family = "sans-serif";
  mono = "monospace";
  narrow = false;

  /** Where everything stands. @param {number} width @param {number} height */
  plan(width, height) {
    const { tokens, depth } = this.header;
    this.width = width;
    this.height = height;
    this.low = !this.narrow && this.stage.travellers.length > 1 && height < LOW * this.rem;
    const resting = this.at < 0;
    const alone = resting || (this.low && ["tokens", "ids", "vocabulary", "joined"].includes(this.scenes[this.at]?.kind ?? "")); // next to nothing below
    this.alone = alone;
    const joins = this.scenes[this.at]?.kind === "joined" && this.header.next[0]?.[0];
    const panel = this.narrow ? width : Math.round(0.26 * width);
    this.left = this.narrow || resting ? width : width - panel - 24;
    const sentence = (resting || this.low) && !this.narrow ? width - panel - 24 : width;
    const room = this.low ? (alone ? 0.6 : 0.46) : resting ? 0.55 : 0.34;
    const above = this.low ? 1.8 * this.rem : Math.max((resting ? 0.2 : 0.15) * height, 2.4 * this.rem);
    for (let size = (this.low && alone ? 1.4 : resting ? 1.9 : 1.15) * this.rem; ; size *= 0.92) {
      this.size = size;
      this.chips = this.lay(joins ? [...tokens, joins] : tokens, sentence, above);
      const last = this.chips.at(-1);
      this.joined = joins ? this.chips.pop() : undefined;
      const bottom = last ? last.y + last.h + (this.low ? 0.5 : 1.3) * size : above;
      this.below = bottom;
      if (bottom < room * height + above || size < (this.low ? 0.6 : 0.72) * this.rem) break;
    }
    this.lensTop = this.narrow ? height - this.lensHeight(depth) : this.low ? 0.7 * this.rem : this.below + 0.6 * this.rem;
    this.floor = this.narrow ? this.lensTop - this.rem : height - 2;
  }

  /** The least height that the pictures below the sentence need. */
  least() {
    if (this.alone && !this.narrow) return 0;
    return this.narrow ? 9 * this.rem + this.lensHeight(this.header.depth) : (this.low ? 2 : 5) * this.rem;
  }

  /** Of the lens below the strips of a narrow picture. @param {number} depth */
  lensHeight(depth) {
    const most = this.stage.travellers.length > 1 ? 6.5 : 12;
    return Math.min((depth + 2) * 1.25, most) * this.rem;
  }

  gap = 0; // between two lines of the sentence
  alone = false; // whether the sentence has the picture for itself
  low = false; // whether the picture has to do with little height
  lensTop = 0;
  floor = 0; // where strips end

  left = 0;
  size = 16;
  below = 0;
  /** @type {CanvasRenderingContext2D | undefined} */ brush;

  /** The tokens as a text: no gap within a word, line by line. @param {string[]} tokens @param {number} width @param {number} top */
  lay(tokens, width, top) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    brush.font = `${this.size}px ${this.mono}`;
    this.gap = Math.max((this.at < 0 || this.narrow || this.low ? 0.55 : 1.15) * this.size, (this.low ? 1.1 : 1.25) * this.rem + 0.22 * this.size);
    const boxes = [];
    let line = 0;
    let x = 4;
    let y = top;
    for (const token of tokens) {
      const w = brush.measureText(token).width + 0.36 * this.size;
      if (x + w > width - 4 && x > 4) {
        x = 4;
        line += 1;
        y += 1.35 * this.size + this.gap;
      }
      boxes.push({ x, y, w, h: 1.35 * this.size, line });
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
    if (this.low && this.scenes[this.at]?.kind !== "ids") ids = 0; // no room below the tokens
    const { tokens, ids: numbers, position } = this.header;
    for (const [i, box] of this.chips.entries()) {
      const faint = i > position ? 0.35 : i === position ? 1 : 1 - dim;
      this.fill(box, this.paper, 1); // arcs to another line pass behind the words
      this.fill(box, /** @type {string} */ (Traveller.BANDS[i % 4]), 0.24 * faint);
      this.write(tokens[i] ?? "", box.x + box.w / 2, box.y + box.h / 2, {
        size: this.size, align: "center", mono: true, alpha: faint, most: box.w,
      });
      if (i === position) this.frameOf(box, Traveller.FOCUS);
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

  /** What the query looks at: arcs as thick as the weights, drawn before the words that they must not cover. @param {number} block @param {number} grown */
  arcs(block, grown) {
    const { looks, heads, position } = this.header;
    const everyone = this.stage.allHeads ? this.strips.get(`blocks.${block}.att.weights`) : undefined;
    const n = position + 1;
    const drawn = everyone
      ? Array.from({ length: heads }, (_, one) => Array.from(everyone.shades.subarray(one * n, one * n + n), (shade) => shade * everyone.unit))
      : [looks[block]?.weights ?? []];
    for (const [one, weights] of drawn.entries()) {
      for (const [key, weight] of weights.entries()) {
        if (weight < SMALLEST_ARC || key === position) continue;
        const colour = everyone ? /** @type {string} */ (Traveller.BANDS[one % 4]) : Traveller.ATTENTION;
        this.arc(key, grown, { colour, line: 1 + 11 * weight, alpha: (0.25 + 0.75 * weight) * (everyone ? 0.6 : 1) });
        if (!everyone && grown === 1) this.bows.push({ block, key });
      }
    }
    const own = this.chips[position];
    const weight = looks[block]?.weights[position] ?? 0;
    if (everyone) return;
    if (own && weight >= SMALLEST_ARC) {
      const dot = 2 + 7 * Math.sqrt(weight);
      this.fill({ x: own.x + own.w / 2 - dot, y: own.y - 8 - dot, w: 2 * dot, h: 2 * dot }, Traveller.ATTENTION, 0.9 * grown, dot);
      if (grown === 1) this.bows.push({ block, key: position });
    }
    this.percentages(block, part(grown, 0.6, 1));
  }

  /** The largest weights as numbers above their tokens; neighbours make room for each other. @param {number} block @param {number} alpha */
  percentages(block, alpha) {
    const { looks, percents } = this.header;
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const size = 0.85 * this.rem;
    brush.font = `700 ${size}px ${this.family}`;
    const found = [];
    for (const key of (looks[block]?.keys ?? []).slice(0, 3)) {
      const chip = this.chips[key];
      if (!chip || (looks[block]?.weights[key] ?? 0) < 0.05) continue;
      const text = percents[block]?.[key] ?? "";
      const w = brush.measureText(text).width + 6;
      found.push({ text, x: chip.x + chip.w / 2 - w / 2, y: chip.y - (chip.line ? 0.6 : 0.75) * this.rem - size / 2, w, h: size });
    }
    this.shares = apart(found, this.width);
    brush.save();
    brush.globalAlpha *= alpha;
    brush.strokeStyle = this.paper;
    brush.lineWidth = 4;
    brush.lineJoin = "round";
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    for (const { text, x, y, w, h } of found) {
      brush.fillStyle = this.ink;
      brush.strokeText(text, x + w / 2, y + h / 2);
      brush.fillText(text, x + w / 2, y + h / 2);
    }
    brush.restore();
  }

  /** @param {number} key @param {number} grown how much of the way from the query is drawn @param {{colour: string, line: number, alpha: number}} look */
  arc(key, grown, { colour, line, alpha }) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const [from, to] = [this.chips[this.header.position], this.chips[key]];
    if (!from || !to || grown <= 0) return;
    const points = 28;
    brush.save();
    brush.globalAlpha *= alpha;
    brush.strokeStyle = colour;
    brush.lineWidth = line;
    brush.lineCap = "round";
    brush.beginPath();
    for (let i = 0; i <= points * grown; i++) {
      const { x, y } = bow(from, to, i / points, this.gap);
      if (i) brush.lineTo(x, y);
      else brush.moveTo(x, y);
    }
    brush.stroke();
    brush.restore();
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
    const w = this.low ? LOW_WIDTH * this.left : this.left - 8;
    const many = Math.sqrt(Math.ceil((this.strips.get("embedding.out")?.shades.length ?? 1) / COLUMNS));
    const row = Math.max(Math.min((this.low ? 0.09 : 0.075) * this.height, this.narrow ? 16 : 36) / Math.max(many, 1), 5);
    const most = Math.max(this.floor - y, 2 * rows); // a wide one has lower cells where there is little room
    return { x: 4, y, w: (w * columns) / full, h: Math.min(rows * row, most) };
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
    if (this.low) return this.write(label, box.x + box.w + 10, box.y + Math.min(box.h / 2, this.rem), { alpha: 0.85 * alpha, most: this.left - box.w - 16 });
    const y = box.y - 0.62 * this.rem;
    this.write(label, box.x, y, { alpha: 0.85 * alpha, most: box.w - 4 * this.rem });
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
    const gap = (this.low ? 0.4 : 1.9) * this.rem;
    const stream = this.below + (this.low ? 0 : gap);
    const first = this.home("embedding.out", stream);
    return { stream, aside: stream + first.h + (this.narrow ? 1.3 : this.low ? 1 : 2.2) * gap };
  }

  /** @param {Scene} scene @param {number} t */
  act(scene, t) {
    const { labels, depth } = this.header;
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
        if (scene.kind === "attention_added") this.arcs(scene.block, 1 - part(t, 0, 0.4));
        calm();
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
        this.arcs(scene.block, 1);
        calm();
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
    const { ids, position, labels } = this.header;
    const place = "embedding.token";
    const id = ids[position] ?? 0;
    const row = this.home(place, aside);
    const out = part(t, 0.45, 1);
    const [near, down] = this.low ? [1, 0] : [2, 1.2 * this.rem];
    for (let i = -near; i <= near; i++) {
      const box = { ...row, y: row.y + i * (row.h + 6) + down };
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
    const { position, labels } = this.header;
    this.arcs(block, part(t, 0.45, 1));
    this.sentence({ ids: 0, dim: 0.15 });
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
  }

  /** The place of a small strip under a token. @param {Box} chip @returns {Box} */
  under(chip) {
    return { x: chip.x + 1, y: chip.y + chip.h + 1, w: chip.w - 2, h: Math.max(0.22 * this.size, 4) };
  }

  /** Keys or values of the chosen head, each under its token. @param {"att.keys" | "att.values"} what @param {number} block @param {number} alpha @param {(chip: Box, key: number) => Box} [where] */
  rowsOf(what, block, alpha, where = (chip) => this.under(chip)) {
    const brush = /** @type {CanvasRenderingContext2D} */ (this.brush);
    const { looks, position } = this.header;
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
    const { head, heads, labels } = this.header;
    const place = `blocks.${block}.att.context`;
    this.arcs(block, 1);
    this.sentence({ ids: 0, dim: 0.15 });
    this.strip(`blocks.${block}.resid_pre`, this.home(`blocks.${block}.resid_pre`, stream), { label: labels.stream });
    const whole = this.home(place, aside);
    const slot = slice(whole, head, heads, this.columns(place), this.strips.get(place)?.shades.length ?? 1);
    this.strip(place, whole, { alpha: part(t, 0.7, 1), label: labels.context });
    this.frameOf(slot, Traveller.ATTENTION);
    const flow = part(t, 0.1, 0.75);
    this.rowsOf("att.values", block, 1 - part(t, 0.75, 0.95), (chip, key) => {
      void key;
      return between(this.under(chip), slot, flow);
    });
  }

  /** The guess forms: one line for each depth that has been reached. @param {Scene} scene @param {number} t */
  lens(scene, t) {
    const { guesses, labels, depth } = this.header;
    if (["tokens", "ids", "vocabulary", "joined"].includes(scene.kind)) return;
    const reached = scene.block < 0 ? (scene.kind === "final_norm" ? depth : 0) : scene.block + (["guess", "passing"].includes(scene.kind) && t > 0.5 ? 1 : 0);
    const shown = scene.kind === "lookup" || (scene.kind === "position" && t < 0.9) ? -1 : reached;
    const x = this.narrow ? 4 : this.left + 28;
    const width = this.narrow ? this.width - 8 : this.width - x - 4;
    const top = this.lensTop;
    const room = this.height - top - 1.2 * this.rem;
    const most = Math.max(Math.floor(room / this.rem), 1); // where there is little room: the last that were reached
    const row = Math.min(Math.max(room / (depth + 1), this.rem), 1.75 * this.rem);
    this.write(labels.would_say ?? "", x, top, { bold: true });
    const size = Math.min(0.76 * row, 0.95 * this.rem);
    const last = Math.min(shown, depth);
    const from = Math.max(last + 1 - most, 0);
    for (let at = from; at <= last; at++) {
      const [name, p, percent] = guesses[at]?.[0] ?? ["", 0, ""];
      const y = top + 1.1 * this.rem + (at - from + 0.5) * row;
      const label = at ? (labels.block ?? "").replace("{n}", String(at - 1)) : (labels.embedding ?? "");
      this.write(label, x, y, { size: Math.min(size, 0.8 * this.rem), alpha: 0.75, most: 0.3 * width });
      this.fill({ x: x + 0.33 * width, y: y - 0.36 * row, w: Math.max(0.45 * width * p, 2), h: 0.72 * row }, "#00936b", 0.35, 3);
      this.write(name, x + 0.34 * width, y, { size, mono: true, bold: at === shown, most: 0.44 * width });
      this.write(percent, x + width, y, { size: Math.min(size, 0.85 * this.rem), align: "right", alpha: 0.85, most: 0.2 * width });
    }
  }

  /** The bars rise, and the first of them flies to the end of the sentence. @param {number} t @param {number} stream @param {number} flight */
  vocabulary(t, stream, flight) {
    const { next, labels } = this.header;
    this.sentence({ dim: 0.35 * (1 - flight) });
    const place = "final_norm.normalised";
    this.strip(place, this.home(place, stream), { alpha: 1 - flight, label: flight ? "" : labels.final });
    const top = stream + this.home(place, stream).h + (this.low ? 0.3 : 0.7) * this.rem;
    const bottom = this.height - 4;
    if (this.low) return this.inPanel(next, t, flight);
    const n = Math.max(Math.min(Math.floor((bottom - top) / (0.9 * this.rem)), next.length), 1); // where there is little room: the first
    const row = Math.min((bottom - top) / n, 1.9 * this.rem);
    const name = Math.min(9 * this.rem, 0.3 * this.width);
    const widest = (this.narrow ? this.width : 0.75 * this.width) - name - 5 * this.rem;
    for (const [i, [label, p, percent]] of next.slice(0, n).entries()) {
      const y = top + (i + 0.5) * row;
      const grown = part(t, 0.06 * i, 0.55 + 0.06 * i);
      const alpha = i && flight ? 1 - 0.7 * flight : 1;
      this.fill({ x: name + 8, y: y - 0.36 * row, w: Math.max(widest * p * grown, 2), h: 0.72 * row }, i ? "#5b7595" : "#00936b", 0.85 * alpha, 3);
      this.write(percent, name + 14 + widest * p * grown, y, { alpha: alpha * grown, size: Math.min(0.76 * row, 0.95 * this.rem) });
      if (i || !flight) this.write(label, name, y, { align: "right", mono: true, bold: !i, alpha, size: Math.min(0.76 * row, 1.1 * this.rem), most: name });
    }
    this.fly({ x: name - 0.6 * this.size * (next[0]?.[0].length ?? 0), y: top + 0.5 * row }, flight);
  }

  /** The likeliest tokens beside the sentence, where there is no room below it. @param {Guess[]} next @param {number} t @param {number} flight */
  inPanel(next, t, flight) {
    const { labels } = this.header;
    const x = this.left + 28;
    const width = this.width - x - 4;
    const top = this.lensTop;
    this.write(labels.next ?? "", x, top, { bold: true });
    const room = this.height - top - 1.1 * this.rem;
    const n = Math.max(Math.min(Math.floor(room / (1.05 * this.rem)), next.length), 1);
    const row = Math.min(room / n, 1.75 * this.rem);
    const size = Math.min(0.76 * row, 0.95 * this.rem);
    for (const [i, [name, p, percent]] of next.slice(0, n).entries()) {
      const y = top + 1.1 * this.rem + (i + 0.5) * row;
      const alpha = i && flight ? 1 - 0.7 * flight : 1;
      this.fill({ x, y: y - 0.42 * row, w: Math.max(width * p * part(t, 0.06 * i, 0.55 + 0.06 * i), 3), h: 0.84 * row }, "#00936b", (i ? 0.25 : 0.42) * alpha, 4);
      if (i || !flight) this.write(name, x + 6, y, { size, mono: true, bold: !i, alpha, most: 0.66 * width });
      this.write(percent, x + width, y, { size: Math.min(size, 0.85 * this.rem), align: "right", alpha });
    }
    this.fly({ x: x + 6, y: top + 1.1 * this.rem + 0.5 * row }, flight);
  }

  /** The likeliest token on its way to the end of the sentence. @param {{x: number, y: number}} from @param {number} flight */
  fly(from, flight) {
    const [best] = this.header.next[0] ?? [""];
    const to = this.joined;
    if (!flight || !to) return;
    const go = part(flight, 0, 1);
    const x = mix(from.x, to.x, go);
    const y = mix(from.y, to.y + to.h / 2, go) - 40 * Math.sin(Math.PI * go);
    this.fill({ ...to, x, y: y - to.h / 2 }, "#00936b", 0.3);
    this.write(best, x + 0.18 * this.size, y, { size: this.size, mono: true, bold: true });
  }

  /** The stage at rest: the sentence large, what its last token looks at, and what could come next. */
  atRest() {
    const { layer, words, next, labels } = this.header;
    this.arcs(layer, 1);
    this.sentence({ ids: 0 });
    const found = words.length ? words : next.slice(0, 3);
    const x = this.narrow ? 4 : this.left - Math.round(0.26 * this.width) + 4;
    const width = this.narrow ? this.width - 8 : this.width - x - 4;
    const top = this.narrow ? this.below + 1.6 * this.rem : this.low ? 0.8 * this.rem : (this.chips[0]?.y ?? 0) - 0.4 * this.rem;
    this.write((words.length ? labels.next_word : labels.next) ?? "", x, top, { bold: true, size: 1.1 * this.rem });
    const row = Math.min((this.height - top - (this.low ? 1.4 : 2) * this.rem) / 3, 3.1 * this.rem);
    for (const [i, [name, p, percent]] of found.entries()) {
      const y = top + 1.3 * this.rem + (i + 0.5) * row;
      this.fill({ x, y: y - 0.42 * row, w: Math.max(width * p, 3), h: 0.84 * row }, "#00936b", i ? 0.25 : 0.42, 4);
      this.write(name, x + 8, y, { size: Math.min(0.52 * row, 1.5 * this.rem), mono: true, bold: !i, most: 0.66 * width });
      this.write(percent, x + width, y, { size: Math.min(0.42 * row, 1.2 * this.rem), align: "right" });
    }
  }
}

/** A point of the way from one token to another: a bow above both, or, from line to line, through what is between. @param {Box} from @param {Box} to @param {number} t @param {number} gap between two lines */
function bow(from, to, t, gap) {
  const [x0, x1] = [from.x + from.w / 2, to.x + to.w / 2];
  const x = mix(x0, x1, t);
  if (Math.abs(from.y - to.y) > 1) return { x: mix(x0, x1, eased(t)), y: mix(from.y - 1, to.y + to.h + 1, t) };
  const most = from.line ? gap - 5 : from.y - 9; // no higher than the line above, or than the picture
  const height = Math.min(18 + 0.16 * Math.abs(x1 - x0), 90, most);
  return { x, y: from.y - 1 - height * 4 * t * (1 - t) };
}

/** Labels side by side move apart until none covers another; all stay within the width. @param {(Box & {text: string})[]} labels @param {number} width */
function apart(labels, width) {
  const heights = new Set(labels.map(({ y }) => y));
  for (const height of heights) {
    const line = labels.filter(({ y }) => y === height).sort((a, b) => a.x - b.x);
    for (let tries = 0; tries < 8; tries++) {
      for (const [i, label] of line.entries()) {
        const after = line[i + 1];
        const over = after ? Math.max(label.x + label.w - after.x, 0) : 0;
        label.x -= over / 2;
        if (after) after.x += over / 2;
      }
    }
    let least = 0;
    for (const label of line) {
      label.x = Math.max(label.x, least);
      least = label.x + label.w;
    }
    let most = width;
    for (const label of line.reverse()) {
      label.x = Math.min(label.x, most - label.w);
      most = label.x;
    }
  }
  return labels;
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
