// What the server says of a class: how many are here and have voted is written, and a change of what is shown asks for a rerun.
// Events come by a stream; where none comes through, the same is asked for every two seconds.

const SILENT = 40_000; // milliseconds: the server says something every 15 seconds at least
const ASKS = 2000;
const TRIES = 15; // times it is asked before a stream is tried again

/** @typedef {{ over?: true, away?: true, shown: number, by: string, present: number, votes: number, sentences: number }} Said */
/**
 * `counted`: for each number its words for none, one and many.
 * @typedef {{ url: string, shown: number, window: string, ticket: string, counted: Record<string, string[]>, away: string }} Data
 */

/** @type {Following | undefined} */
let following;
let changes = 0; // each is another value
const claimed = new Set();

/** @param {Mount<Data>} mount */
export default function (mount) {
  const { data, parentElement } = mount;
  const line = /** @type {HTMLElement} */ (parentElement.querySelector(".line"));
  if (following?.url !== data.url) {
    following?.stop();
    following = new Following(data.url, data.shown);
  }
  following.draw(mount, line);
  if (data.ticket && !claimed.has(data.ticket)) {
    claimed.add(data.ticket);
    fetch(`${data.url}/claim`, { method: "POST", body: data.ticket }).catch(() => claimed.delete(data.ticket));
  }
  const mine = following;
  return () =>
    requestAnimationFrame(() => {
      if (mine.line?.isConnected) return;
      mine.stop();
      if (following === mine) following = undefined;
    });
}

/** @param {string} name @param {string} text */
function element(name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}

/** Goes on while pages and reruns come and go. */
class Following {
  /** @type {Said | undefined} */
  said;
  /** @type {EventSource | undefined} */
  source;
  /** @type {HTMLElement | undefined} */
  line;
  /** @type {Mount<Data> | undefined} */
  mount;
  away = false;
  asked = 0;
  timer = 0;
  stopped = false;

  /** @param {string} url @param {number} shown */
  constructor(url, shown) {
    this.url = url;
    this.seen = shown;
    this.listen();
  }

  /** @param {Mount<Data>} mount @param {HTMLElement} line */
  draw(mount, line) {
    this.mount = mount;
    this.line = line;
    this.seen = Math.max(this.seen, mount.data.shown);
    this.write();
  }

  listen() {
    this.source = new EventSource(`${this.url}/events`);
    this.source.onmessage = (event) => {
      this.expect();
      this.hear(JSON.parse(event.data));
    };
    this.source.onerror = () => this.source?.readyState === EventSource.CLOSED && this.ask();
    this.expect();
  }

  /** A proxy may hold a stream back without ending it. */
  expect() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), SILENT);
  }

  async ask() {
    this.source?.close();
    clearTimeout(this.timer);
    try {
      const answer = await fetch(`${this.url}/now`);
      if (answer.ok) this.hear(await answer.json());
      else if (answer.status === 404) this.hear(/** @type {Said} */ ({ over: true }));
    } catch {
      // The server is gone, which the page says.
    }
    if (this.stopped) return;
    this.asked += 1;
    this.timer = setTimeout(() => (this.asked % TRIES ? this.ask() : this.listen()), ASKS);
  }

  /** @param {Said} said */
  hear(said) {
    if (this.stopped) return;
    const resumes = this.away && !said.away;
    this.away = Boolean(said.away);
    this.said = said;
    this.write();
    if (said.over) {
      this.stop();
      this.change();
    } else if (!said.away) {
      const own = said.by !== "" && said.by === this.mount?.data.window; // a question is by nobody, and members have no name
      const new_here = said.shown > this.seen && !own;
      this.seen = Math.max(this.seen, said.shown);
      if (new_here || resumes) this.change();
    }
  }

  change() {
    changes += 1;
    this.mount?.setTriggerValue("changed", changes);
  }

  write() {
    if (!this.line || !this.mount) return;
    const { counted, away } = this.mount.data;
    const numbers = /** @type {Record<string, unknown>} */ (this.said ?? {});
    const parts = Object.entries(counted).map(([name, words]) => {
      const n = Number(numbers[name] ?? 0);
      return (words[Math.min(n, 2)] ?? "").replace("{n}", String(n));
    });
    const written = this.away ? [away] : parts.filter(Boolean);
    if (this.line.textContent === written.join(" · ")) return; // else it would be read aloud again
    this.line.classList.toggle("led", "code" in counted && !this.away);
    this.line.replaceChildren(...written.flatMap((part, i) => [...(i ? [element("i", " · ")] : []), element("span", part)]));
  }

  stop() {
    this.stopped = true;
    this.source?.close();
    clearTimeout(this.timer);
  }
}
