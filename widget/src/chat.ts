// The chat as a whole: opens and closes, begins or continues a conversation, and starts again.
import { Component, h } from "preact";
import { Api, ApiError } from "./api";
import { Conversation } from "./conversation";
import { earlier, HERE, pages, spanish } from "./late";
import { Memory } from "./memory";
import { Screen } from "./screen";
import type { Session, Turn } from "./shapes";
import { BEGINNING, type Item, type Page, Store } from "./state";
import { type Text, textsIn } from "./texts";
import { HelpCard } from "./view/help";

/** What late/pages.tsx does. */
export type More = "askForCall" | "deleteChat" | "deleted" | "download" | "startAgain";

/** What tabs tell each other. */
export interface News {
  conversation: string;
  what: "answered" | "erased" | "renewed";
}

/** The attributes of the script line: data-language is `language`. */
export type Options = Partial<Record<string, string>>;

/** Called once by the loader. */
export async function create(host: HTMLElement, launcher: HTMLButtonElement, options: Options): Promise<Chat> {
  const wanted = /^es/i.test(options["language"] || "") ? "es" : "en";
  // Without its Spanish words it speaks English around what the assistant says in Spanish.
  const words = wanted === "es" ? await spanish().then((part) => part.es, () => undefined) : undefined;
  const chat = new Chat(host, launcher, options, wanted, textsIn(words ? "es" : "en", words, options["texts"]));
  chat.resume();
  return chat;
}

export class Chat {
  readonly api: Api;
  readonly memory: Memory;
  readonly store: Store;
  readonly conversation: Conversation;
  readonly screen: Screen;
  isStarted = false;
  private tabs: Promise<((news: News) => void) | void> | undefined;
  private isStarting: Promise<void> | null = null;
  /** Where the focus was before. */
  private opener: Element | null = null;

  constructor(
    private readonly host: HTMLElement,
    launcher: HTMLButtonElement,
    readonly options: Options,
    /** What the visitor reads; the widget's own words may have stayed English. */
    readonly language: string,
    readonly text: Text,
  ) {
    // What late parts draw with.
    Object.assign(host, { preact: { Component, h } });
    this.api = new Api(new URL(HERE).origin);
    this.memory = new Memory(options["storage"], Number(options["expiry"]));
    this.store = new Store((state) => this.screen.draw(state));
    this.screen = new Screen(host, launcher, this);
    this.conversation = new Conversation(this);
    this.store.set({ unread: this.memory.tab.unread || 0 });
    launcher.onclick = () => void (this.store.state.open ? this.close() : this.open());
  }

  // What the website may call: open, close, send. `on` is the loader's.

  async open(takeFocus = true): Promise<void> {
    if (!this.store.state.open) {
      this.store.set({ open: true, unread: 0 });
      this.memory.setTab({ open: true, unread: 0 });
      this.opener = document.activeElement;
      this.screen.fit();
      this.screen.giveBack(this.memory.tab.draft || "");
      // Nothing behind a full screen can keep the focus.
      if (takeFocus || this.store.state.full) this.screen.focus();
      this.screen.scrollTo(null);
      this.tell("open");
    }
    if (!this.isStarted) await this.begin();
  }

  close(): void {
    const { root, launcher } = this.screen;
    if (!this.store.state.open) return;
    const hadFocus = root.activeElement;
    this.store.set({ open: false, menu: false, page: null });
    this.screen.fit();
    this.memory.setTab({ open: false });
    if (hadFocus) {
      launcher.focus();
      // Without effect where that cannot take it: the page itself, or what is gone.
      (this.opener as HTMLElement).focus();
    }
    this.tell("close");
  }

  async send(words: string): Promise<void> {
    await this.open();
    await this.say(words);
  }

  /** A chat that was open on the page before opens again, without taking the focus. Who wrote something and closed it
   * hears of answers on every page. */
  resume(): void {
    const { token, waiting } = this.memory.values;
    if (token && this.memory.tab.open) void this.open(false);
    else if (token && waiting) void this.begin();
  }

  // What the panel's buttons do.

  /** Sent at once, or behind the history while that still loads. Before a new conversation, whose privacy line the
   * visitor has not seen, the words stay in the input. */
  async say(words: string): Promise<void> {
    if (this.isStarted || this.memory.values.token) await this.conversation.say({ text: words }, words);
    else this.screen.giveBack(words);
    if (!this.isStarted) await this.begin();
  }

