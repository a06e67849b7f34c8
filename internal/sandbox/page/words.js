// The page's own words, in the language of the person that it shows. What a bot writes is the bot's.

const languages = ["en", "ru", "uk", "es", "de"];
const tables = Object.fromEntries(await Promise.all(languages.map(async (l) => [l, await (await fetch(`/ui/page/words/${l}.json`)).json()])));

let language = "en";
let plurals = new Intl.PluralRules(language);
const listeners = []; // redraw what does not follow from a view

// lang is the language in use.
export const lang = () => language;

// speak changes the language; one that the page does not know is English.
export function speak(code) {
  const [known] = [code?.split("-")[0], "en"].filter((l) => tables[l]);
  if (known === language) return;
  language = known;
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
  for (const f of listeners) f();
}

// onSpeak calls f now, and whenever the language changes.
export function onSpeak(f) {
  listeners.push(f);
  f();
}

// t is a text with its {placeholders} filled in. A text with plural forms goes by n.
export function t(name, values = {}) {
  const found = tables[language][name] ?? tables.en[name];
  const text = typeof found === "object" ? (found[plurals.select(values.n)] ?? found.other) : found;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// errorText is what went wrong in words: the server's own are English.
export const errorText = (e) => (tables.en[`error_${e.reason}`] ? t(`error_${e.reason}`) : e.message);

// languageName is what a language is called in the one in use.
export function languageName(code) {
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(code);
  } catch {
    return code;
  }
}

// Texts of page.html: data-words is what an element says, data-label its label.
onSpeak(() => {
  for (const el of document.querySelectorAll("[data-words]")) el.textContent = t(el.dataset.words);
  for (const el of document.querySelectorAll("[data-label]")) el.setAttribute("aria-label", t(el.dataset.label));
});
