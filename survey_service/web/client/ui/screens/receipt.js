/** The end: thanks, the receipt, and what happens next. */
import { actions, button, el, heading, link, paragraph } from "../dom.js";
import { dateAndTime, inLanguage, t } from "../language.js";

export function receipt(session) {
  const words = t().receipt;
  const said = el("p", { class: "small", role: "status" });
  return [
    heading(words.title),
    el(
      "div",
      { class: "alert alert--good stack" },
      el("h2", { class: "heading heading--small" }, words.label),
      el("p", { class: "mono receipt", dir: "ltr", id: "receipt" }, session.receipt),
      paragraph(words.meaning, "small"),
      actions(
        button("secondary", words.copy, () => copy(session.receipt, said)),
        button("secondary", words.save, () => save(session)),
      ),
      said,
      paragraph(words.shared, "small"),
    ),
    el("h2", { class: "heading heading--part" }, words.next),
    el(
      "ol",
      { class: "list" },
      words
        .steps(dateAndTime(session.status.closes_at), session.terms.minimum_group_size)
        .map((entry) => el("li", {}, entry)),
    ),
    actions(link("tertiary", words.check, "/receipt", { "data-page": true })),
    paragraph(words.close),
  ];
}

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = t().receipt.copied;
  } catch {
    said.textContent = t().receipt.notCopied;
  }
}

function save({ terms, receipt: text }) {
  const words = t().receipt;
  const content = words.file(inLanguage(terms.title), terms.round_id, text, `${location.origin}/receipt`);
  const address = URL.createObjectURL(new Blob([content], { type: "text/plain;charset=utf-8" }));
  el("a", { href: address, download: words.fileName }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000); // after the browser has taken it
}
