/** Bytes as text: strict base64url and hex for the wire, Crockford base32 for what people read and type. */

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // without I, L, O (look-alikes) and U; Crockford 2002
const BITS_PER_CHARACTER = 5n;
const CODE_LENGTH = 16; // characters: 80 bits
const FINGERPRINT_LENGTH = 26; // characters: 130 bits

// White space as the service's language knows it: "\s" also takes the byte order mark, and leaves U+0085 out.
// Word processors and mail programs turn "-" into other dashes and " " into no-break spaces.
const SEPARATORS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\p{Pd}/gu;
const LOOK_ALIKES = { O: "0", I: "1", L: "1" };

/** @param {string} text @returns {Uint8Array} UTF-8. */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} 32 bytes. */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** @param {Uint8Array} bytes @returns {string} lower case. */
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text an even number of hex digits. @returns {Uint8Array} */
export const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (digits) => parseInt(digits, 16));

/** @param {unknown} text @returns {boolean} whether it is SHA-256 in lower-case hex. */
export const isHash = (text) => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

/** @param {Uint8Array} bytes @returns {string} base64url (RFC 4648 section 5) without padding. */
export function toBase64Url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/**
 * Strict inverse of `toBase64Url`.
 *
 * @param {unknown} text
 * @param {number} [length] bytes expected; any number without it.
 * @returns {Uint8Array | null} null: not base64url, padded, with trailing bits, or of another length.
 */
export function fromBase64Url(text, length) {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // The library ignores trailing bits; only the one canonical text of these bytes encodes back to itself.
  return toBase64Url(bytes) === text && (length === undefined || bytes.length === length) ? bytes : null;
}

/**
 * The first 130 bits of SHA-256 as 26 Crockford base32 characters, for people to compare. Protocol section 1.
 *
 * @param {Uint8Array} servedBytes
 * @returns {Promise<string>}
 */
export async function fingerprint(servedBytes) {
  const digest = BigInt("0x" + toHex(await sha256(servedBytes)));
  const characters = Array.from({ length: FINGERPRINT_LENGTH }, (_, place) => {
    const shift = 256n - BITS_PER_CHARACTER * BigInt(place + 1);
    return CROCKFORD[Number((digest >> shift) & 31n)];
  });
  return characters.join("");
}

/**
 * The normal form of an invitation code as people type it. Protocol section 2.
 *
 * @param {string} text any case, spaces and hyphens, O for 0, I and L for 1.
 * @returns {string | null} 16 characters, or null: this is no code.
 */
export function normaliseCode(text) {
  const typed = text.replace(SEPARATORS, "");
  // Only ASCII is folded: toUpperCase() would otherwise turn foreign letters such as the dotless i into Latin ones.
  const code = typed.replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/[OIL]/g, (seen) => LOOK_ALIKES[seen]);
  return code.length === CODE_LENGTH && [...code].every((character) => CROCKFORD.includes(character)) ? code : null;
}
