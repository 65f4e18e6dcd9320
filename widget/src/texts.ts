import { en, type Key } from "./en";

export type { Key } from "./en";
export type Words = Partial<Record<Key, string>>;

export interface Text {
  (key: Key, values?: Record<string, string | number>): string;
  language: string;
  /** Add the words of a late part; what is there already stays. */
  add(more: Words): void;
}

/**
 * A function text(key, values). `own` is the website's JSON of texts that it wants to say differently; what is no text
 * in it is passed over.
 */
export function textsIn(language: string, words: Words = en, own = ""): Text {
  const mine = read(own);
  const text = (key: Key, values: Record<string, string | number> = {}): string =>
    (typeof mine[key] === "string" ? mine[key] : words[key]!)
      .replace(/\{(\w+)\}/g, (whole: string, name: string) => String(values[name] ?? whole));
  return Object.assign(text, { language, add: (more: Words) => void (words = { ...more, ...words }) });
}

function read(own: string): Record<string, unknown> {
  try {
    return own ? Object(JSON.parse(own)) : {};
  } catch {
    console.warn("data-texts is not JSON");
    return {};
  }
}
