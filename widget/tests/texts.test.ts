import { expect, test, vi } from "vitest";
import { en } from "../src/en";
import { ended, en as pages } from "../src/late/en";
import { es } from "../src/late/es";
import { textsIn } from "../src/texts";

test("both languages say the same things with the same values", () => {
  const all = { ...en, ...pages, ...ended };
  expect(Object.keys(es).sort()).toEqual(Object.keys(all).sort());
  const values = (text: string): string[] => (text.match(/\{\w+\}/g) || []).sort();
  for (const key of Object.keys(all) as (keyof typeof all)[]) expect(values(es[key]), key).toEqual(values(all[key]));
});

test("the words of a late part come on top of what is there", () => {
  const text = textsIn("en", en, '{"formText": "Tell us"}');
  text.add({ ...pages, send: "Other" });
  expect([text("formText"), text("deleteYes"), text("send")]).toEqual(["Tell us", pages.deleteYes, "Send"]);
});

test("a website says some things differently", () => {
  const text = textsIn("en", en, '{"placeholder": "Ask us", "send": 7, "dialog": "Ask {clinic}"}');
  expect(text("placeholder")).toBe("Ask us");
  expect(text("send")).toBe("Send");
  expect(text("dialog", { clinic: "$& <b>" })).toBe("Ask $& <b>");
});

test("texts that are not JSON are passed over", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  expect(textsIn("es", es, "{nonsense")("send")).toBe("Enviar");
  expect(textsIn("en", en, "null")("send")).toBe("Send");
  expect(warn).toHaveBeenCalledOnce();
});
