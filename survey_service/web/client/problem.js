/**
 * Why something did not succeed. Words for people are the pages' business.
 *
 * Codes of the service are those of the protocol, section 7. Codes of this client:
 * `unreachable` nothing answers, after all attempts; `unexpected_answer` what answers does not speak the protocol;
 * `unusable_terms` keys or members are not of the protocol's shape (`member`); `questionnaire_differs` its hash is not
 * the one of the terms; `not_a_code` no invitation code, however kindly one reads it; `unknown_answer` the
 * questionnaire has no such item, option, number or text (`item`); `answer_too_long` the answers do not fit;
 * `invalid_blind_signature` and `receipt_differs` what the service signed or acknowledged is something else.
 */
export class Problem extends Error {
  /**
   * @param {string} code stable, for programs.
   * @param {{retryAfter?: number, status?: number, member?: string, item?: string}} [facts] retryAfter: seconds.
   */
  constructor(code, facts = {}) {
    super(code);
    this.name = "Problem";
    this.code = code;
    Object.assign(this, facts);
  }
}
