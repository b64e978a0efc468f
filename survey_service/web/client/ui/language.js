/** The page's language: chosen in the browser, kept in memory only, told to nobody. */
import { texts } from "./texts.js";

const RIGHT_TO_LEFT = ["ar"];
let current = document.documentElement.lang;

/** The texts of the pages in the current language. */
export const t = () => texts[current];

export const language = () => current;

/** @param {Record<string, string>} text by language @returns {string} in the current one, or in the first there is. */
export const inLanguage = (text) => text[current] ?? Object.values(text)[0] ?? "";

/** @param {Record<string, string>} text @returns {string | undefined} its language where it is not the page's. */
export const foreign = (text) => (current in text ? undefined : Object.keys(text)[0]);

export const dateAndTime = (moment) =>
  format(moment, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

export const day = (moment) => format(moment, { day: "numeric", month: "long", year: "numeric" });

const format = (moment, parts) => new Intl.DateTimeFormat(current, parts).format(new Date(moment));

/**
 * Begins with the browser's language, and switches with the list in the bar.
 *
 * @param {() => void} onSwitch draws the page again.
 */
export function setUpLanguage(onSwitch) {
  const choice = document.getElementById("language");
  const offered = choice ? [...choice.options].map((option) => option.value) : [current];
  const wished = [location.hash.slice(1), ...navigator.languages.map((tag) => tag.split("-")[0])];
  current = wished.find((tag) => offered.includes(tag)) ?? offered[0];
  apply(choice);
  choice?.addEventListener("change", () => {
    current = choice.value;
    apply(choice);
    onSwitch();
  });
}

function apply(choice) {
  if (choice) choice.value = current;
  document.documentElement.lang = current;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(current) ? "rtl" : "ltr";
  // The language travels to our other pages in the fragment, which no request holds.
  for (const page of document.querySelectorAll("a[data-page]")) page.hash = current;
}
