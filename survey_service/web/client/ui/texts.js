/** The words of the pages, by language. The questionnaire brings its own. */
import { de } from "./texts_de.js";
import { en } from "./texts_en.js";

export const texts = { de, en };