  /** A page or act of late/pages.tsx, by the name of its text. Says so where it cannot be loaded. */
  async more(name: More): Promise<void> {
    const title = this.text(name);
    const final = name === "deleted";
    this.show(title, () => h("p", {}, this.text("loading")), final);
    this.screen.focus();
    try {
      const part = await pages();
      part.prepare(this);
      await part[name](this);
    } catch {
      const words = this.text("unavailable");
      const help = { chat: this, words, retry: () => void this.more(name), withForm: false };
      this.show(title, () => h(HelpCard, help), final);
      this.screen.speak(words);
    }
    this.screen.focus();
  }

  /** Cover the conversation. A final page cannot be left, only the chat closed. */
  show(title: string, body: Page["body"], final = false): void {
    this.store.set({ page: { title, body, final }, menu: false });
  }

  leavePage(): void {
    this.store.set({ page: null, menu: false });
    this.screen.focus();
    this.screen.scrollTo(null);
  }

  /** For the website's own analytics: what happened, never what was typed. */
  tell(event: string, detail: object = {}): void {
    this.host.dispatchEvent(new CustomEvent(`chat:${event}`, { bubbles: true, composed: true, detail }));
  }

  /** Continue the conversation that is remembered, or begin one. */
  begin(note = ""): Promise<void> {
    this.isStarting ||= this.start(note).finally(() => (this.isStarting = null));
    return this.isStarting;
  }

  private async start(note: string): Promise<void> {
    this.store.set({ items: this.conversation.held(), typing: true });
    // A chat that others cannot hear still works.
    if (this.memory.isShared) this.tabs ||= earlier().then(({ join }) => join(this), () => void (this.tabs = undefined));
    try {
      // Nobody who does not open the chat begins a new conversation.
      if (!(await this.restore()) && this.store.state.open) await this.beginNew(note);
    } catch {
      this.unreachable();
    }
  }

  /** False when there is nothing to continue. Rejects when the API cannot be reached. */
  private async restore(): Promise<boolean> {
    const { token } = this.memory.values;
    if (!token) return false;
    try {
      const [{ restore }, { messages }] = await Promise.all([earlier(), this.api.messages(token)]);
      this.started(token);
      restore(this, messages);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const typed = this.conversation.held().map((each) => each.words);
      this.forget();
      if (typed.length) this.screen.giveBack(typed.join("\n"));
      return false;
    }
  }

  private async beginNew(note: string): Promise<void> {
    const marks = [...new URLSearchParams(location.search)].filter(([key]) => key.startsWith("utm_"));
    const session = await this.api.request<Session>("chat/sessions", "", {
      language: this.language,
      page: location.origin + location.pathname,
      // Only the website that led here.
      referrer: document.referrer.split("/", 3).join("/"),
      campaign: Object.fromEntries(marks),
    });
    const { token, conversation_id: conversation, language, clinic, notice, privacy } = session;
    this.memory.set({ token, conversation, language, clinic, notice, privacy });
    this.memory.setTab({ open: this.store.state.open });
    this.started(token);
    this.conversation.greet(session.messages, note);
    this.tell("start");
  }

  private started(token: string): void {
    const { clinic = null, notice = "", privacy = "", language = "" } = this.memory.values;
    this.store.set({ clinic, notice, privacy, language, items: [], typing: false });
    this.conversation.clear();
    this.conversation.token = token;
    this.isStarted = true;
    // What colleagues write is not needed sooner, and no burden at the start.
    setTimeout(() => earlier().then((part) => part.follow(this), () => {}), 5_000);
    if (clinic?.color && !this.options["color"]) this.screen.dress(clinic.color);
  }

  unreachable(): void {
    this.isStarted = false;
    const words = this.text("unreachable");
    const help: Item = { kind: "help", key: "start", words, retry: () => void this.begin() };
    this.store.set({ typing: false, items: [...this.conversation.held(this.text("notSent")), help] });
    if (this.store.state.open) this.screen.speak(words);
  }

  forget(): void {
    this.memory.forget();
    this.leave();
  }

  /** The conversation on screen is no longer the one to go on with. */
  leave(): void {
    this.isStarted = false;
    this.conversation.clear();
  }

  tellTabs(news: News): void {
    void this.tabs?.then((tell) => tell?.(news));
  }

  /** The conversation was deleted, here or in another tab. */
  empty(): void {
    const { open, full, clinic } = this.store.state;
    this.memory.clear();
    this.leave();
    this.store.set({ ...BEGINNING, open, full, clinic });
  }

  /** New messages, of which a closed chat says how many. */
  count(messages: number): void {
    if (this.store.state.open) return;
    const unread = this.store.state.unread + messages;
    this.store.set({ unread });
    this.memory.setTab({ unread });
  }

  answered(turn: Turn): void {
    const { conversation = "" } = this.memory.values;
    this.count(turn.messages.length);
    this.tellTabs({ conversation, what: "answered" });
    this.tell("answer", { outcome: turn.outcome, topics: turn.topics });
  }
}
