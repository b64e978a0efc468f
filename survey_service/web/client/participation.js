/*! Contains hpke 1.1.7, Copyright (c) 2025 Filip Skokan, MIT License */
/** Taking part, from the answers to the receipt, and everything else a page needs of the protocol. */
import { answersJson } from "./answers.js";
import { jsonBytes, post } from "./api.js";
import { MODULUS_LENGTH, RANDOMIZER_LENGTH, blind, finalize, importCredentialKey, randomBytes } from "./blind_rsa.js";
import { fromBase64Url, joined, normaliseCode, sha256, toBase64Url, toHex } from "./encodings.js";
import { Problem } from "./problem.js";
import { SERIAL_LENGTH, credentialMessage, seal } from "./sealing.js";

export { fittingText } from "./answers.js";
export { normaliseCode } from "./encodings.js";
export { Problem } from "./problem.js";
export { recount } from "./recount.js";
export { loadQuestionnaire, loadRound, loadStatus } from "./rounds.js";

/**
 * One person's taking part. Its fields are secrets of that person: they stay in memory, never in any storage.
 *
 * Everything random is drawn in `begin`, so that every attempt to submit sends the very same bytes: the service then
 * gives the same signature and the same receipt again, and nothing counts twice.
 */
export class Participation {
  /** Use `Participation.begin`. */
  constructor(fields) {
    Object.assign(this, fields);
  }

  /**
   * Seals the answers and blinds a fresh credential; nothing is sent yet.
   *
   * @param {object} terms from `loadRound`.
   * @param {object} questionnaire from `loadQuestionnaire`.
   * @param {Record<string, string | string[]>} answers item id → option code, option codes, decimal or text.
   * @returns {Promise<Participation>}
   * @throws {Problem} unknown_answer, answer_too_long
   */
  static async begin(terms, questionnaire, answers) {
    const json = answersJson(terms.questionnaire.sha256, questionnaire, answers);
    const key = await importCredentialKey(fromBase64Url(terms.credential_key));
    const serial = randomBytes(SERIAL_LENGTH);
    const randomizer = randomBytes(RANDOMIZER_LENGTH);
    const prepared = joined(randomizer, credentialMessage(terms.round_id, serial));
    const { blindedMessage, inverse } = await blind(key, prepared);
    const sealed = await seal(terms, serial, json);
    const receipt = toHex(await sha256(sealed));
    const roundId = terms.round_id;
    return new Participation({ roundId, key, serial, randomizer, prepared, blindedMessage, inverse, sealed, receipt });
  }

  /**
   * Exchanges the code for a credential, and hands the sealed response in with it. After a failure it may be called
   * again: with the same code it goes on where it stopped, and after a wrong code the right one may follow.
   *
   * @param {string} code as typed.
   * @param {import("./api.js").Options & {onStep?: (step: "redeem" | "verify" | "respond" | "done") => void}} [options]
   * @returns {Promise<string>} the receipt, 64 hex digits; the response is durably kept.
   * @throws {Problem} not_a_code, invalid_blind_signature, receipt_differs; those of the service and of `api.js`.
   */
  async submit(code, { onStep = () => {}, ...options } = {}) {
    if (this.response === undefined) this.response = await redeem(this, code, onStep, options);
    onStep("respond");
    const { receipt } = await post(this.roundId, "/responses", this.response, options);
    if (receipt !== this.receipt) throw new Problem("receipt_differs");
    onStep("done");
    return receipt;
  }
}

/** @returns {Promise<Uint8Array>} the request that hands the sealed response in. */
async function redeem(participation, code, onStep, options) {
  const { roundId, key, serial, randomizer, prepared, blindedMessage, inverse, sealed } = participation;
  const invitation = normaliseCode(code);
  if (invitation === null) throw new Problem("not_a_code");
  onStep("redeem");
  const request = jsonBytes({ invitation, blinded_message: toBase64Url(blindedMessage) });
  const answer = await post(roundId, "/credentials", request, options);
  const blindSignature = fromBase64Url(answer.blind_signature, MODULUS_LENGTH);
  if (blindSignature === null) throw new Problem("unexpected_answer");
  onStep("verify");
  const signature = await finalize(key, prepared, blindSignature, inverse);
  const members = Object.entries({ serial, randomizer, signature, sealed });
  return jsonBytes(Object.fromEntries(members.map(([name, bytes]) => [name, toBase64Url(bytes)])));
}
