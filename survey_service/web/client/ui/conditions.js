/** Which items somebody is shown: as `questionnaires/answers.py` decides it when responses are opened. */

/**
 * @param {object} questionnaire
 * @param {Record<string, string | string[]>} answers
 * @returns {object[]} the items shown, in order.
 */
export function shownItems(questionnaire, answers) {
  const conditions = new Map((questionnaire.conditions ?? []).map((condition) => [condition.id, condition]));
  const heard = {}; // answers to items that are shown; what is hidden opens nothing
  return questionnaire.items.filter((item) => {
    const isShown = (item.show_if ?? []).every((id) => holds(conditions.get(id), heard));
    if (isShown && item.id in answers) heard[item.id] = answers[item.id];
    return isShown;
  });
}

const holds = ({ items, options }, heard) =>
  items.some((id) => [heard[id] ?? []].flat().some((code) => options.includes(code)));

/**
 * @returns {{section: object, items: object[]}[]} the parts that have something to ask.
 */
export function shownParts(questionnaire, answers) {
  const items = shownItems(questionnaire, answers);
  return questionnaire.sections
    .map((section) => ({ section, items: items.filter((item) => item.section === section.id) }))
    .filter((part) => part.items.length > 0);
}

/** The answers as they are sent: those to shown items, none that is empty. */
export function answersToSend(questionnaire, answers) {
  const shown = shownItems(questionnaire, answers).map((item) => item.id);
  return Object.fromEntries(shown.filter((id) => answers[id]?.length > 0).map((id) => [id, answers[id]]));
}
