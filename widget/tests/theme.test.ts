import { describe, expect, test } from "vitest";
import { accent, contrast } from "../src/late/accent";
import pagesCss from "../src/late/pages.css?inline";
import panelCss from "../src/panel.css?inline";
import { DARK, DEFAULT, LIGHT, themeCss } from "../src/theme";

const COLORS = [DEFAULT.color, "#000000", "#ffffff", "#ffd400", "#e91e63", "#777777", "#0af", "#c0ffee", "#8b0000"];
// WCAG 2.2: 1.4.3 for what is read, 1.4.11 for what only has to be seen.
const READ = 4.5;
const SEEN = 3;

describe.each([["light", LIGHT], ["dark", DARK]] as const)("the %s palette", (scheme, palette) => {
  test.each(["surface", "soft", "danger-soft"] as const)("text can be read on %s", (surface) => {
    expect(contrast(palette.text, palette[surface])).toBeGreaterThanOrEqual(READ);
    expect(contrast(palette.danger, palette[surface])).toBeGreaterThanOrEqual(READ);
  });

  test.each(["surface", "soft"] as const)("quiet text can be read on %s", (surface) => {
    expect(contrast(palette.quiet, palette[surface])).toBeGreaterThanOrEqual(READ);
  });

  test("the edges of controls can be seen", () => {
    expect(contrast(palette.control, palette.surface)).toBeGreaterThanOrEqual(SEEN);
    expect(contrast("#ffffff", LIGHT.danger)).toBeGreaterThanOrEqual(READ);
  });

  test.each(COLORS)("an accent of %s can be read", (color) => {
    const { on, [scheme]: text } = accent(color);
    expect(contrast(accent(color).color, on)).toBeGreaterThanOrEqual(READ);
    expect(contrast(text, palette.surface)).toBeGreaterThanOrEqual(READ);
    expect(contrast(text, palette.soft)).toBeGreaterThanOrEqual(READ);
  });
});

// loader.css computes the speech bubble on the button from the lightness of the accent (CIE L): white up to 60.
test("the speech bubble on the button can be seen on every accent", () => {
  for (let red = 0; red < 256; red += 15)
    for (let green = 0; green < 256; green += 15)
      for (let blue = 0; blue < 256; blue += 15) {
        const color = `#${[red, green, blue].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
        const luminance = contrast(color, "#000000") * 0.05 - 0.05;
        const lightness = luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
        expect(contrast(color, lightness < 60 ? "#ffffff" : "#000000"), color).toBeGreaterThanOrEqual(SEEN);
      }
});

// Every pair of colours that the style sheets put on each other is among the pairs measured above.
test("the style sheets use no colour that is not measured", () => {
  const css = [panelCss, pagesCss].join();
  const named = [...css.matchAll(/#[\da-f]{3,8}\b/gi)].map(([color]) => color).filter((color) => !/^#000[46]$/.test(color));
  expect(new Set(named)).toEqual(new Set([LIGHT.danger, "#fff"]));
  const used = new Set([...css.matchAll(/var\(--nw-([\w-]+)\)/g)].map(([, name]) => name!));
  expect([...used].sort()).toEqual([...Object.keys(LIGHT), "accent", "accent-text", "on-accent"].sort());
});

test("a colour that is none is passed over, and cannot end the rule", () => {
  for (const wrong of ["red;} * { display: none", "", "#12", "rgb(0,0,0)", "#12345g"]) {
    expect(accent(wrong).color).toBe(DEFAULT.color);
    expect(themeCss(accent(wrong))).not.toContain("display");
  }
});

test("a scheme can be fixed", () => {
  expect(themeCss(DEFAULT, "light")).not.toContain("@media");
  expect(themeCss(DEFAULT, "dark")).toContain(DARK.surface);
  expect(themeCss(DEFAULT, "dark")).not.toContain("prefers-color-scheme");
  expect(themeCss()).toContain("prefers-color-scheme");
});

test("paper is light whatever the scheme", () => {
  for (const scheme of ["dark", undefined]) expect(themeCss(DEFAULT, scheme).split("@media screen")[0]).toBe(themeCss(DEFAULT, "light"));
});

test("the chat's own colour is what the same rules make of it", () => expect(accent(DEFAULT.color)).toEqual(DEFAULT));
