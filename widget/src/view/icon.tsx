import { h, type VNode } from "preact";

const PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12 M18 6L6 18",
  menu: "M12 5.5v.01 M12 12v.01 M12 18.5v.01",
  send: "M5 12h14 M13 6l6 6-6 6",
  up: "M7 11v9H4v-9z M7 11l4-7a2 2 0 0 1 2 2v4h5a2 2 0 0 1 2 2.3l-1 6A2 2 0 0 1 17 20H7",
};

export type IconName = keyof typeof PATHS | "down";

/** A line icon, hidden from screen readers: the button around it has the name. Drawn, so that no font is needed. */
export function Icon({ name }: { name: IconName }): VNode {
  return <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name === "down" ? "up" : name]} /></svg>;
}
