import { h, render, type VNode } from "preact";
import { expect, test } from "vitest";
import { linked, telephone } from "../src/links";

const links = (text: string, safety = false): string[] =>
  linked(text, safety).filter((each) => typeof each === "object").map((each) => (each as VNode<{ href: string }>).props.href);

test.each([
  ["call (801) 373-3376 now", ["tel:+18013733376"]],
  ["+1 801 373 3376", ["tel:+18013733376"]],
  ["write to ann@example.com.", ["mailto:ann@example.com"]],
  ["see https://example.com/a?b=1.", ["https://example.com/a?b=1"]],
  ["javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd", []],
  ['https://example.com/"onmouseover="alert(1)', ["https://example.com/"]],
  ["in 2015 or 911 times", []],
])("%s", (text, expected) => expect(links(text)).toEqual(expected));

test("emergency numbers are links in safety texts only", () => {
  expect(links("call 911 or 988", true)).toEqual(["tel:911", "tel:988"]);
});

test("markup stays text", () => {
  const box = document.createElement("div");
  const text = "<img src=x onerror=alert(1)> <b>bold</b>";
  render(h("p", {}, linked(text)), box);
  expect(box.querySelector("img, b")).toBeNull();
  expect(box.textContent).toBe(text);
});

test("telephone", () => expect(telephone("988")).toBe("tel:988"));
