import { en, type Key } from "./en";

export type { Key } from "./en";
export type Words = Record<Key, string>;

export interface Text {
  (key: Key, values?: Record<string, string | number>): string;
  language: string;
}

/**
 * A function text(key, values). `own` is the website's JSON of texts that it wants to say differently; what is no text
 * in it is passed over.
 */
export function textsIn(language: string, words: Words = en, own = ""): Text {
  const mine = read(own);
  const text = (key: Key, values: Record<string, string | number> = {}): string =>
    (typeof mine[key] === "string" ? mine[key] : words[key])
      .replace(/\{(\w+)\}/g, (whole: string, name: string) => String(values[name] ?? whole));
  return Object.assign(text, { language });
}

function read(own: string): Record<string, unknown> {
  try {
    return own ? Object(JSON.parse(own)) : {};
  } catch {
    console.warn("needlewise: data-texts is not JSON and was not used");
    return {};
  }
}
