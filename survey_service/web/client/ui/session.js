/**
 * One person's way through a round. Everything lives in this object: no storage of the browser holds anything.
 *
 * A step is named `welcome`, `note:<section>`, `section:<section>`, `review`, `sending`, `receipt`, `problem` or
 * `closed`; the browser's history keeps the names of steps, never an answer.
 */
import { Participation, loadQuestionnaire, loadRound, loadStatus } from "../participation.js";
import { answersToSend, shownParts } from "./conditions.js";

const GRACE = 10 * 60 * 1000; // milliseconds after the end in which the ballot box still waits for late responses

/** Over, though the ballot box is not frozen yet. A clock that is wrong by more than this shuts nobody out. */
function isJustOver({ closes_at: closes }) {
  const since = Date.now() - Date.parse(closes);
  return since >= 0 && since < GRACE;
}

export class Session {
  /** @param {{roundId: string, minutes: number, code: string | null, draw: (session: Session) => void}} page */
  constructor({ roundId, minutes, code, draw }) {
    Object.assign(this, { roundId, minutes, code, draw });
    this.answers = {};
    this.typed = ""; // in the field for the code
    this.step = "loading";
    this.depth = 0; // entries of the browser's history after our first
    this.isReviewing = false;
    this.progress = { step: "seal", retry: null };
  }

  async load() {
    this.show("loading");
    await this.attempt(false, async () => {
      const [round, status] = await Promise.all([loadRound(this.roundId), loadStatus(this.roundId)]);
      Object.assign(this, round, { status });
      this.show(status.state === "open" && !isJustOver(status) ? "welcome" : "closed");
    });
  }

  async start() {
    if (!this.questionnaire) this.show("loading");
    await this.attempt(false, async () => {
      this.questionnaire ??= await loadQuestionnaire(this.terms);
      this.next("welcome");
    });
  }

  /** @param {string | string[]} answer empty: skipped. */
  answer(id, answer) {
    if (answer.length > 0) this.answers[id] = answer;
    else delete this.answers[id];
  }

  /** The steps from the first screen to the last check, as the answers so far make them. */
  steps() {
    const parts = shownParts(this.questionnaire, this.answers).flatMap(({ section }) =>
      section.note ? [`note:${section.id}`, `section:${section.id}`] : [`section:${section.id}`],
    );
    return ["welcome", ...parts, "review"];
  }

  next(from) {
    if (this.isReviewing) {
      this.go("review");
      return;
    }
    const steps = this.steps();
    const place = steps.indexOf(from);
    this.go(steps[place + 1] ?? "review");
  }

  /** As the browser's own "back": one way back for fingers, keys and buttons. */
  back() {
    history.back();
  }

  change(sectionId) {
    this.isReviewing = true;
    this.go(`section:${sectionId}`);
  }

  go(step) {
    if (step === "review") this.isReviewing = false;
    this.depth += 1;
    history.pushState({ step, depth: this.depth }, "");
    this.show(step);
  }

  /** The browser went back or forward. */
  return(state) {
    this.depth = state?.depth ?? 0;
    if (["sending", "problem", "receipt", "closed"].includes(this.step)) {
      this.show(this.step); // what is on its way, or in the ballot box, is not edited any more
      return;
    }
    const step = state?.step ?? "welcome";
    this.isReviewing = this.isReviewing && step.startsWith("section:");
    this.show(this.questionnaire && this.steps().includes(step) ? step : "welcome");
  }

  show(step) {
    this.step = step;
    this.draw(this);
  }

  /** Seals once, and hands in the same bytes however often it takes. */
  async send() {
    this.progress = { step: this.participation ? "redeem" : "seal", retry: null };
    this.go("sending");
    await this.attempt(true, async () => {
      this.participation ??= await Participation.begin(
        this.terms,
        this.questionnaire,
        answersToSend(this.questionnaire, this.answers),
      );
      this.receipt = await this.participation.submit(this.code, {
        onStep: (step) => this.report({ step, retry: null }),
        onRetry: (retry) => this.report({ step: this.progress.step, retry }),
      });
      this.answers = {};
      this.code = null;
      this.typed = "";
      this.participation = null;
      this.show("receipt");
    });
  }

  report(progress) {
    this.progress = progress;
    if (this.step === "sending" && progress.step !== "done") this.onProgress();
  }

  retry() {
    if (this.problem.isSending) this.send();
    else if (this.terms) this.start();
    else this.load();
  }

  /** Whether leaving now loses something. */
  get hasSomethingToLose() {
    return Object.keys(this.answers).length > 0;
  }

  forget() {
    Object.assign(this, {
      answers: {},
      code: null,
      typed: "",
      participation: null,
      questionnaire: null,
      receipt: null,
    });
  }

  async attempt(isSending, act) {
    try {
      await act();
    } catch (error) {
      if (error.name !== "Problem" && error.name !== "AbortError") console.error(error.name);
      if (this.code !== null) this.typed = this.code.match(/.{1,4}/g).join("-"); // to be corrected
      this.problem = { code: globalThis.crypto?.subtle ? error.code : "crypto", isSending };
      if (error.code === "answer_too_long") this.participation = null;
      this.show("problem");
    }
  }
}
