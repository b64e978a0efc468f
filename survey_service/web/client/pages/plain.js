/** Pages of running text: the language switch, the quick exit, and the code on the start page. */
import { normaliseCode } from "../encodings.js";
import { errorSummary } from "../ui/dom.js";
import { setUpLanguage, t } from "../ui/language.js";
import { setUpLeaving } from "../ui/leaving.js";

setUpLanguage(entitle);
setUpLeaving({
  hasSomethingToLose: () => false,
  forget: () => document.querySelector("form")?.reset(),
  depth: () => 0,
});
entitle();

const form = document.getElementById("entry");
form?.addEventListener("submit", (event) => {
  event.preventDefault(); // the code goes into the fragment, which no request holds
  const input = form.querySelector("#code");
  const code = normaliseCode(input.value);
  if (code !== null) {
    location.assign(`/r/${new FormData(form).get("round")}#${code}`);
    return;
  }
  input.setAttribute("aria-invalid", "true");
  const fault = input.value.trim() ? t().code.invalid : t().code.empty;
  const errors = document.getElementById("faults");
  errors.replaceChildren(errorSummary(t().errors, [["code", fault]]));
  errors.firstChild.focus();
});

function entitle() {
  const name = document.querySelector(".bar__name").innerText.trim();
  document.title = `${document.querySelector("h1").innerText.trim()} – ${name}`;
}
