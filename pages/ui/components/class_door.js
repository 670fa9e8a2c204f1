// The code of a class, typed: its link is opened.

/** @param {Mount<{url: string, label: string, join: string}>} mount */
export default function ({ data, parentElement }) {
  const form = /** @type {HTMLFormElement} */ (parentElement.querySelector("form"));
  const field = /** @type {HTMLInputElement} */ (parentElement.querySelector("input"));
  const label = /** @type {HTMLLabelElement} */ (parentElement.querySelector("label"));
  field.id = "class-code"; // of this component alone: it has a root of its own
  label.htmlFor = field.id;
  label.textContent = data.label;
  /** @type {HTMLButtonElement} */ (parentElement.querySelector("button")).textContent = data.join;
  form.onsubmit = (event) => {
    event.preventDefault();
    const code = field.value.trim();
    if (code) location.assign(data.url + encodeURIComponent(code));
  };
}
