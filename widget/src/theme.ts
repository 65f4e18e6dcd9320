// The colours stand here and not in panel.css, so that tests/theme.test.ts can measure every pair: what is read keeps a
// contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3). late/accent.ts fits another accent in.

/** The accent as surface (`color`, with `on` upon it) and as text on the least favourable surface of each scheme. */
export interface Accent {
  color: string;
  on: string;
  light: string;
  dark: string;
}

export const DEFAULT: Accent = { color: "#0f6b66", on: "#ffffff", light: "#0f6b66", dark: "#6fa6a3" };

export type Palette = Record<"surface" | "soft" | "line" | "text" | "quiet" | "control" | "danger" | "danger-soft", string>;

export const LIGHT: Palette = {
  surface: "#ffffff", soft: "#eef3f2", line: "#d5dfdd", text: "#1b2827", quiet: "#50605e", control: "#75827f",
  danger: "#a3251d", "danger-soft": "#fdf0ee",
};
export const DARK: Palette = {
  surface: "#182120", soft: "#26312f", line: "#3a4745", text: "#eaf1ef", quiet: "#b3c1be", control: "#8d9b98",
  danger: "#ffb4ab", "danger-soft": "#3a2220",
};

/** Custom properties for both schemes; `scheme` "light" or "dark" fixes one. A website may set its own on the element. */
export function themeCss({ color, on, light, dark } = DEFAULT, scheme?: string): string {
  const rule = (palette: Palette, text: string): string =>
    `:host{${Object.entries({ accent: color, "on-accent": on, "accent-text": text, ...palette })
      .map(([name, value]) => `--nw-${name}:${value};`).join("")}}`;
  const [day, night] = [rule(LIGHT, light), rule(DARK, dark)];
  if (scheme === "light") return day;
  // Paper is light.
  return `${day}@media screen${scheme === "dark" ? "" : " and (prefers-color-scheme:dark)"}{${night}}`;
}
