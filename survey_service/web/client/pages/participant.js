/** The page of a round: `/r/{round_id}#{code}`. */
import { normaliseCode } from "../participation.js";
import { el, paragraph } from "../ui/dom.js";
import { setUpLanguage, t } from "../ui/language.js";
import { setUpLeaving } from "../ui/leaving.js";
import { notOpen, problem } from "../ui/screens/problem.js";
import { receipt } from "../ui/screens/receipt.js";
import { review } from "../ui/screens/review.js";
import { note, section } from "../ui/screens/section.js";
import { sending } from "../ui/screens/sending.js";
import { welcome } from "../ui/screens/welcome.js";
import { Session } from "../ui/session.js";

// The code leaves the address bar before anything else happens: bars are photographed, shared and kept.
const code = normaliseCode(decodeURIComponent(location.hash.slice(1)));
history.replaceState(null, "", location.pathname);
history.scrollRestoration = "manual";

const app = document.getElementById("app");
const SCREENS = { welcome, review, sending, receipt, problem, closed: notOpen };
let drawn = null;

function draw(session) {
  const [name, id] = session.step.split(":");
  const isNew = drawn !== session.step;
  drawn = session.step;
  app.replaceChildren(...screen(session, name, id));
  document.title = [app.querySelector("h1")?.textContent, document.querySelector(".bar__name").innerText.trim()]
    .filter(Boolean)
    .join(" – ");
  if (!isNew || name === "loading") return;
  window.scrollTo(0, 0);
  app.querySelector("h1").focus({ preventScroll: true });
}

function screen(session, name, id) {
  if (name === "loading") return [el("p", { role: "status" }, t().loading)];
  if (!(name === "note" || name === "section")) return SCREENS[name](session);
  const part = session.questionnaire.sections.find((one) => one.id === id);
  return name === "note" ? note(session, part) : section(session, part);
}

const session = new Session({
  roundId: location.pathname.split("/").pop(),
  minutes: Number(app.dataset.minutes),
  code,
  draw,
});
setUpLanguage(() => draw(session));
setUpLeaving({
  hasSomethingToLose: () => session.hasSomethingToLose,
  forget: () => {
    session.forget();
    app.replaceChildren();
  },
  depth: () => session.depth,
});
window.addEventListener("popstate", (event) => session.return(event.state));
if (session.roundId.endsWith("-rehearsal")) app.before(paragraph(t().rehearsal, "alert"));
session.load();
