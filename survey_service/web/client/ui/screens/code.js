/** The field for the invitation code. */
import { normaliseCode } from "../../participation.js";
import { el } from "../dom.js";
import { t } from "../language.js";

/** @returns {{element: HTMLElement, input: HTMLInputElement}} what is typed outlives a change of language. */
export function codeField(session) {
  const words = t().code;
  const input = el("input", {
    class: "kern-form-input__input field__input field__code",
    id: "code",
    name: "code",
    type: "text",
    dir: "ltr",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    "aria-describedby": "code-hint",
    oninput: () => (session.typed = input.value),
  });
  input.value = session.typed;
  const element = el(
    "div",
    { class: "field" },
    el("label", { class: "question__text", for: "code" }, words.label),
    el("p", { class: "muted small", id: "code-hint" }, words.hint),
    input,
  );
  return { element, input };
}

/** @returns {{code?: string, fault?: string}} */
export function readCode({ input }) {
  const code = normaliseCode(input.value);
  input.toggleAttribute("aria-invalid", false);
  if (code !== null) return { code };
  input.setAttribute("aria-invalid", "true");
  return { fault: input.value.trim() ? t().code.invalid : t().code.empty };
}
