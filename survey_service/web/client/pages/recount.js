/** `/receipt` and `/recount/{round_id}`: the ballot box, counted again in the browser. */
import { recount } from "../participation.js";
import { actions, button, el, errorSummary, list, note, paragraph } from "../ui/dom.js";
import { inLanguage, setUpLanguage, t } from "../ui/language.js";
import { setUpLeaving } from "../ui/leaving.js";
import { reasonOf } from "../ui/screens/problem.js";
import { grouped } from "../ui/screens/welcome.js";

const app = document.getElementById("app");
const outcome = el("div", { class: "stack", id: "outcome", role: "status", tabindex: "-1" });
const state = { receipt: "", roundId: app.dataset.round ?? null, show: () => [] };

function draw() {
  app.replaceChildren(state.roundId && !app.dataset.rounds ? recountForm() : receiptForm(), outcome);
  outcome.replaceChildren(...state.show());
  const name = document.querySelector(".bar__name").innerText.trim();
  document.title = `${document.querySelector("h1").innerText.trim()} – ${name}`;
}

function show(content) {
  state.show = content;
  outcome.replaceChildren(...content());
}

const recountForm = () => actions(button("primary", t().count.start, () => count(() => box(state.counted))));

function receiptForm() {
  const words = t().count;
  const rounds = JSON.parse(app.dataset.rounds);
  const input = el("input", {
    class: "kern-form-input__input field__input mono",
    id: "receipt",
    dir: "ltr",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "receipt-hint",
    oninput: () => (state.receipt = input.value),
  });
  input.value = state.receipt;
  const options = rounds.map(({ id, title }) => el("option", { value: id }, inLanguage(title)));
  const round = el("select", { class: "kern-form-input__input field__input field__select", id: "round" }, options);
  if (state.roundId) round.value = state.roundId;
  const check = (event) => {
    event.preventDefault();
    state.roundId = round.value;
    const receipt = input.value.replace(/\s/g, "").toLowerCase();
    if (/^[0-9a-f]{64}$/.test(receipt)) count(() => held(receipt));
    else {
      show(() => [errorSummary(t().errors, [["receipt", t().count.receiptInvalid]])]);
      outcome.firstChild.focus();
    }
  };
  return el(
    "form",
    { class: "stack", novalidate: true, onsubmit: check },
    el("div", { class: "field" }, el("label", { class: "question__text", for: "round" }, words.round), round),
    el(
      "div",
      { class: "field" },
      el("label", { class: "question__text", for: "receipt" }, words.receiptLabel),
      el("p", { class: "muted small", id: "receipt-hint" }, words.receiptHint),
      input,
    ),
    button("primary", words.check, null, { type: "submit" }),
  );
}

/** @param {() => Node[]} present what to show of `state.counted`, in the language of the moment. */
async function count(present) {
  show(() => [paragraph(t().count.running)]);
  const bar = el("progress", { max: 1, value: 0, class: "progress", "aria-label": t().count.start });
  const said = paragraph("", "small");
  const onProgress = ({ checked, total }) => {
    if (!bar.isConnected) outcome.replaceChildren(bar, said);
    bar.max = Math.max(total, 1);
    bar.value = checked;
    said.textContent = t().count.progress(checked, total);
  };
  try {
    state.counted = await recount(state.roundId, { onProgress });
    show(present);
  } catch ({ code }) {
    show(() => refused(code));
  }
  outcome.focus();
}

function refused(code) {
  const words = t().count;
  if (code === "ballot_box_not_ready") return [note("", words.notReady, paragraph(words.notReadyText))];
  const [title, text] = t().problem.codes[reasonOf(code)];
  return [note("problem", title, paragraph(text))];
}

function held(receipt) {
  const words = t().count;
  const { box: frozen, faults } = state.counted;
  const isFound = frozen.receipts.includes(receipt);
  const answer = isFound
    ? note(faults.length === 0 ? "good" : "", words.found, faults.length === 0 && paragraph(words.foundText))
    : note("problem", words.missing, paragraph(words.missingText));
  return faults.length === 0 ? [answer] : [answer, unsound(faults)];
}

function box({ terms, fingerprint, box: frozen, faults }) {
  const words = t().count;
  const facts = [
    [words.responses, frozen.count],
    [words.issued, frozen.credentials_issued],
    [words.roster, terms.roster_size],
    frozen.invalid !== undefined && [words.invalid, frozen.invalid],
    [words.fingerprint, el("span", { class: "mono", dir: "ltr" }, grouped(fingerprint))],
    [words.root, el("span", { class: "mono", dir: "ltr" }, frozen.root)],
  ].filter(Boolean);
  return [
    faults.length === 0 ? note("good", words.sound, paragraph(words.soundText)) : unsound(faults),
    el(
      "dl",
      { class: "summary__answers" },
      facts.map(([name, value]) =>
        el("div", {}, el("dt", {}, name), el("dd", {}, value instanceof Node ? value : String(value))),
      ),
    ),
  ];
}

const unsound = (faults) =>
  note(
    "problem",
    t().count.unsound,
    list(faults.map((fault) => t().count.faults[fault])),
    paragraph(t().count.unsoundText),
  );

setUpLanguage(draw);
setUpLeaving({ hasSomethingToLose: () => false, forget: () => app.replaceChildren(), depth: () => 0 });
draw();
