// Messages on their way: shown at once, sent in order, kept and sent again with the same id when no answer came.
import { ApiError } from "./api";
import type { Chat } from "./chat";
import { earlier } from "./late";
import type { Waiting } from "./memory";
import type { Message, Outgoing, Rating, Turn } from "./shapes";
import type { Asked, Said } from "./state";
import { uuid } from "./uuid";

// A quick answer needs no typing sign.
const TYPING_AFTER_MS = 300;
// When the browser does not notice that the network is back, try again by ourselves, ever more slowly.
const RETRY_AFTER_MS = [4_000, 10_000, 30_000];
// When the server refuses for a while and does not say for how long.
const WAIT_SECONDS = 10;
const SAFETY_OUTCOMES = ["emergency", "urgent"];
export const HELP = "help";

export interface Item extends Waiting {
  failed?: boolean;
  tries: number;
}

export class Conversation {
  waiting: Item[] = [];
  private line: Promise<unknown> = Promise.resolve();
  /** The token of the conversation on screen: the memory may already hold another tab's. */
  token = "";

  constructor(private readonly chat: Chat) {
    addEventListener("online", () => (chat.isStarted ? this.retry() : chat.store.state.open && void chat.begin()));
  }

  clear(): void {
    this.waiting = [];
    this.line = Promise.resolve();
    this.token = "";
  }

  greet(messages: Message[], note = ""): void {
    const { store, screen } = this.chat;
    if (note) store.add({ kind: "note", key: uuid(), words: note });
    store.add(...messages.map((message) => said(message, true)));
    screen.speak(note, ...messages);
  }

  /** Send it, or while an earlier conversation still loads keep it, also over a reload: restore() sends it then. */
  say(body: Pick<Outgoing, "text" | "choice">, words: string): Promise<unknown> | undefined {
    const { store, screen } = this.chat;
    const item = { body: { client_id: uuid(), ...body }, words, tries: 0 };
    store.closeChoices("closed");
    store.add(asked(item.body.client_id, words));
    // A used choice cannot keep the focus.
    screen.focus();
    this.chat.tell("message", { kind: body.choice ? "choice" : "text" });
    if (this.chat.isStarted) return this.deliver(item);
    this.remember(item);
    screen.scrollTo(null);
    return;
  }

  /** What waits for an answer since an earlier page, or was typed before the history came. */
  held(trouble?: string): Asked[] {
    const waiting = this.chat.memory.values.waiting || [];
    return waiting.map(({ body, words }) => ({ ...asked(body.client_id, words), ...(trouble && { trouble }) }));
  }

  choose(message: Said, choice: { id: string; title: string }): void {
    this.chat.store.change(message.key, { chosen: choice.id });
    void this.say({ choice: choice.id }, choice.title);
  }

  retry(key?: string): void {
    for (const item of this.waiting)
      if (item.failed && (!key || item.body.client_id === key)) void this.deliver(item);
  }

  async rate(message: Said, value: Rating): Promise<void> {
    const { store, api, screen, text } = this.chat;
    const before = message.rating;
    store.change(message.key, { rating: value });
    try {
      await api.request("chat/feedback", this.token, { message_id: message.message.id, value });
      if (value) screen.speak(text("thanks"));
      this.chat.tell("feedback", { value, answer: message.message.answer_id });
    } catch {
      store.change(message.key, { rating: before });
    }
  }

  /** Send an item after those before it. The same item may be delivered again: the server knows its client_id. */
  deliver(item: Item): Promise<unknown> {
    item.failed = false;
    if (!this.waiting.includes(item)) {
      this.waiting.push(item);
      this.remember(item);
    }
    this.chat.screen.scrollTo(null);
    this.line = this.line.catch(() => {}).then(() => this.send(item));
    return this.line;
  }

