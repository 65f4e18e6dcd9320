// What the browser remembers. `data-storage` says where: session (the default, ends with the tab), local (shared by the
// tabs, ends after data-expiry hours) or none. Nothing is written before the visitor opens the chat.
import type { Clinic, Outgoing } from "./shapes";

/** A message that has no answer yet. */
export interface Waiting {
  body: Outgoing;
  words: string;
}

/** The conversation, and in `earlier` the tokens of those before it, with spaces between: deleting reaches them too.
 * No lists: old libraries of websites (Array.prototype.toJSON) spoil what JSON makes of them. */
export interface Kept {
  token?: string;
  conversation?: string;
  language?: string;
  clinic?: Clinic;
  notice?: string;
  privacy?: string;
  earlier?: string;
  /** By client_id, in the order in which it was said; empty once all was answered. */
  waiting?: Record<string, Waiting>;
}

/** How this one tab looks. */
export interface Tab {
  open?: boolean;
  unread?: number;
  draft?: string;
  /** The last message that this tab has looked at. */
  seen?: string;
}

const KEY = "needlewise-chat";
const TAB_KEY = "needlewise";
const HOURS = 24;

export class Memory {
  private readonly kept: Place<Kept>;
  private readonly place: Place<Tab>;
  readonly isShared: boolean;

  constructor(storage = "session", hours = 0) {
    this.isShared = storage === "local";
    const milliseconds = (hours > 0 ? hours : HOURS) * 3_600_000;
    const tab = storage === "none" ? null : "sessionStorage";
    this.kept = new Place(KEY, milliseconds, this.isShared ? "localStorage" : tab);
    this.place = new Place(TAB_KEY, milliseconds, tab);
  }

  get values(): Kept {
    return this.kept.read();
  }

  get tab(): Tab {
    return this.place.read();
  }

  set(values: Kept): void {
    this.kept.write({ ...this.values, ...values });
  }

  setTab(values: Tab): void {
    const { until, ...tab } = { ...this.tab, ...values } as Timed<Tab>;
    // Of a tab with nothing to tell nothing is kept.
    if (Object.values(tab).some(Boolean)) this.place.write(tab);
    else this.place.clear();
  }

  clear(): void {
    this.kept.clear();
    this.place.clear();
  }

  /** Forget the conversation, but not how the tab looks nor which conversations there were. */
  forget(): void {
    const { earlier } = this.values;
    this.kept.clear();
    if (earlier) this.set({ earlier });
  }
}

type Timed<Values> = Values & { until?: number };

/** One object in a storage; in this page's memory alone where storage is not wanted, blocked, full or unreadable. */
class Place<Values extends object> {
  private copy = {} as Timed<Values>;

  constructor(
    private readonly key: string,
    private readonly milliseconds: number,
    private storage: "localStorage" | "sessionStorage" | null,
  ) {}

  /** What is there; what is too old is cleared away. */
  read(): Timed<Values> {
    const values: Timed<Values> = this.use((storage) => {
      const text = storage.getItem(this.key);
      return text ? JSON.parse(text) : {};
    }) || this.copy;
    if (!(values.until! < Date.now())) return values;
    this.clear();
    return this.copy;
  }

  write(values: Values): void {
    this.copy = { ...values, until: Date.now() + this.milliseconds };
    this.use((storage) => storage.setItem(this.key, JSON.stringify(this.copy)));
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
