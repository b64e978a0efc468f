/** Single and multiple choices as rows that are easy to hit, and as labelled scales where there is room. */
import { el } from "./dom.js";
import { inLanguage, t } from "./language.js";

const SCALE_POINTS = [3, 7]; // at least, at most

/** A scale has points in order; everything else is a list. */
const isScale = (options) =>
  options.length >= SCALE_POINTS[0] &&
  options.length <= SCALE_POINTS[1] &&
  options.every((option) => Number.isInteger(option.value));

/**
 * @param {object} item of kind single or multiple.
 * @param {import("./items.js").Answering} answering
 * @returns {HTMLElement}
 */
export function choices(item, answering) {
  const isSingle = item.kind === "single";
  const substance = item.options.filter((option) => !isApart(option));
  const apart = item.options.filter(isApart);
  const chosen = [answering.get(item.id) ?? []].flat();
  const row = (option) => choice(item, option, chosen.includes(option.code));
  const clear = isSingle && clearButton(item);
  const hintId = item.hint && `hint-${item.id}`;
  const fieldset = el(
    "fieldset",
    { class: isSingle && isScale(substance) ? "question question--scale" : "question", "aria-describedby": hintId },
    el("legend", { class: "question__text" }, inLanguage(item.text)),
    item.hint && el("p", { class: "question__hint muted small", id: hintId }, inLanguage(item.hint)),
    el("div", { class: "choices" }, substance.map(row)),
    (apart.length > 0 || clear) && el("div", { class: "choices choices--apart" }, apart.map(row), clear),
  );
  const inputs = [...fieldset.querySelectorAll("input")];
  const settle = (changed) => {
    if (!isSingle && changed?.checked) ruleOut(item, inputs, changed);
    const codes = inputs.filter((input) => input.checked).map((input) => input.value);
    answering.set(item.id, isSingle ? (codes[0] ?? "") : codes);
    if (clear) clear.classList.toggle("is-idle", codes.length === 0);
  };
  fieldset.addEventListener("change", (event) => settle(event.target));
  clear?.addEventListener?.("click", () => {
    const first = inputs.find((input) => input.checked) ?? inputs[0];
    for (const input of inputs) input.checked = false;
    first.focus(); // the button goes; the focus stays in the question
    settle();
  });
  if (clear) clear.classList.toggle("is-idle", chosen.length === 0);
  return fieldset;
}

/** Codes that are no answer, and those that rule out all others, stand apart from the answers. */
const isApart = (option) => Boolean(option.missing || option.exclusive);

function choice(item, option, checked) {
  const type = item.kind === "single" ? "radio" : "checkbox";
  const input = el("input", {
    type,
    class: `kern-form-check__${type}`,
    name: item.id,
    value: option.code,
    autocomplete: "off",
  });
  input.checked = checked;
  return el("label", { class: "choice" }, input, el("span", { class: "choice__text" }, inLanguage(option.text)));
}

const clearButton = (item) =>
  el(
    "button",
    { type: "button", class: "clear", "aria-label": t().section.clearWhat(inLanguage(item.text)) },
    t().section.clear,
  );

function ruleOut(item, inputs, changed) {
  const isExclusive = (code) => Boolean(item.options.find((option) => option.code === code).exclusive);
  for (const input of inputs) {
    if (input !== changed && (isExclusive(changed.value) || isExclusive(input.value))) input.checked = false;
  }
}
