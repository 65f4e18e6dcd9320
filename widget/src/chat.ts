// The chat as a whole: opens and closes, begins or continues a conversation, and starts again.
import { Component, h } from "preact";
import { Api, ApiError } from "./api";
import { Conversation } from "./conversation";
import { formView, HERE, spanish } from "./late";
import { Memory } from "./memory";
import { Screen } from "./screen";
import type { Receipt, Turn } from "./shapes";
import { BEGINNING, type Item, type Page, Store } from "./state";
import { type News, Tabs } from "./tabs";
import { type Text, textsIn } from "./texts";
import { download, transcript } from "./transcript";

const CATCH_UP_MS = 3_000;

/** The attributes of the script line: data-language is `language`. */
export type Options = Partial<Record<string, string>>;

/** Called once by the loader. */
export async function create(host: HTMLElement, launcher: HTMLButtonElement, options: Options): Promise<Chat> {
  const words = /^es/i.test(options["language"] || "") ? await spanish() : undefined;
  const chat = new Chat(host, launcher, options, textsIn(words ? "es" : "en", words, options["texts"]));
  chat.resume();
  return chat;
}

export class Chat {
  readonly api: Api;
  readonly memory: Memory;
  readonly store: Store;
  readonly conversation: Conversation;
  readonly screen: Screen;
  private tabs: Tabs | null = null;
  private isStarted = false;
  private isStarting: Promise<void> | null = null;

  constructor(
    private readonly host: HTMLElement,
    launcher: HTMLButtonElement,
    readonly options: Options,
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
  }

  // What the website may call: open, close, send. `on` is the loader's.

  async open(takeFocus = true): Promise<void> {
    if (!this.store.state.open) {
      this.store.set({ open: true, unread: 0 });
      this.memory.setTab({ open: true, unread: 0 });
      this.screen.fit();
      this.screen.giveBack(this.memory.tab.draft || "");
      if (takeFocus) this.screen.focus();
      this.screen.scrollTo(null);
      this.tell("open");
    }
    if (!this.isStarted) await this.begin();
  }

  close(): void {
    if (!this.store.state.open) return;
    this.store.set({ open: false, menu: false, page: null });
    this.screen.fit();
    if (this.memory.values.token) this.memory.setTab({ open: false });
    else this.memory.clear();
    this.screen.launcher.focus();
    this.tell("close");
  }

  async send(words: string): Promise<void> {
    await this.open();
    await this.say(words);
  }

  toggle(): void {
    if (this.store.state.open) this.close();
    else void this.open();
  }

  /** A chat that was open on the page before opens again, without taking the focus. */
  resume(): void {
    if (this.memory.tab.open) void this.open(false);
  }

  // What the panel's buttons do.

  /** Sent at once, or behind the history while that still loads. Before a new conversation, whose privacy line the
   * visitor has not seen, the words stay in the input. */
  async say(words: string): Promise<void> {
    if (this.isStarted) return void (await this.conversation.say({ text: words }, words));
    if (this.memory.values.token) this.conversation.hold(words);
    else this.screen.giveBack(words);
    await this.begin();
  }

  /** A new conversation. The earlier one stays until deleted, and deleting reaches every conversation of this visitor. */
  async startAgain(): Promise<void> {
    const { token, conversation = "", earlier = [] } = this.memory.values;
    this.leavePage();
    this.memory.set({ earlier: token ? [...earlier, token] : earlier });
    this.forget();
    await this.begin();
    this.screen.focus();
    this.tabs?.tell({ conversation, what: "renewed" });
    this.tell("restart");
  }

  async erase(): Promise<void> {
    const { token, conversation = "", earlier = [] } = this.memory.values;
    this.show({ kind: "delete", busy: true });
    try {
      const receipts: (Receipt | null)[] = [];
      for (const each of [...earlier, token]) if (each) receipts.push(await this.api.erase(each));
      this.erased(receipts.filter((each) => each !== null));
      this.tabs?.tell({ conversation, what: "erased" });
      this.tell("delete");
    } catch {
      this.show({ kind: "delete", failed: true });
    }
  }

  download(): void {
    this.store.set({ menu: false });
    download(transcript(this.store.state, this.text));
    this.screen.focus();
  }

