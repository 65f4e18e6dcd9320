// Fits a clinic's own colour into the theme.
import { type Accent, DARK, DEFAULT, LIGHT } from "../theme";

const ENOUGH = 4.5;

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

/** The default for what is no colour. */
export function accent(wanted: string): Accent {
  const color = /^#([\da-f]{3}|[\da-f]{6})$/i.test(wanted) ? wanted : DEFAULT.color;
  const on = contrast(color, "#ffffff") >= ENOUGH ? "#ffffff" : "#000000";
  return { color, on, light: readable(color, LIGHT.soft), dark: readable(color, DARK.soft) };
}
