/**
 * The participant's requests: without cookies, without a Referer, the same bytes at every attempt.
 *
 * @typedef {object} Options
 * @property {AbortSignal} [signal] ends the waiting; what was sent may have arrived.
 * @property {(retry: {attempt: number, attempts: number, seconds: number, code: string}) => void} [onRetry] attempt:
 *   the one that failed, from 1; seconds: until the next; code: why, `unreachable` or that of the service.
 */
import { utf8 } from "./encodings.js";
import { Problem } from "./problem.js";

const ATTEMPTS = 8; // of one request: 32 to 48 seconds if each fails at once
const FIRST_PAUSE = 0.25; // seconds, doubled after each attempt
const LONGEST_PAUSE = 60; // seconds, whatever Retry-After says
const REQUEST_SECONDS = 30; // until an attempt counts as failed
const TRY_AGAIN = [429, 502, 503, 504]; // 502 and 504 come from a proxy while the service starts again

/**
 * @param {string} roundId
 * @param {string} path below the round, "" for its status.
 * @param {Options} [options]
 * @returns {Promise<Uint8Array>} the body as served.
 * @throws {Problem} unreachable, unexpected_answer, or a code of the service; AbortError.
 */
export const fetchBytes = (roundId, path, options) => request(roundId, path, { method: "GET" }, options);

/**
 * @param {string} roundId
 * @param {string} path below the round.
 * @param {Uint8Array} body JSON.
 * @param {Options} [options]
 * @returns {Promise<object>}
 * @throws {Problem} unreachable, unexpected_answer, or a code of the service; AbortError.
 */
export async function post(roundId, path, body, options) {
  const headers = { "content-type": "application/json" };
  return parsed(await request(roundId, path, { method: "POST", headers, body }, options));
}

/** @param {object} value @returns {Uint8Array} */
export const jsonBytes = (value) => utf8(JSON.stringify(value));

/**
 * @param {Uint8Array} bytes
 * @returns {object} or array.
 * @throws {Problem} unexpected_answer
 */
export function parsed(bytes) {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Falls through: what is no JSON is as unexpected as a lone number.
  }
  throw new Problem("unexpected_answer");
}

async function request(roundId, path, init, { onRetry = () => {}, signal } = {}) {
  const url = `/api/rounds/${encodeURIComponent(roundId)}${path}`;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(url, init, signal);
    if (outcome instanceof Uint8Array) return outcome;
    const isLast = attempt === ATTEMPTS;
    if (isLast || !(outcome.code === "unreachable" || TRY_AGAIN.includes(outcome.status))) throw outcome;
    // Spread out: after an outage, everybody waiting would otherwise come back in the same moment.
    const pause = FIRST_PAUSE * 2 ** (attempt - 1) * (1 + Math.random() / 2);
    const seconds = Math.min(Math.max(pause, outcome.retryAfter || 0), LONGEST_PAUSE);
    onRetry({ attempt, attempts: ATTEMPTS, seconds, code: outcome.code });
    refuseIfAborted(signal);
    await sleep(seconds, signal);
  }
}

/** @returns {Promise<Uint8Array | Problem>} */
async function attemptOnce(url, init, signal) {
  refuseIfAborted(signal);
  const own = new AbortController();
  const abort = () => own.abort();
  const timer = setTimeout(abort, REQUEST_SECONDS * 1000);
  signal?.addEventListener("abort", abort);
  try {
    const response = await fetch(url, {
      ...init,
      cache: "default",
      credentials: "omit",
      mode: "same-origin",
      redirect: "error", // no code goes where this page did not send it
      referrerPolicy: "no-referrer",
      signal: own.signal,
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return response.ok ? body : problemOf(response, body);
  } catch {
    refuseIfAborted(signal);
    return new Problem("unreachable");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** The problem document (RFC 9457); what a proxy says in between is none. */
function problemOf(response, body) {
  const retryAfter = Number(response.headers.get("retry-after")) || undefined;
  const facts = { status: response.status, retryAfter };
  try {
    const { code } = parsed(body);
    if (/^[a-z_]{1,40}$/.test(code)) return new Problem(code, facts);
  } catch {
    // Falls through.
  }
  return new Problem("unexpected_answer", facts);
}

export function refuseIfAborted(signal) {
  if (signal?.aborted) throw new DOMException("The request was given up.", "AbortError");
}

function sleep(seconds, signal) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, seconds * 1000);
    signal?.addEventListener("abort", wake);
  });
}
