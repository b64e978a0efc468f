/** What stands in the way, and what to do about it: one page for each. */
import { actions, button, el, errorSummary, heading, link, paragraph } from "../dom.js";
import { dateAndTime, t } from "../language.js";
import { codeField, readCode } from "./code.js";

const WRONG_CODE = ["unknown_invitation", "not_a_code", "already_redeemed", "rate_limited"];
const UNTRUSTED = [
  "unusable_terms",
  "questionnaire_differs",
  "invalid_blind_signature",
  "receipt_differs",
  "unknown_answer",
];
const FINAL = ["unknown_round", "round_not_open", "crypto", "untrusted"]; // trying again changes nothing

/** @param {string} code of a Problem. @returns {keyof typeof import("../texts_de.js").de.problem.codes} */
export function reasonOf(code) {
  if (UNTRUSTED.includes(code)) return "untrusted";
  return code in t().problem.codes ? code : "other";
}

/** While the page loads, or while the response is handed in. */
export function problem(session) {
  const { code, isSending } = session.problem;
  const reason = reasonOf(code);
  const words = t().problem;
  const [title, text] = words.codes[reason];
  const keeps = isSending && !FINAL.includes(reason);
  return [
    heading(title),
    paragraph(text),
    keeps && paragraph(words.kept),
    isSending && WRONG_CODE.includes(reason) && otherCode(session),
    actions(
      !FINAL.includes(reason) &&
        !(isSending && WRONG_CODE.includes(reason)) &&
        button("primary", words.retry, () => session.retry()),
      reason === "answer_too_long" && button("secondary", t().back, () => session.go("review")),
      !isSending && link("secondary", words.home, "/"),
    ),
  ].filter(Boolean);
}

function otherCode(session) {
  const field = codeField(session);
  const errors = el("div");
  const use = (event) => {
    event.preventDefault();
    const { code, fault } = readCode(field);
    if (fault) {
      errors.replaceChildren(errorSummary(t().errors, [[field.input.id, fault]]));
      errors.firstChild.focus();
      return;
    }
    session.code = code;
    session.send();
  };
  return el(
    "form",
    { class: "stack", novalidate: true, onsubmit: use },
    errors,
    field.element,
    button("primary", t().code.use, null, { type: "submit" }),
  );
}

/** A round in which nobody can answer now. */
export function notOpen({ status }) {
  const { title, text } = t().states[status.state] ?? t().states.closed;
  const isOver = status.state !== "scheduled";
  return [
    heading(title),
    ...text(dateAndTime(status.opens_at), dateAndTime(status.closes_at)).map((entry) => paragraph(entry)),
    actions(
      isOver && status.state !== "lost" && link("secondary", t().receipt.check, "/receipt", { "data-page": true }),
      link("tertiary", t().problem.home, "/"),
    ),
  ];
}
