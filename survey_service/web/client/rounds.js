/** What a round publishes: terms, status and questionnaire. Protocol section 1. */
import { fetchBytes, parsed } from "./api.js";
import { importCredentialKey } from "./blind_rsa.js";
import { fingerprint, fromBase64Url, isHash, sha256, toHex } from "./encodings.js";
import { Problem } from "./problem.js";

const SEALING_KEY_LENGTH = 65; // bytes: 0x04 and two coordinates of a P-256 point

const isCount = (value) => Number.isInteger(value) && value >= 1;
const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What each member of the terms must be; the two keys are checked by importing them. */
const MEMBERS = {
  protocol: (value) => value === "1",
  round_id: (value, roundId) => value === roundId,
  title: isObject,
  languages: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  questionnaire: (value) => isObject(value) && isHash(value.sha256),
  survey_sha256: isHash,
  minimum_group_size: isCount,
  roster_size: isCount,
  custody: (value) => isText(value) && /^(server|[1-9][0-9]* of [1-9][0-9]* trustees)$/.test(value),
  plaintext_size: (value) => isCount(value) && value > 4,
};

/**
 * @param {string} roundId
 * @param {import("./api.js").Options} [options]
 * @returns {Promise<{terms: object, termsBytes: Uint8Array, fingerprint: string}>} termsBytes: as served.
 * @throws {Problem} unusable_terms: nobody should answer under them; unknown_round; those of `api.js`.
 */
export async function loadRound(roundId, options) {
  const termsBytes = await fetchBytes(roundId, "/terms", options);
  const terms = parsed(termsBytes);
  for (const [member, fits] of Object.entries(MEMBERS)) {
    if (!fits(terms[member], roundId)) throw new Problem("unusable_terms", { member });
  }
  await importCredentialKey(fromBase64Url(terms.credential_key));
  await checkSealingKey(terms.sealing_key);
  return { terms, termsBytes, fingerprint: await fingerprint(termsBytes) };
}

/**
 * @param {string} roundId
 * @param {import("./api.js").Options} [options]
 * @returns {Promise<{round_id: string, state: string, opens_at: string, closes_at: string, fingerprint: string}>}
 * @throws {Problem} unknown_round; those of `api.js`.
 */
export const loadStatus = async (roundId, options) => parsed(await fetchBytes(roundId, "", options));

/**
 * @param {{round_id: string, questionnaire: {sha256: string}}} terms
 * @param {import("./api.js").Options} [options]
 * @returns {Promise<object>} as served.
 * @throws {Problem} questionnaire_differs; those of `api.js`.
 */
export async function loadQuestionnaire(terms, options) {
  const served = await fetchBytes(terms.round_id, "/questionnaire", options);
  if (toHex(await sha256(served)) !== terms.questionnaire.sha256) throw new Problem("questionnaire_differs");
  return parsed(served);
}

async function checkSealingKey(text) {
  const point = fromBase64Url(text, SEALING_KEY_LENGTH);
  try {
    await crypto.subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, false, []);
  } catch {
    throw new Problem("unusable_terms", { member: "sealing_key" });
  }
}
