/** Loads a closed round's ballot box and counts it again. */
import { fetchBytes, parsed, refuseIfAborted } from "./api.js";
import { boxFaults, credentialFaults } from "./ballot_box.js";
import { importCredentialKey } from "./blind_rsa.js";
import { fromBase64Url } from "./encodings.js";
import { Problem } from "./problem.js";
import { loadRound, loadStatus } from "./rounds.js";

/**
 * @param {string} roundId
 * @param {import("./api.js").Options & {onProgress?: (progress: {checked: number, total: number}) => void}} [options]
 * @returns {Promise<{terms: object, fingerprint: string, box: object, faults: string[]}>} fingerprint: of the terms;
 *   box: as served; faults: none if everything holds, else of `fingerprint_differs`, `counts_differ`,
 *   `receipts_unordered`, `root_differs`, `credentials_differ`, `serial_twice`, `credential_invalid`.
 * @throws {Problem} ballot_box_not_ready; those of `loadRound`; AbortError.
 */
export async function recount(roundId, { onProgress = () => {}, ...options } = {}) {
  const { terms, fingerprint } = await loadRound(roundId, options);
  const status = await loadStatus(roundId, options);
  const box = parsed(await fetchBytes(roundId, "/ballot-box", options));
  const credentials = parsed(await fetchBytes(roundId, "/ballot-box/credentials", options));
  if (!Array.isArray(box.receipts) || !Array.isArray(credentials)) throw new Problem("unexpected_answer");
  const key = await importCredentialKey(fromBase64Url(terms.credential_key));
  const stop = () => refuseIfAborted(options.signal);
  const faults = [
    ...(status.fingerprint === fingerprint ? [] : ["fingerprint_differs"]),
    ...(await boxFaults(terms, box, status.state)),
    ...(await credentialFaults(roundId, key, box.receipts, credentials, onProgress, stop)),
  ];
  return { terms, fingerprint, box, faults };
}
