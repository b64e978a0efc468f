/** Questions as elements: a fieldset and legend for every choice, whatever the width. Nothing is chosen beforehand. */
import { fittingText } from "../participation.js";
import { choices } from "./choices.js";
import { el } from "./dom.js";
import { foreign, inLanguage, t } from "./language.js";

const LONGEST_LIST = 15; // options; more are easier to find in a list that opens

/**
 * @typedef {object} Answering
 * @property {(id: string) => string | string[] | undefined} get
 * @property {(id: string, answer: string | string[]) => void} set an empty answer: skipped.
 */

/**
 * @param {object} item of the questionnaire.
 * @param {Answering} answering
 * @returns {HTMLElement} its data-item is the item's id.
 */
export function question(item, answering) {
  const draw =
    item.kind === "number" || item.kind === "text" ? field : item.options.length > LONGEST_LIST ? opening : choices;
  const element = draw(item, answering);
  element.dataset.item = item.id;
  element.lang = foreign(item.text) ?? "";
  if (!element.lang) element.removeAttribute("lang");
  return element;
}

/** @returns {[string, string][]} the field and what is wrong with it, for each answer that cannot be sent. */
export const faultsOf = (items, answering) =>
  items
    .map((item) => [item, answering.get(item.id) ?? ""])
    .filter(([, answer]) => answer.length > 0)
    .map(([item, answer]) => [`field-${item.id}`, fault(item, answer)])
    .filter(([, text]) => text !== null);

function fault(item, answer) {
  const words = t().section;
  if (item.kind === "number") {
    const isWithin = Number(answer) >= item.minimum && Number(answer) <= item.maximum;
    return /^(0|-?[1-9][0-9]{0,14})$/.test(answer) && isWithin ? null : words.number(item.minimum, item.maximum);
  }
  if (item.kind === "text")
    return [...fittingText(answer)].length > item.max_length ? words.tooLong(item.max_length) : null;
  return null;
}

/** A number or a text. */
function field(item, answering) {
  const id = `field-${item.id}`;
  const isText = item.kind === "text";
  const hint = el(
    "p",
    { class: "muted small", id: `${id}-hint` },
    [inLanguage(item.hint ?? {}), rule(item)].filter(Boolean).join(" "),
  );
  const input = el(isText ? "textarea" : "input", {
    class: "kern-form-input__input field__input",
    id,
    "aria-describedby": hint.id,
    autocomplete: "off",
    ...(isText ? { rows: 5 } : { type: "text", inputmode: item.minimum < 0 ? "text" : "numeric" }),
  });
  input.value = answering.get(item.id) ?? "";
  const count = isText && el("p", { class: "muted small" });
  const tell = () =>
    count && (count.textContent = t().section.length([...fittingText(input.value)].length, item.max_length));
  input.addEventListener("input", () => {
    answering.set(item.id, isText ? input.value : input.value.trim());
    tell();
  });
  tell();
  return el(
    "div",
    { class: "question field" },
    el("label", { class: "question__text", for: id }, inLanguage(item.text)),
    hint,
    input,
    count,
  );
}

const rule = (item) =>
  item.kind === "text" ? t().section.textWarning : t().section.number(item.minimum, item.maximum);

/** A single choice among many, such as units. */
function opening(item, answering) {
  const id = `field-${item.id}`;
  const entry = (option) => el("option", { value: option.code }, inLanguage(option.text));
  const select = el(
    "select",
    {
      class: "kern-form-input__input field__input field__select",
      id,
      autocomplete: "off",
      "aria-describedby": item.hint && `${id}-hint`,
    },
    el("option", { value: "" }, t().section.choose),
    item.options.map(entry),
  );
  select.value = answering.get(item.id) ?? "";
  select.addEventListener("change", () => answering.set(item.id, select.value));
  return el(
    "div",
    { class: "question field" },
    el("label", { class: "question__text", for: id }, inLanguage(item.text)),
    item.hint && el("p", { class: "muted small", id: `${id}-hint` }, inLanguage(item.hint)),
    select,
  );
}
