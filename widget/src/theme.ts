// One accent colour; everything that is read keeps a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3). The colours
// themselves stand here and not in panel.css, so that tests/theme.test.ts can measure every pair.

export const DEFAULT_COLOR = "#0f6b66";
const ENOUGH = 4.5;

export type Palette = Record<"surface" | "soft" | "line" | "text" | "quiet" | "control" | "danger" | "danger-soft" | "alert", string>;

export const LIGHT: Palette = {
  surface: "#ffffff", soft: "#eef3f2", line: "#d5dfdd", text: "#1b2827", quiet: "#50605e", control: "#75827f",
  danger: "#a3251d", "danger-soft": "#fdf0ee",
  alert: "#a3251d",
};
export const DARK: Palette = {
  surface: "#182120", soft: "#26312f", line: "#3a4745", text: "#eaf1ef", quiet: "#b3c1be", control: "#8d9b98",
  danger: "#ffb4ab", "danger-soft": "#3a2220",
  alert: "#a3251d",
};

function channels(color: string): number[] {
  const hex = color.length === 4 ? color.replace(/[\da-f]/gi, "$&$&") : color;
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function luminance(color: string): number {
  const [red, green, blue] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

/** The colour, moved toward black or white only as far as it must to be read on the surface. */
export function readable(color: string, surface: string): string {
  const end = luminance(surface) > 0.18 ? 0 : 255;
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = channels(color).map((value) => Math.round(value + (end - value) * share));
    const hex = `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    if (contrast(hex, surface) >= ENOUGH) return hex;
  }
  return end ? "#ffffff" : "#000000";
}

export interface Accent {
  color: string;
  on: string;
  light: string;
  dark: string;
}

/** The accent as surface (`color`, with `on` upon it) and as text on the least favourable surface of each scheme. */
export function accent(wanted = ""): Accent {
  const color = /^#([\da-f]{3}|[\da-f]{6})$/i.test(wanted) ? wanted : DEFAULT_COLOR;
  const on = contrast(color, "#ffffff") >= ENOUGH ? "#ffffff" : "#000000";
  return { color, on, light: readable(color, LIGHT.soft), dark: readable(color, DARK.soft) };
}

/** Custom properties for both schemes; `scheme` "light" or "dark" fixes one. A website may set its own on the element. */
export function themeCss(wanted?: string, scheme?: string): string {
  const { color, on, light, dark } = accent(wanted);
  const rule = (palette: Palette, text: string, shade: string): string =>
    `:host{--lift:0 4px 14px #0004;--shadow:0 12px 40px ${shade};--accent:${color};--on-accent:${on};--accent-text:${text};` +
    `${Object.entries(palette).map(([name, value]) => `--${name}:${value};`).join("")}}`;
  const [day, night] = [rule(LIGHT, light, "#10282638"), rule(DARK, dark, "#0009")];
  if (scheme === "light") return day;
  return scheme === "dark" ? night : `${day}@media screen and (prefers-color-scheme:dark){${night}}`;
}
