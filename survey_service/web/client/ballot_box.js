/** The frozen ballot box, counted again by whoever looks. Protocol section 5. */
import { RANDOMIZER_LENGTH, MODULUS_LENGTH, verify } from "./blind_rsa.js";
import { fromBase64Url, fromHex, isHash, joined, sha256, toHex } from "./encodings.js";
import { SERIAL_LENGTH, credentialMessage } from "./sealing.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const UNSEALED = ["unsealed", "released", "erased"];
const AT_ONCE = 16; // signatures: between two batches the page can draw and answer

/**
 * The Merkle tree head of RFC 9162 section 2.1.1; SHA-256, 32 bytes.
 *
 * The RFC splits at the largest power of two below the number of leaves. Pairing level by level, and passing a last
 * odd node up unchanged, builds the same tree without recursion.
 *
 * @param {Uint8Array[]} leaves
 * @returns {Promise<Uint8Array>}
 */
export async function merkleTreeHead(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  let level = await Promise.all(leaves.map((leaf) => sha256(joined(LEAF, leaf))));
  while (level.length > 1) {
    const nodes = level.filter((_, place) => place % 2 === 0);
    const below = level;
    level = await Promise.all(
      nodes.map((left, pair) => (2 * pair + 1 < below.length ? sha256(joined(NODE, left, below[2 * pair + 1])) : left)),
    );
  }
  return level[0];
}

/**
 * What does not hold of counts, order and root.
 *
 * @param {{roster_size: number}} terms
 * @param {{credentials_issued: number, count: number, root: string, receipts: string[], invalid?: number}} box
 * @param {string} state of the round: once it is unsealed, the box has to say how many were invalid.
 * @returns {Promise<string[]>} of `counts_differ`, `receipts_unordered`, `root_differs`.
 */
export async function boxFaults(terms, box, state) {
  const { receipts, count } = box;
  const isSilent = UNSEALED.includes(state) && box.invalid === undefined;
  const steps = [0, box.invalid === undefined ? 0 : box.invalid, count, box.credentials_issued, terms.roster_size];
  const countsHold =
    !isSilent &&
    receipts.length === count &&
    steps.every((step, place) => Number.isInteger(step) && !(step < steps[place - 1]));
  const isOrdered = receipts.every(
    (receipt, place) => isHash(receipt) && (place === 0 || receipts[place - 1] < receipt),
  );
  const faults = [];
  if (!countsHold) faults.push("counts_differ");
  if (!isOrdered) faults.push("receipts_unordered");
  const root = isOrdered ? toHex(await merkleTreeHead(receipts.map(fromHex))) : null;
  if (root !== box.root) faults.push("root_differs");
  return faults;
}

/**
 * What does not hold of the credentials: each must belong to its receipt, be the only one of its serial, and verify.
 *
 * @param {string} roundId
 * @param {import("./blind_rsa.js").CredentialKey} key
 * @param {string[]} receipts hex.
 * @param {{receipt: string, serial: string, randomizer: string, signature: string}[]} credentials
 * @param {(progress: {checked: number, total: number}) => void} onProgress
 * @param {() => void} refuseIfAborted throws to end the counting.
 * @returns {Promise<string[]>} of `credentials_differ`, `serial_twice`, `credential_invalid`.
 */
export async function credentialFaults(roundId, key, receipts, credentials, onProgress, refuseIfAborted) {
  const faults = [];
  const total = credentials.length;
  const belong = total === receipts.length && credentials.every(({ receipt }, place) => receipt === receipts[place]);
  if (!belong) faults.push("credentials_differ");
  if (new Set(credentials.map(({ serial }) => serial)).size < total) faults.push("serial_twice");
  let allVerify = true;
  for (let start = 0; start < total; start += AT_ONCE) {
    refuseIfAborted();
    const batch = credentials.slice(start, start + AT_ONCE);
    const verified = await Promise.all(batch.map((credential) => isValid(roundId, key, credential)));
    allVerify = allVerify && verified.every(Boolean);
    onProgress({ checked: start + batch.length, total });
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (!allVerify) faults.push("credential_invalid");
  return faults;
}

async function isValid(roundId, key, credential) {
  const serial = fromBase64Url(credential.serial, SERIAL_LENGTH);
  const randomizer = fromBase64Url(credential.randomizer, RANDOMIZER_LENGTH);
  const signature = fromBase64Url(credential.signature, MODULUS_LENGTH);
  if (serial === null || randomizer === null || signature === null) return false;
  return verify(key, joined(randomizer, credentialMessage(roundId, serial)), signature);
}
