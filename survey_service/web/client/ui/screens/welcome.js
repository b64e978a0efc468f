/** The first screen: who asks, what is stored, where the promise ends, and the code. */
import { actions, button, el, errorSummary, heading, list, paragraph } from "../dom.js";
import { dateAndTime, inLanguage, language, t } from "../language.js";
import { codeField, readCode } from "./code.js";

export function welcome(session) {
  const { terms, fingerprint, code } = session;
  const words = t().welcome;
  const field = code === null ? codeField(session) : null;
  const errors = el("div");
  const start = () => {
    const typed = field ? readCode(field) : { code };
    if (typed.fault) {
      errors.replaceChildren(errorSummary(t().errors, [[field.input.id, typed.fault]]));
      errors.firstChild.focus();
      return;
    }
    session.code = typed.code;
    session.start();
  };
  return [
    errors,
    heading(inLanguage(terms.title)),
    el("p", { class: "lead" }, words.asks(city()), " ", purpose()),
    facts(session, words),
    el(
      "form",
      {
        class: "stack start",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          start();
        },
      },
      field ? field.element : paragraph(words.codeKnown, "known"),
      button("primary", words.start, null, { type: "submit" }),
    ),
    el("h2", { class: "heading heading--part" }, words.stored),
    storedTable(words),
    el("h2", { class: "heading heading--part" }, words.limits),
    list([words.noReport, words.final, custody(terms.custody, words), words.server]),
    ...approvals(terms),
    el(
      "div",
      { class: "fingerprint" },
      el("h2", { class: "heading heading--small" }, words.fingerprint),
      el("p", { class: "mono", dir: "ltr", id: "fingerprint" }, grouped(fingerprint)),
      paragraph(words.compare, "muted small"),
    ),
    actions(button("primary", words.start, start)),
  ];
}

const city = () => document.querySelector(".bar__name").innerText.trim();

/** What the city itself says of its reason; the server wrote it, in every language. */
const purpose = () => spoken(document.getElementById("purpose"));

/** Who has approved what; the server wrote it, and nothing where nobody has. */
function approvals({ survey_sha256 }) {
  const written = document.getElementById("approvals");
  if (!written) return [];
  return [
    el("h2", { class: "heading heading--part" }, spoken(written.querySelector("h2"))),
    ...[...written.querySelectorAll("p")].map((sentence) => paragraph(spoken(sentence))),
    el("p", { class: "mono small muted", dir: "ltr" }, survey_sha256),
  ];
}

/** The wording of this language among those the server wrote; a page of one language has no others. */
const spoken = (written) =>
  (written?.querySelector(`[data-lang="${language()}"]`) ?? written)?.textContent ?? "";

function facts({ terms, status, minutes }, words) {
  const entries = [
    [words.duration, words.minutes(minutes)],
    [words.open, words.until(dateAndTime(status.closes_at))],
    [words.voluntary, words.skip],
    [words.results, words.groups(terms.minimum_group_size)],
  ];
  return el(
    "dl",
    { class: "facts" },
    entries.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

function storedTable(words) {
  const cell = (tag, text, attributes) =>
    el(tag, { class: `kern-table__${tag === "td" ? "cell" : "header"}`, ...attributes }, text);
  return el(
    "table",
    { class: "kern-table stored" },
    el(
      "thead",
      {},
      el("tr", {}, cell("th", words.what, { scope: "col" }), cell("th", words.isStored, { scope: "col" })),
    ),
    el(
      "tbody",
      {},
      words.table.map(([what, answer]) => el("tr", {}, cell("th", what, { scope: "row" }), cell("td", answer))),
    ),
  );
}

function custody(name, words) {
  const shared = /^(\d+) of (\d+) trustees$/.exec(name);
  return shared ? words.custodyTrustees(shared[1], shared[2]) : words.custodyServer;
}

/** In fours, as people compare it. */
export const grouped = (fingerprint) => fingerprint.match(/.{1,4}/g).join(" ");