  async openForm(): Promise<void> {
    this.show({ kind: "loading" });
    this.screen.focus();
    try {
      const [View, form] = await Promise.all([formView(), this.api.leadForm(this.text.language)]);
      this.show({ kind: "form", form, View });
      this.tell("form");
    } catch {
      this.show({ kind: "form-unavailable" });
      this.screen.speak(this.text("formUnavailable"));
    }
    this.screen.focus();
  }

  /** Cover the conversation. */
  show(page: Page): void {
    this.store.set({ page, menu: false });
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
    this.tabs ||= new Tabs((news) => void this.hear(news));
    try {
      if (!(await this.restore())) await this.beginNew(note);
    } catch {
      this.unreachable();
    }
  }

  /** False when there is nothing to continue. Rejects when the API cannot be reached. */
  private async restore(): Promise<boolean> {
    const { token } = this.memory.values;
    if (!token) return false;
    try {
      const { messages } = await this.api.messages(token);
      this.started(token);
      this.conversation.restore(messages);
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
    const session = await this.api.createSession({
      language: this.text.language,
      page: location.origin + location.pathname,
      referrer: document.referrer,
      campaign: Object.fromEntries(marks),
    });
    const { token, conversation_id, language, clinic, notice, privacy } = session;
    this.memory.set({ token, conversation: conversation_id, language, clinic, notice, privacy });
    this.memory.setTab({ open: this.store.state.open });
    this.started(token);
    this.conversation.greet(session.messages, note);
    this.tell("start");
  }

  private started(token: string): void {
    const { clinic = null, notice = "", privacy = "", language = "", safetyTurns } = this.memory.values;
    this.store.set({ clinic, notice, privacy, language, emergency: Boolean(safetyTurns), items: [], typing: false });
    this.conversation.begin(token);
    this.isStarted = true;
    if (clinic?.color && !this.options["color"]) this.screen.dress(clinic.color);
  }

  private unreachable(): void {
    this.isStarted = false;
    const words = this.text("unreachable");
    const help: Item = { kind: "help", key: "start", words, retry: () => void this.begin() };
    this.store.set({ typing: false, items: [...this.conversation.held(this.text("notSent")), help] });
    this.screen.speak(words);
  }

  /** The conversation's time is over: begin another. Resolves to false when that fails. */
  async renew(): Promise<boolean> {
    this.forget();
    await this.begin(this.text("renewed"));
    return this.isStarted;
  }

  private forget(): void {
    this.memory.forget();
    this.isStarted = false;
    this.conversation.clear();
  }

  private erased(receipts: Receipt[]): void {
    const { open, full, clinic } = this.store.state;
    this.memory.clear();
    this.isStarted = false;
    this.conversation.clear();
    this.store.set({ ...BEGINNING, open, full, clinic, page: { kind: "deleted", receipts } });
    this.screen.speak(this.text("deleted"));
    this.screen.focus();
  }

  answered(turn: Turn): void {
    const { conversation = "" } = this.memory.values;
    if (!this.store.state.open) {
      const unread = this.store.state.unread + turn.messages.length;
      this.store.set({ unread });
      this.memory.setTab({ unread });
    }
    const emergency = turn.outcome === "emergency" ? turn.id : "";
    this.tabs?.tell({ conversation, what: "answered", emergency });
    this.tell("answer", { outcome: turn.outcome, topics: turn.topics });
  }

  /** Another tab changed the conversation that this one shows. */
  private async hear({ conversation, what, emergency }: News): Promise<void> {
    const { values } = this.memory;
    if (!this.isStarted) return;
    if (what === "renewed" && this.memory.isShared && values.token !== this.conversation.token) {
      this.isStarted = false;
      this.conversation.clear();
      if (this.store.state.open) await this.begin();
    } else if (what === "erased" && (conversation === values.conversation || !values.token)) {
      this.erased([]);
    } else if (what === "answered" && conversation === values.conversation) {
      if (emergency) {
        this.memory.set({ safetyTurns: [...new Set([...(values.safetyTurns || []), emergency])] });
        this.store.set({ emergency: true });
      }
      await this.catchUp();
    }
  }

  /** Read what is new; later again when the network is away just now. */
  private async catchUp(): Promise<void> {
    const { token } = this.conversation;
    try {
      const { messages } = await this.api.messages(token);
      if (token === this.conversation.token) this.conversation.merge(messages);
    } catch (error) {
      if (token && error instanceof ApiError && error.isTemporary) setTimeout(() => void this.catchUp(), CATCH_UP_MS);
    }
  }
}
