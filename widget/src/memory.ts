// What the browser remembers. `data-storage` says where: session (the default, ends with the tab), local (shared by the
// tabs, ends after data-expiry hours) or none. Nothing is written before the visitor opens the chat.
import type { Clinic, Outgoing } from "./shapes";

/** A message that has no answer yet. */
export interface Waiting {
  body: Outgoing;
  words: string;
}

/** The conversation, and in `earlier` the tokens of those before it: deleting reaches them too. */
export interface Kept {
  token?: string;
  conversation?: string;
  language?: string;
  clinic?: Clinic;
  notice?: string;
  privacy?: string;
  earlier?: string[];
  waiting?: Waiting[];
  safetyTurns?: string[];
  until?: number;
}

/** How this one tab looks. The loader reads it on the next page. */
export interface Tab {
  open?: boolean;
  unread?: number;
  draft?: string;
}

const KEY = "needlewise-chat";
const TAB_KEY = "needlewise";
const HOURS = 24;

export class Memory {
  private readonly kept: Place<Kept>;
  private readonly place: Place<Tab>;
  private readonly hours: number;
  readonly isShared: boolean;

  constructor(storage = "session", hours = 0) {
    this.isShared = storage === "local";
    this.hours = hours > 0 ? hours : HOURS;
    this.kept = new Place(KEY, storage === "none" ? null : this.isShared ? "localStorage" : "sessionStorage");
    this.place = new Place(TAB_KEY, storage === "none" ? null : "sessionStorage");
  }

  /** What is kept; reading it clears away what is too old. */
  get values(): Kept {
    const values = this.kept.read();
    if (values.until && values.until < Date.now()) {
      this.kept.clear();
      return {};
    }
    return values;
  }

  get tab(): Tab {
    return this.place.read();
  }

  set(values: Kept): void {
    this.kept.write({ ...this.values, ...values, until: Date.now() + this.hours * 3_600_000 });
  }

  setTab(values: Tab): void {
    this.place.write({ ...this.tab, ...values });
  }

  clear(): void {
    this.kept.clear();
    this.place.clear();
  }

  /** Forget the conversation, but not how the tab looks nor which conversations there were. */
  forget(): void {
    const { earlier } = this.values;
    this.kept.clear();
    if (earlier?.length) this.set({ earlier });
  }
}

/** One object in a storage; in this page's memory alone where storage is not wanted, blocked, full or unreadable. */
class Place<Values extends object> {
  private copy = {} as Values;

  constructor(private readonly key: string, private storage: "localStorage" | "sessionStorage" | null) {}

  read(): Values {
    return this.use((storage) => {
      const text = storage.getItem(this.key);
      return text ? JSON.parse(text) : {};
    }) || this.copy;
  }

  write(values: Values): void {
    this.copy = values;
    this.use((storage) => storage.setItem(this.key, JSON.stringify(values)));
  }

  clear(): void {
    this.copy = {} as Values;
    this.use((storage) => storage.removeItem(this.key));
  }

  private use<Result>(act: (storage: Storage) => Result): Result | null {
    try {
      return this.storage && act(window[this.storage]);
    } catch {
      return (this.storage = null);
    }
  }
}
