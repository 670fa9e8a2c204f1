// The keys of a clicker, whatever has the focus. What stands on the stage may take a step for itself first.

/** @type {Record<string, string | undefined>} */
const WAYS = { PageDown: "on", PageUp: "back", Home: "first" };

let pressed = 0; // a way asked for twice is two values
let shown = ""; // the step that was last on the screen

/** @type {((event: KeyboardEvent) => void) | undefined} */
let listening;

/** @type {Fitting | undefined} */
let fitting;

/**
 * @typedef {{at: number, n: number, labels: Record<string, string>, wall: string}} Data
 * @param {Mount<Data>} mount
 */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = /** @type {HTMLElement} */ (parentElement.querySelector(".steps"));
  sessionStorage.setItem("glassbox wall", data.wall);
  /** @param {string} name */
  const go = (name) => {
    pressed += 1;
    setTriggerValue("way", { name, pressed });
  };
  /** The journey may take the key for a scene of its own; the buttons pass it by. @param {string} name */
  const offer = (name) => document.dispatchEvent(new CustomEvent("glassbox:step", { detail: name, cancelable: true })) && go(name);
  /** @param {string} name @param {string} sign */
  const button = (name, sign) => {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = sign;
    node.title = data.labels[name] ?? "";
    node.setAttribute("aria-label", data.labels[name] ?? "");
    node.onclick = () => go(name);
    return node;
  };
  const where = document.createElement("span");
  where.textContent = `${data.at + 1} / ${data.n}`;
  if (shown !== `${location.pathname} ${data.at}`) document.querySelector(".stMain")?.scrollTo(0, 0);
  shown = `${location.pathname} ${data.at}`;
  const whole = button("fill", "");
  whole.className = "fill";
  whole.onclick = fillScreen;
  place.replaceChildren(whole, button("back", "◀"), where, button("on", "▶"));
  place.setAttribute("aria-label", data.labels.steps ?? "");
  fitting?.stop();
  fitting = new Fitting(place);
  if (listening) document.removeEventListener("keydown", listening, true);
  listening = (event) => {
    if (!place.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
    const writes = event.composedPath()[0];
    const inText = writes instanceof HTMLTextAreaElement || (writes instanceof HTMLInputElement && writes.type === "text");
    const way = WAYS[event.key];
    if (event.key === "Enter" && !event.isComposing && writes instanceof HTMLInputElement && inText) giveBack(writes);
    const open = /** @type {HTMLElement | null} */ (document.querySelector(OPEN));
    if (way && !(inText && event.key === "Home")) {
      open?.click(); // or it would cover the next step
      fitting?.scroll(way) || offer(way);
    } else if (event.key === "Escape" && open) open.click();
    else if (event.key === "Escape" && inText && writes.role !== "combobox") takeBack(writes);
    else if (event.key === "/" && !inText) focusSentence();
    else if (event.key.toLowerCase() === "f" && !inText) fillScreen();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", listening, true);
  return () => requestAnimationFrame(() => place.isConnected || fitting?.stop());
}

const OPEN = '.st-key-class_bar [data-testid="stPopover"] button[aria-expanded="true"]';
const FILLED = ".glassbox-chart.filled";
const LOWEST = 0.42; // of the window: a chart that is lower cannot be read
const HIGHEST = 0.74;
const USUAL = 0.55; // where a step is higher than the screen
const SMALLEST = 0.8; // at least this large is all that is drawn smaller so that it fits
const SURELY = 3; // pixels that charts give besides, where a step is too high
const TRIES = 12;
const MORE = 24; // pixels that are worth a key press

/**
 * Makes one step fill the screen and no more: charts get the height that is left, then everything gets a little smaller.
 * A step that does not fit even then has its usual size, and the clicker goes down it before it goes on.
 */
class Fitting {
  tries = 0;
  timer = 0;
  tooHigh = false;
  gave = false; // whether the charts became lower last
  wanted = 0; // height of the charts; one that needs more takes it

  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.main = document.querySelector(".stMain");
    this.content = /** @type {HTMLElement | null} */ (document.querySelector(".stMainBlockContainer"));
    this.watch = new ResizeObserver(() => this.soon());
    if (this.content) this.watch.observe(this.content);
    this.again = () => {
      this.tries = 0;
      this.tooHigh = false;
      this.wanted = 0;
      this.gave = false;
      this.content?.style.removeProperty("zoom");
      this.soon();
    };
    this.look = () => {
      place.classList.toggle("more", this.isMore("on"));
      place.classList.toggle("pictures", charts().length > 0);
    };
    addEventListener("resize", this.again);
    this.main?.addEventListener("scroll", this.look);
    this.again();
  }

  stop() {
    this.watch.disconnect();
    removeEventListener("resize", this.again);
    this.main?.removeEventListener("scroll", this.look);
    clearTimeout(this.timer);
    document.documentElement.style.removeProperty("--chart-height");
    this.content?.style.removeProperty("zoom");
  }

  /** @param {string} way */
  isMore(way) {
    const { scrollTop, clientHeight, scrollHeight } = this.main ?? document.documentElement;
    if (!this.tooHigh) return false; // or it is being fitted still
    return way === "on" ? scrollTop + clientHeight < scrollHeight - MORE : way === "back" && scrollTop > MORE;
  }

  /** Goes down or up within a step, if there is more of it. @param {string} way */
  scroll(way) {
    const more = this.isMore(way);
    if (more) this.main?.scrollBy({ top: (way === "on" ? 0.75 : -0.75) * this.main.clientHeight });
    return more;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fit(), 120);
  }

  /** @param {number} height */
  setChartHeight(height) {
    document.documentElement.style.setProperty("--chart-height", `${Math.floor(height)}px`);
    document.dispatchEvent(new Event("glassbox:fit"));
  }

  fit() {
    const { main, content } = this;
    if (!main || !content || !this.place.isConnected) return;
    this.look();
    if (document.querySelector(FILLED)) return; // the step behind it stays as it is
    if (this.tries >= TRIES || this.tooHigh) return;
    this.tries += 1;
    document.dispatchEvent(new Event("glassbox:room")); // the journey takes the height that is left
    const bottom = [...content.querySelectorAll(".stElementContainer")].map((one) => one.getBoundingClientRect().bottom);
    const used = Math.max(...bottom, 0) - content.getBoundingClientRect().top + 8;
    const over = main.scrollHeight - main.clientHeight;
    const spare = over > 0 ? -over : main.clientHeight - used;
    const plots = charts();
    const tops = new Set(plots.map((plot) => Math.round(plot.getBoundingClientRect().top / 60)));
    const now = Math.max(...plots.map((plot) => plot.clientHeight), 0);
    const least = Math.max(LOWEST, ...plots.map((plot) => Number(/** @type {HTMLElement} */ (plot).dataset.least ?? 0)));
    const scale = Number(content.style.zoom || 1);
    const given = spare / Math.max(tops.size, 1) / scale - (over > 0 ? SURELY : 0);
    const wanted = Math.min(Math.max(now + given, least * innerHeight), HIGHEST * innerHeight);
    const gives = over > 0 && now > least * innerHeight + 1; // what is cut by a line is cut
    const grows = over <= 0 && !this.gave && Math.abs(wanted - now) > 6;
    const low = now < least * innerHeight - 6; // they were fitted to a smaller window
    if (plots.length && (gives || grows || low) && Math.abs(wanted - this.wanted) > 2) {
      this.wanted = wanted;
      this.gave = gives; // or it would grow and give in turn
      this.setChartHeight(wanted);
      this.soon();
    } else if (spare < -1 && (scale > SMALLEST || over > MORE)) {
      const zoom = Math.max(scale * Math.min(Math.max(main.clientHeight / used, 0.8), 0.98), SMALLEST);
      this.tooHigh = scale <= SMALLEST;
      content.style.zoom = this.tooHigh ? "1" : String(zoom);
      this.gave = false;
      if (this.tooHigh) this.setChartHeight(Math.max(USUAL, least) * innerHeight);
      this.soon();
    }
  }
}

