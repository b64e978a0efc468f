/** A part of the questionnaire on one page, and the content note before it. */
import { shownItems, shownParts } from "../conditions.js";
import { actions, button, el, errorSummary, heading, note as noteBox, paragraph } from "../dom.js";
import { faultsOf, question } from "../items.js";
import { inLanguage, language, t } from "../language.js";

/** @returns {Node[]} */
export function note(session, section) {
  const words = t().note;
  const skip = () => {
    for (const item of session.questionnaire.items) if (item.section === section.id) delete session.answers[item.id];
    session.next(`section:${section.id}`);
  };
  return [
    place(session, section),
    heading(inLanguage(section.title)),
    noteBox("", words.title, paragraph(inLanguage(section.note))),
    actions(
      button("primary", words.go, () => session.go(`section:${section.id}`)),
      button("secondary", words.skip, skip),
    ),
    actions(backButton(session)),
  ];
}

/** @returns {Node[]} */
export function section(session, part) {
  const { questionnaire } = session;
  const items = questionnaire.items.filter((item) => item.section === part.id);
  const questions = new Map();
  const answering = {
    get: (id) => session.answers[id],
    set: (id, answer) => {
      session.answer(id, answer);
      showOnly(questions, shownItems(questionnaire, session.answers));
    },
  };
  const errors = el("div");
  const onward = () => {
    const shown = shownItems(questionnaire, session.answers).filter((item) => item.section === part.id);
    const faults = faultsOf(shown, answering);
    errors.replaceChildren(...(faults.length > 0 ? [errorSummary(t().errors, faults)] : []));
    markFaults(questions, faults);
    if (faults.length > 0) errors.firstChild.focus();
    else session.next(`section:${part.id}`);
  };
  const elements = grouped(questionnaire, items, (item) => {
    const element = question(item, answering);
    questions.set(item.id, element);
    return element;
  });
  showOnly(questions, shownItems(questionnaire, session.answers));
  return [
    errors,
    place(session, part),
    heading(inLanguage(part.title)),
    (questionnaire.unconfirmed ?? []).includes(language()) && paragraph(t().unconfirmed, "muted small"),
    ...elements,
    actions(
      button("primary", session.isReviewing ? t().section.toReview : t().next, onward),
      !session.isReviewing && backButton(session),
    ),
  ].filter(Boolean);
}

const backButton = (session) => button("tertiary", t().back, () => session.back());

function place(session, section) {
  const parts = shownParts(session.questionnaire, session.answers);
  const number = parts.findIndex((part) => part.section.id === section.id) + 1;
  return paragraph(t().part(number, parts.length), "place muted");
}

/** Items of one block stand under its stem; the others alone. */
function grouped(questionnaire, items, draw) {
  const groups = [];
  for (const item of items) {
    const last = groups[groups.length - 1];
    if (last && item.block && last.block === item.block) last.items.push(item);
    else groups.push({ block: item.block, items: [item] });
  }
  return groups.map(({ block, items: members }) => {
    const stem = block && questionnaire.blocks.find((one) => one.id === block);
    if (!stem) return draw(members[0]);
    const id = `block-${stem.id}-${members[0].id}`;
    return el(
      "section",
      { class: "block", "aria-labelledby": id },
      el("h2", { class: "heading heading--part block__stem", id }, inLanguage(stem.text)),
      members.map(draw),
    );
  });
}

function showOnly(questions, shown) {
  const ids = new Set(shown.map((item) => item.id));
  for (const [id, element] of questions) element.hidden = !ids.has(id);
}

function markFaults(questions, faults) {
  const faulty = new Map(faults);
  for (const element of questions.values()) {
    const input = element.querySelector(".field__input");
    if (!input) continue;
    const text = faulty.get(input.id);
    element.classList.toggle("question--fault", text !== undefined);
    element.querySelector(".question__fault")?.remove();
    input.removeAttribute("aria-invalid");
    if (text === undefined) continue;
    input.setAttribute("aria-invalid", "true");
    input.before(el("p", { class: "question__fault" }, text));
  }
}
