// What the panel shows. The views only draw it; everything that happens goes through Chat and Conversation.
import type { ComponentChildren } from "preact";
import type { Clinic, Message, Rating } from "./shapes";

/** Something the assistant said. Choices are offered once: closed when the visitor goes on, gone with the answer. */
export interface Said {
  kind: "said";
  key: string;
  message: Message;
  choices: "open" | "closed" | "gone";
  chosen?: string;
  rating: Rating;
}

/** Something the visitor said; `trouble` tells why it was not sent. */
export interface Asked {
  kind: "asked";
  key: string;
  words: string;
  at: string;
  language?: string | null | undefined;
  trouble?: string | undefined;
  canRetry?: boolean;
}

/** A remark of the widget, or a card with other ways to reach the clinic. */
export interface Aside {
  kind: "note" | "help";
  key: string;
  words?: string;
  retry?: () => void;
}

export type Item = Said | Asked | Aside;

/** What covers the conversation for a while. */
export interface Page {
  title: string;
  body: () => ComponentChildren;
  final: boolean;
}

export interface State {
  open: boolean;
  /** The panel covers a small screen and is modal there. */
  full: boolean;
  menu: boolean;
  page: Page | null;
  clinic: Clinic | null;
  /** The language that the clinic answers in; it may not have the widget's. */
  language: string;
  notice: string;
  privacy: string;
  items: Item[];
  typing: boolean;
  unread: number;
  left: number;
}

export const MAX_CHARACTERS = 1_000;

export const BEGINNING: State = {
  open: false, full: false, menu: false, page: null, clinic: null, language: "", notice: "", privacy: "",
  items: [], typing: false, unread: 0, left: MAX_CHARACTERS,
};

export class Store {
  state = BEGINNING;

  /** `draw` brings the page up to date before set() returns. */
  constructor(private readonly draw: (state: State) => void) {}

  set(changes: Partial<State>): void {
    this.state = { ...this.state, ...changes };
    this.draw(this.state);
  }

  add(...items: Item[]): void {
    this.set({ items: [...this.state.items, ...items] });
  }

  drop(key: string): void {
    this.set({ items: this.state.items.filter((item) => item.key !== key) });
  }

  change(key: string, changes: Partial<Said> | Partial<Asked>): void {
    this.each((item) => item.key === key, changes);
  }

  /** What was offered so far cannot be used any more. */
  closeChoices(choices: "closed" | "gone"): void {
    this.each((item) => item.kind === "said" && item.choices !== "gone", { choices });
  }

  private each(which: (item: Item) => boolean, changes: Partial<Said> | Partial<Asked>): void {
    this.set({ items: this.state.items.map((item) => (which(item) ? ({ ...item, ...changes } as Item) : item)) });
  }
}
