/** Elements without any parsing of HTML: the pages' policy (trusted types) allows no other way. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…`: a listener; true: present; false, null, undefined: absent.
 * @param {...(Node | string | null | undefined | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The heading of a screen, ready to take the focus. */
export const heading = (text) => el("h1", { class: "heading", tabindex: "-1" }, text);

export const paragraph = (text, name) => el("p", { class: name }, text);

/** @param {string[]} entries */
export const list = (entries) =>
  el(
    "ul",
    { class: "list" },
    entries.map((entry) => el("li", {}, entry)),
  );

/** @param {"primary" | "secondary" | "tertiary"} kind */
export const button = (kind, text, onclick, attributes = {}) =>
  el(
    "button",
    { type: "button", class: `kern-btn kern-btn--${kind}`, onclick, ...attributes },
    el("span", { class: "kern-label" }, text),
  );

export const link = (kind, text, href, attributes = {}) =>
  el("a", { class: `kern-btn kern-btn--${kind}`, href, ...attributes }, el("span", { class: "kern-label" }, text));

export const actions = (...children) => el("div", { class: "actions" }, ...children);

/** A note set apart. @param {"" | "problem" | "good"} kind */
export const note = (kind, title, ...children) =>
  el(
    "div",
    { class: kind ? `alert alert--${kind}` : "alert" },
    title && el("p", { class: "alert__title" }, title),
    ...children,
  );

/** What went wrong, above everything, with a link to each field. GOV.UK's error summary. */
export function errorSummary(title, faults) {
  const entries = faults.map(([id, text]) =>
    el("li", {}, el("a", { href: `#${id}`, onclick: (event) => focusField(event, id) }, text)),
  );
  return el(
    "div",
    { class: "alert alert--problem", role: "alert", tabindex: "-1", id: "errors" },
    el("h2", { class: "alert__title" }, title),
    el("ul", { class: "list" }, entries),
  );
}

function focusField(event, id) {
  event.preventDefault(); // the address bar stays as it is
  document.getElementById(id)?.focus();
}
