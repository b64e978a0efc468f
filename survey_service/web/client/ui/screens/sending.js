/** Handing in, step by step, over whatever network there is. */
import { el, heading, paragraph } from "../dom.js";
import { t } from "../language.js";

const STEPS = ["seal", "redeem", "verify", "respond"];

export function sending(session) {
  const words = t().sending;
  const steps = el("ol", { class: "steps" });
  const retrying = el("p", { class: "retry", role: "status" });
  const tell = () => {
    const { step, retry } = session.progress;
    const reached = STEPS.indexOf(step);
    steps.replaceChildren(...STEPS.map((name, place) => entry(words, name, place, reached)));
    retrying.textContent = retry ? words.retry(retry) : "";
  };
  session.onProgress = tell; // in place: the focus stays, and only what changed is read aloud
  tell();
  return [heading(words.title), paragraph(words.stay), steps, retrying];
}

function entry(words, name, place, reached) {
  const state = place < reached ? "done" : place === reached ? "running" : "waiting";
  return el(
    "li",
    { class: `steps__step steps__step--${state}` },
    el("span", { class: "steps__sign", "aria-hidden": "true" }, state === "done" ? "✓" : String(place + 1)),
    el("span", {}, words.steps[name]),
    el("span", { class: "visually-hidden" }, ` (${words.state[state]})`),
  );
}
