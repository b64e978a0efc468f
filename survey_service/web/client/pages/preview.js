/** The questionnaire as participants see it, in a frame of the team's pages: nothing is loaded, sealed or sent. */
import { actions, button, el, heading, paragraph } from "../ui/dom.js";
import { inLanguage, setUpLanguage, t } from "../ui/language.js";
import { review } from "../ui/screens/review.js";
import { note, section } from "../ui/screens/section.js";
import { Session } from "../ui/session.js";

const app = document.getElementById("app");
const questionnaire = JSON.parse(app.dataset.questionnaire);

/** What the server wrote for this page, in the language shown. */
const said = (id) =>
  document.querySelector(`#${id} [data-lang="${document.documentElement.lang}"]`)?.textContent ??
  document.getElementById(id).textContent;

/** One's way through the questions, as in a round; at its end nothing is handed in. */
class Preview extends Session {
  async load() {
    this.questionnaire = questionnaire;
    this.show("welcome");
  }

  async start() {
    this.next("welcome");
  }

  async send() {
    this.answers = {};
    this.show("receipt");
  }
}

const SCREENS = {
  welcome: (preview) => [
    heading(inLanguage(questionnaire.title)),
    paragraph(said("intro"), "alert"),
    actions(button("primary", t().welcome.start, () => preview.start())),
  ],
  review,
  receipt: (preview) => [
    heading(said("end")),
    actions(button("primary", said("again"), () => preview.go("welcome"))),
  ],
};
let drawn = null;

function draw(preview) {
  const [name, id] = preview.step.split(":");
  const isNew = drawn !== preview.step;
  drawn = preview.step;
  const part = questionnaire.sections.find((one) => one.id === id);
  const shown = part ? (name === "note" ? note(preview, part) : section(preview, part)) : SCREENS[name](preview);
  app.replaceChildren(...shown.map((each) => (typeof each === "string" ? el("p", {}, each) : each)));
  if (!isNew || name === "welcome") return;
  window.scrollTo(0, 0);
  app.querySelector("h1").focus({ preventScroll: true });
}

const preview = new Preview({ roundId: "", minutes: questionnaire.minutes, code: null, draw });
setUpLanguage(() => draw(preview));
window.addEventListener("popstate", (event) => preview.return(event.state));
preview.load();
