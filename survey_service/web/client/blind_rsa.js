/**
 * Blind RSA signatures, the client's part: RSABSSA-SHA384-PSS-Randomized. RFC 9474.
 *
 * The service signs a credential without seeing it: the client prepares, blinds and finalizes; anyone verifies.
 *
 * @typedef {object} CredentialKey
 * @property {bigint} modulus
 * @property {number} length bytes of the modulus, of a blinded message and of a signature.
 * @property {CryptoKey} verifyKey
 */
import { joined, toHex, fromHex } from "./encodings.js";
import { Problem } from "./problem.js";

export const RANDOMIZER_LENGTH = 32; // bytes; RFC 9474 section 4.1
export const MODULUS_LENGTH = 384; // bytes: RSA-3072
const SALT_LENGTH = 48; // bytes; RFC 9474 section 5, the PSS variants
const HASH_LENGTH = 48; // bytes; SHA-384
const TRAILER = 0xbc; // RFC 8017 section 9.1.1

// With its algorithm, size and exponent given, only the modulus of the DER is free: whatever else differs is no
// credential key. SubjectPublicKeyInfo { rsaEncryption, NULL }, BIT STRING { SEQUENCE { modulus, 65537 } }.
const DER_HEAD = "308201a2300d06092a864886f70d01010105000382018f003082018a0282018100";
const DER_TAIL = "0203010001";

const toInteger = (bytes) => BigInt("0x" + (toHex(bytes) || "0"));
const toBytes = (integer, length) => fromHex(integer.toString(16).padStart(2 * length, "0"));
const sha384 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-384", bytes));

/** @param {number} length bytes. @returns {Uint8Array} */
export const randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/**
 * @param {Uint8Array | null} der the terms' credential key.
 * @returns {Promise<CredentialKey>}
 * @throws {Problem} unusable_terms
 */
export async function importCredentialKey(der) {
  const hex = der === null ? "" : toHex(der);
  const digits = hex.slice(DER_HEAD.length, -DER_TAIL.length);
  const isKey = hex.startsWith(DER_HEAD) && hex.endsWith(DER_TAIL) && digits.length === 2 * MODULUS_LENGTH;
  if (!isKey || digits < "8") throw new Problem("unusable_terms", { member: "credential_key" });
  const verifyKey = await importVerifyKey(der);
  return { modulus: BigInt("0x" + digits), length: MODULUS_LENGTH, verifyKey };
}

/** @param {Uint8Array} der SubjectPublicKeyInfo, rsaEncryption. @returns {Promise<CryptoKey>} */
export async function importVerifyKey(der) {
  try {
    return await crypto.subtle.importKey("spki", der, { name: "RSA-PSS", hash: "SHA-384" }, false, ["verify"]);
  } catch {
    throw new Problem("unusable_terms", { member: "credential_key" });
  }
}

/**
 * Hides the message from the signer. RFC 9474 section 4.2.
 *
 * @param {CredentialKey} key
 * @param {Uint8Array} preparedMessage
 * @param {{salt?: Uint8Array, factor?: bigint}} [chosen] random unless given; only the RFC's vectors give them.
 * @returns {Promise<{blindedMessage: Uint8Array, inverse: bigint}>} inverse: of the blinding factor, a secret.
 * @throws {Problem} unusable_terms
 */
export async function blind(key, preparedMessage, chosen = {}) {
  const { modulus, length } = key;
  const { salt = randomBytes(SALT_LENGTH), factor = randomFactor(key) } = chosen;
  const message = toInteger(await pssEncode(preparedMessage, salt, modulus.toString(2).length - 1));
  // The product has an inverse exactly when both have one: the message's own check costs no second inversion.
  const inverseOfProduct = inverse((message * factor) % modulus, modulus);
  if (inverseOfProduct === null) throw new Problem("unusable_terms", { member: "credential_key" });
  const blinded = (message * encrypt(factor, modulus)) % modulus;
  return { blindedMessage: toBytes(blinded, length), inverse: (inverseOfProduct * message) % modulus };
}

/**
 * The signature of the prepared message, verified. RFC 9474 section 4.4.
 *
 * @param {CredentialKey} key
 * @param {Uint8Array} preparedMessage
 * @param {Uint8Array} blindSignature as long as the modulus.
 * @param {bigint} inverseOfFactor from `blind`.
 * @param {number} [saltLength] bytes.
 * @returns {Promise<Uint8Array>}
 * @throws {Problem} invalid_blind_signature
 */
export async function finalize(key, preparedMessage, blindSignature, inverseOfFactor, saltLength = SALT_LENGTH) {
  const signature = toBytes((toInteger(blindSignature) * inverseOfFactor) % key.modulus, key.length);
  const fits = blindSignature.length === key.length && (await verify(key, preparedMessage, signature, saltLength));
  if (!fits) throw new Problem("invalid_blind_signature");
  return signature;
}

/**
 * Whether `signature` is an RSASSA-PSS signature of the prepared message. RFC 9474 section 4.5.
 *
 * @param {CredentialKey} key
 * @param {Uint8Array} preparedMessage
 * @param {Uint8Array} signature
 * @param {number} [saltLength] bytes.
 * @returns {Promise<boolean>}
 */
export const verify = (key, preparedMessage, signature, saltLength = SALT_LENGTH) =>
  crypto.subtle.verify({ name: "RSA-PSS", saltLength }, key.verifyKey, signature, preparedMessage);

/** Uniform in 1…n-1. Reducing a longer number instead of drawing again would favour small ones. */
function randomFactor({ modulus, length }) {
  for (;;) {
    const factor = toInteger(randomBytes(length));
    if (factor > 0n && factor < modulus) return factor;
  }
}

/** value^65537 mod n: sixteen squarings and one multiplication. */
function encrypt(value, modulus) {
  let power = value;
  for (let squaring = 0; squaring < 16; squaring++) power = (power * power) % modulus;
  return (power * value) % modulus;
}

/** @returns {bigint | null} by Euclid's extended algorithm; null: they share a divisor. */
function inverse(value, modulus) {
  let [previous, rest] = [modulus, value];
  let [previousFactor, factor] = [0n, 1n];
  while (rest !== 0n) {
    const quotient = previous / rest;
    [previous, rest] = [rest, previous - quotient * rest];
    [previousFactor, factor] = [factor, previousFactor - quotient * factor];
  }
  if (previous !== 1n) return null;
  return previousFactor < 0n ? previousFactor + modulus : previousFactor;
}

/** EMSA-PSS-ENCODE with SHA-384, RFC 8017 section 9.1.1: `bits` bits in whole bytes. */
async function pssEncode(message, salt, bits) {
  const length = Math.ceil(bits / 8);
  const digest = await sha384(joined(new Uint8Array(8), await sha384(message), salt));
  const masked = await mgf1(digest, length - HASH_LENGTH - 1);
  const start = masked.length - salt.length;
  masked[start - 1] ^= 1;
  salt.forEach((byte, place) => (masked[start + place] ^= byte));
  masked[0] &= 0xff >> (8 * length - bits);
  return joined(masked, digest, Uint8Array.of(TRAILER));
}

/** MGF1 with SHA-384, RFC 8017 appendix B.2.1; up to 255 blocks. */
async function mgf1(seed, length) {
  const counters = Array.from({ length: Math.ceil(length / HASH_LENGTH) }, (_, block) => Uint8Array.of(0, 0, 0, block));
  return joined(...(await Promise.all(counters.map((counter) => sha384(joined(seed, counter)))))).slice(0, length);
}