  private async send(item: Item): Promise<void> {
    // Deleted, started again, or answered in another delivery in the meantime.
    if (!this.waiting.includes(item)) return;
    const { store, api, screen } = this.chat;
    const key = item.body.client_id;
    if (store.state.items.some((each) => each.key === key && each.kind === "asked" && each.trouble))
      store.change(key, { trouble: "", canRetry: false });
    const timer = setTimeout(() => {
      store.set({ typing: true });
      screen.scrollTo(null);
    }, TYPING_AFTER_MS);
    const stop = (): void => {
      clearTimeout(timer);
      if (store.state.typing) store.set({ typing: false });
    };
    try {
      const { turn } = await api.request<{ turn: Turn }>("chat/messages", this.token, item.body);
      stop();
      if (this.waiting.includes(item)) this.answered(item, turn);
    } catch (error) {
      stop();
      if (!(error instanceof ApiError)) throw error;
      if (this.waiting.includes(item)) await this.failed(item, error);
    }
  }

  private answered(item: Item, turn: Turn): void {
    const { store, memory, screen } = this.chat;
    this.done(item);
    store.drop(HELP);
    const safety = SAFETY_OUTCOMES.includes(turn.outcome);
    if (turn.outcome === "emergency") {
      memory.set({ safetyTurns: [...(memory.values.safetyTurns || []), turn.id] });
      store.set({ emergency: true });
    }
    store.closeChoices("gone");
    // The answer comes in the language of the question.
    store.change(item.body.client_id, { language: turn.messages[0]?.language });
    for (const message of turn.messages) {
      if (store.state.items.some((each) => each.key === message.id)) continue;
      store.add(said(message, true, safety));
      if (message.form === "callback") store.add({ kind: "help", key: `${HELP}-${message.id}` });
    }
    screen.scrollTo(item.body.client_id);
    screen.speak(...turn.messages);
    this.chat.answered(turn);
  }

  private async failed(item: Item, error: ApiError): Promise<void> {
    const { store, screen, text } = this.chat;
    if (error.status === 401) return void earlier().then((part) => part.moveOn(this.chat, item), () => this.chat.unreachable());
    const words = this.reason(error);
    const key = item.body.client_id;
    store.change(key, { trouble: words, canRetry: error.isTemporary });
    if (error.isTemporary) {
      item.failed = true;
      if (error.status !== 429) this.retryLater(item);
      if (error.status !== 429 && !store.state.items.some((each) => each.kind === "help"))
        store.add({ kind: "help", key: HELP, words: text("unreachable") });
    } else {
      // It would be refused again: the words go back to the input to be changed.
      this.done(item);
      if (item.body.text) screen.giveBack(item.words);
    }
    this.chat.tell("error", { status: error.status });
    screen.scrollTo(key);
    screen.speak(words);
  }

  private retryLater(item: Item): void {
    const pause = RETRY_AFTER_MS[item.tries++];
    if (pause) setTimeout(() => item.failed && this.waiting.includes(item) && void this.deliver(item), pause);
  }

  private reason(error: ApiError): string {
    const { text } = this.chat;
    const notSent = text("notSent");
    if (error.status === 429) return `${notSent} ${text("slowDown", { seconds: error.retryAfter || WAIT_SECONDS })}`;
    return error.isTemporary ? notSent : `${notSent} ${error.message}`;
  }

  private done(item: Item): void {
    this.waiting = this.waiting.filter((each) => each !== item);
    this.forget(item.body.client_id);
  }

  // Another tab may wait for answers too: only our own entry changes.

  private remember({ body, words }: Waiting): void {
    const others = (this.chat.memory.values.waiting || []).filter((each) => each.body.client_id !== body.client_id);
    this.chat.memory.set({ waiting: [...others, { body, words }] });
  }

  forget(id: string): void {
    const { memory } = this.chat;
    if (memory.values.token === this.token)
      memory.set({ waiting: (memory.values.waiting || []).filter((each) => each.body.client_id !== id) });
  }
}

export function said(message: Message, usable: boolean, safety = false): Said {
  return { kind: "said", key: message.id, message, choices: usable ? "open" : "gone", rating: message.feedback as Rating,
    safety };
}

export function asked(key: string, words: string, at = new Date().toISOString(), language?: string | null): Asked {
  return { kind: "asked", key, words, at, language };
}
