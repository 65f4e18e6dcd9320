// Phone numbers, web and e-mail addresses in the assistant's text become links; nothing else in it is ever markup.
import { type ComponentChild, h } from "preact";

const URL_PATTERN = "https?:\\/\\/[^\\s<>\"']+[^\\s<>\"'.,;:!?)\\]]";
const EMAIL_PATTERN = "[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+";
const PHONE_PATTERN = "(?:\\+?1[ .-]?)?(?:\\(\\d{3}\\) ?|\\b\\d{3}[ .-])\\d{3}[ .-]\\d{4}\\b";
// Only in safety messages: elsewhere these digits may be anything.
const EMERGENCY_PATTERN = "\\b(?:911|988)\\b";

const ORDINARY = `${URL_PATTERN}|${EMAIL_PATTERN}|${PHONE_PATTERN}`;

/** The parts of a text: plain strings and links (http, https, mailto, tel only). */
export function linked(text: string, safety = false): ComponentChild[] {
  const parts: ComponentChild[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(safety ? `${ORDINARY}|${EMERGENCY_PATTERN}` : ORDINARY, "g"))) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(link(match[0], end === text.length));
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

/** An address is shown without its query, which may be long and hold what the visitor said; at the end as a button. */
function link(found: string, isLast: boolean): ComponentChild {
  if (/^https?:/.test(found))
    return <a class={isLast ? "plain" : ""} href={found} target="_blank" rel="noopener noreferrer">
      {found.replace(/^https?:\/\/|[/?#]*[?#].*/g, "")}
    </a>;
  return <a href={found.includes("@") ? `mailto:${found}` : telephone(found)}>{found}</a>;
}

/** A tel: address for a number as people write it; ten digits are a North American number. */
export function telephone(number: string): string {
  const digits = number.replace(/[^+\d]/g, "");
  if (digits.startsWith("+") || digits.length < 10) return `tel:${digits}`;
  return digits.length === 10 ? `tel:+1${digits}` : `tel:+${digits}`;
}
