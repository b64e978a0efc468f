/**
 * Answers as they are sealed: in the questionnaire's order, because the order of clicking would tell of the person, and
 * checked, because one unfit answer would cost a person all the others: an unreadable response is not counted.
 */
import { Problem } from "./problem.js";

const INTEGER = /^(0|-?[1-9][0-9]{0,14})$/; // the one decimal form of a whole number
const UNFIT = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g; // control characters but the line feed
const LONE_SURROGATE = /\p{Surrogate}/gu; // in a pattern with "u", pairs are no surrogates any more

/**
 * A text as the service takes it: what people paste may hold tabs, carriage returns and broken characters.
 *
 * @param {string} text
 * @returns {string} count its length in code points, as `[...text].length`.
 */
export const fittingText = (text) =>
  text.replace(/\r\n?/g, "\n").replace(/\t/g, " ").replace(UNFIT, "").replace(LONE_SURROGATE, "\ufffd");

/**
 * The bytes that are sealed. Protocol section 4.
 *
 * @param {string} questionnaireHash SHA-256, hex.
 * @param {{items: object[]}} questionnaire as served.
 * @param {Record<string, string | string[]>} answers item id → option code, option codes, decimal or text; the empty
 *   ones count as left out.
 * @returns {string} JSON.
 * @throws {Problem} unknown_answer
 */
export function answersJson(questionnaireHash, questionnaire, answers) {
  const given = new Map(Object.entries(answers));
  const members = [];
  for (const item of questionnaire.items) {
    const answer = given.has(item.id) ? checked(item, given.get(item.id)) : "";
    given.delete(item.id);
    // Written member by member: an object would put ids that look like numbers first.
    if (answer.length > 0) members.push(JSON.stringify(item.id) + ":" + JSON.stringify(answer));
  }
  for (const item of given.keys()) throw new Problem("unknown_answer", { item });
  return `{"questionnaire":${JSON.stringify(questionnaireHash)},"answers":{${members.join(",")}}}`;
}

function checked(item, answer) {
  const fit = answer.length === 0 ? answer : READERS[item.kind](item, answer);
  if (fit === null) throw new Problem("unknown_answer", { item: item.id });
  return fit;
}

const codesOf = (item) => item.options.map((option) => option.code);

/** Each returns the answer as it is sent, or null: the questionnaire has no such answer. */
const READERS = {
  single: (item, answer) => (codesOf(item).includes(answer) ? answer : null),
  multiple(item, answer) {
    if (!Array.isArray(answer)) return null;
    const chosen = item.options.filter((option) => answer.includes(option.code));
    const isAlone = chosen.length === 1 || !chosen.some((option) => option.exclusive);
    return isAlone && chosen.length === new Set(answer).size ? chosen.map((option) => option.code) : null;
  },
  number(item, answer) {
    const isWithin = Number(answer) >= item.minimum && Number(answer) <= item.maximum;
    return typeof answer === "string" && INTEGER.test(answer) && isWithin ? answer : null;
  },
  text(item, answer) {
    const text = typeof answer === "string" ? fittingText(answer) : null;
    return text !== null && [...text].length <= item.max_length ? text : null;
  },
};
