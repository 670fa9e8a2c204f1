// The link that opens what is on screen, and its QR code, over the page.

const SAID = 2500; // milliseconds that "copied" stands on the button

let asked = 0; // asked for twice is two values

/**
 * @typedef {{share: string, close: string, link: string, copy: string, copied: string, code: string}} Labels
 * @typedef {{link: string, headline: string, notes: string[], picture: string | null, labels: Labels}} Data
 * @param {Mount<Data>} mount
 */
export default function ({ data, parentElement, setTriggerValue }) {
  const opens = /** @type {HTMLButtonElement} */ (parentElement.querySelector(".opens"));
  opens.textContent = data.labels.share;
  opens.hidden = false; // not before it has a name
  opens.onclick = () => {
    asked += 1;
    setTriggerValue("asked", asked);
  };
  if (data.picture) show(/** @type {HTMLDialogElement} */ (parentElement.querySelector("dialog")), data);
}

/** @param {HTMLDialogElement} dialog @param {Data} data */
function show(dialog, { link, headline, notes, picture, labels }) {
  /** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} text */
  const element = (tag, text = "") => {
    const node = document.createElement(tag);
    node.textContent = text;
    return node;
  };
  const field = element("input");
  field.readOnly = true;
  field.value = link;
  field.setAttribute("aria-label", labels.link);
  field.onfocus = () => field.select();
  const copies = element("button", labels.copy);
  copies.setAttribute("aria-live", "polite");
  copies.onclick = async () => {
    if (!(await copied(field))) return;
    copies.textContent = labels.copied;
    setTimeout(() => {
      copies.textContent = labels.copy;
    }, SAID);
  };
  const closes = element("button", labels.close);
  closes.onclick = () => dialog.close();
  const said = element("div");
  said.className = "said";
  if (headline) said.append(element("h2", headline));
  said.append(field, copies, ...notes.map((note) => element("p", note)), closes);
  const image = element("img");
  image.src = picture ?? "";
  image.alt = labels.code;
  dialog.replaceChildren(said, image);
  dialog.setAttribute("aria-label", labels.share);
  dialog.onclick = (event) => event.target === dialog && dialog.close(); // beside it
  keepKeys(dialog);
  if (!dialog.open) dialog.showModal();
}

/** While it is open, Escape closes it and nothing else, and no key goes to the page. @param {HTMLDialogElement} dialog */
function keepKeys(dialog) {
  /** @param {KeyboardEvent} event */
  const keep = (event) => {
    if (event.key === "Escape") dialog.close();
    else if (!["PageDown", "PageUp", "Home"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("keydown", keep, true);
  dialog.onclose = () => removeEventListener("keydown", keep, true);
}

/** Without https a browser has no clipboard for pages, but copies what is selected. @param {HTMLInputElement} field */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
