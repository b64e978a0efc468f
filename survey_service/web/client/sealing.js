/** Sealed responses: HPKE (RFC 9180) base mode, one shot, empty aad. Protocol section 4. */
import { fromBase64Url, joined, sha256, utf8 } from "./encodings.js";
import { Problem } from "./problem.js";
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256 } from "./vendor/hpke.js";

export const SERIAL_LENGTH = 32; // bytes
const FRAME_LENGTH = 4; // bytes that hold the length of the JSON
const ZERO = Uint8Array.of(0);

export const suite = () => new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/** The message a credential signs. @param {string} roundId @param {Uint8Array} serial 32 bytes. */
export const credentialMessage = (roundId, serial) =>
  joined(utf8("survey/v1/credential"), ZERO, utf8(roundId), ZERO, serial);

/** Ties a sealed response to its round and credential. @param {string} roundId @param {Uint8Array} serial 32 bytes. */
export const responseInfo = async (roundId, serial) =>
  joined(utf8("survey/v1/response"), ZERO, utf8(roundId), ZERO, await sha256(serial));

/**
 * Length (4 bytes), JSON, and zero bytes: every sealed response of a round has one length.
 *
 * @param {Uint8Array} json UTF-8.
 * @param {number} plaintextSize bytes.
 * @returns {Uint8Array}
 * @throws {Problem} answer_too_long
 */
export function pad(json, plaintextSize) {
  if (json.length > plaintextSize - FRAME_LENGTH) throw new Problem("answer_too_long");
  const padded = new Uint8Array(plaintextSize);
  new DataView(padded.buffer).setUint32(0, json.length);
  padded.set(json, FRAME_LENGTH);
  return padded;
}

/**
 * @param {{round_id: string, sealing_key: string, plaintext_size: number}} terms from `loadRound`.
 * @param {Uint8Array} serial 32 bytes; the sealed response opens only together with it.
 * @param {string} json
 * @returns {Promise<Uint8Array>} enc || ciphertext: plaintext_size + 81 bytes.
 * @throws {Problem} answer_too_long
 */
export async function seal(terms, serial, json) {
  const plaintext = pad(utf8(json), terms.plaintext_size);
  const key = await suite().DeserializePublicKey(fromBase64Url(terms.sealing_key));
  const info = await responseInfo(terms.round_id, serial);
  const { encapsulatedSecret, ciphertext } = await suite().Seal(key, plaintext, { info });
  return joined(encapsulatedSecret, ciphertext);
}
