// The keys of a clicker, whatever has the focus. What stands on the stage may take a step for itself first.

/** @type {Record<string, string | undefined>} */
const WAYS = { PageDown: "on", PageUp: "back", Home: "first" };

let pressed = 0; // a way asked for twice is two values

/** @type {((event: KeyboardEvent) => void) | undefined} */
let listening;

/**
 * @typedef {{at: number, n: number, labels: Record<string, string>}} Data
 * @param {Mount<Data>} mount
 */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = /** @type {HTMLElement} */ (parentElement.querySelector(".steps"));
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
  place.replaceChildren(button("back", "◀"), where, button("on", "▶"));
  place.setAttribute("aria-label", data.labels.steps ?? "");
  if (listening) document.removeEventListener("keydown", listening, true);
  listening = (event) => {
    if (!place.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
    const writes = event.composedPath()[0];
    const inText = writes instanceof HTMLTextAreaElement || (writes instanceof HTMLInputElement && writes.type === "text");
    const way = WAYS[event.key];
    if (way && !(inText && event.key === "Home")) offer(way);
    else if (event.key === "/" && !inText) focusSentence();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", listening, true);
}

function focusSentence() {
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector(".st-key-text input, .st-key-text textarea");
  field?.focus();
  field?.select();
}