/** @returns {HTMLElement[]} */
function charts() {
  const plots = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".glassbox-chart .plot"));
  return [...plots].filter((plot) => plot.checkVisibility());
}

// The chart that has the focus, or else the largest; chart.js does the rest.
function fillScreen() {
  const plots = charts().sort((one, other) => other.clientWidth * other.clientHeight - one.clientWidth * one.clientHeight);
  const chosen = plots.find((plot) => plot.contains(document.activeElement)) ?? plots[0];
  chosen?.dispatchEvent(new Event("glassbox:fill"));
}

// What is typed in one line is read with Enter: then `/` and F are the clicker's again, and the line begins at its beginning.
/** @param {HTMLInputElement} field */
function giveBack(field) {
  if (field.role === "combobox") return; // it is not done with Enter
  field.addEventListener("keyup", () => field.blur(), { once: true });
}

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

let before = ""; // what stood in the field that has the focus
document.addEventListener("focusin", (event) => {
  const field = event.composedPath()[0];
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) before = field.value;
});

// Escape in a text takes back what was typed since the focus came, and does not leave presenter mode as well.
/** @param {Field} field */
function takeBack(field) {
  const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value")?.set?.call(field, before); // React hears of it
  field.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => field.blur());
}

function focusSentence() {
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector(".st-key-text input, .st-key-text textarea");
  field?.focus();
  field?.select();
}
