/** "Check your answers": everything that will be sent, with a way to change each part. */
import { shownParts } from "../conditions.js";
import { actions, button, el, heading, paragraph } from "../dom.js";
import { inLanguage, t } from "../language.js";

export function review(session) {
  const words = t().review;
  return [
    heading(words.title),
    paragraph(words.intro),
    ...shownParts(session.questionnaire, session.answers).map((part) => summary(session, part)),
    paragraph(words.final, "final"),
    actions(
      button("primary", words.send, () => session.send()),
      button("tertiary", t().back, () => session.back()),
    ),
  ];
}

function summary(session, { section, items }) {
  const words = t().review;
  const title = inLanguage(section.title);
  const isEmpty = items.every((item) => !session.answers[item.id]?.length);
  return el(
    "section",
    { class: "summary" },
    el(
      "div",
      { class: "summary__head" },
      el("h2", { class: "heading heading--part" }, title),
      el(
        "button",
        {
          type: "button",
          class: "text-button",
          "aria-label": words.changePart(title),
          onclick: () => session.change(section.id),
        },
        words.change,
      ),
    ),
    isEmpty
      ? paragraph(words.allSkipped, "muted")
      : el(
          "dl",
          { class: "summary__answers" },
          items.map((item) => {
            const text = inWords(item, session.answers[item.id]);
            return el(
              "div",
              {},
              el("dt", {}, inLanguage(item.text)),
              el("dd", { class: text === null ? "muted" : undefined }, text ?? words.skipped),
            );
          }),
        ),
  );
}

/** @returns {string | null} null: skipped. */
function inWords(item, answer) {
  if (!answer?.length) return null;
  if (item.kind === "number" || item.kind === "text") return answer;
  const codes = [answer].flat();
  return item.options
    .filter((option) => codes.includes(option.code))
    .map((option) => inLanguage(option.text))
    .join(", ");
}
