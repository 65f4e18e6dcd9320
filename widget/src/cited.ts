import type { Source } from "./shapes";

/** A source as one line. */
export function cited({ title, section, publisher, published }: Source): string {
  return [title, section, publisher, (published || "").slice(0, 4)].filter(Boolean).join(", ");
}
