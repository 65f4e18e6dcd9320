import { h, type VNode } from "preact";

const PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12 M18 6L6 18",
  menu: "M12 5.5v.01 M12 12v.01 M12 18.5v.01",
  phone: "M6.5 4h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 6a2 2 0 0 1 2-2z",
  send: "M5 12h14 M13 6l6 6-6 6",
  up: "M7 11v9H4v-9z M7 11l4-7a2 2 0 0 1 2 2v4h5a2 2 0 0 1 2 2.3l-1 6A2 2 0 0 1 17 20H7",
  down: "M7 13V4H4v9z M7 13l4 7a2 2 0 0 0 2-2v-4h5a2 2 0 0 0 2-2.3l-1-6A2 2 0 0 0 17 4H7",
};

export type IconName = keyof typeof PATHS;

/** A line icon, hidden from screen readers: the button around it has the name. Drawn, so that no font is needed. */
export function Icon({ name }: { name: IconName }): VNode {
  return <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>;
}
