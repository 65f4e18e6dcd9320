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
export const HELP = "help";

export interface Item extends Waiting {
  /** How often it failed: after each of RETRY_AFTER_MS once more it is given up, until the visitor says otherwise. */
  tries: number;
}

export class Conversation {
  waiting: Item[] = [];
  sending: Item | null = null;
  /** The token of the conversation on screen: the memory may already hold another tab's. */
  token = "";

  constructor(private readonly chat: Chat) {
    addEventListener("online", () => (chat.isStarted ? this.retry() : chat.store.state.open && void chat.begin()));
  }

  clear(): void {
    this.waiting = [];
    this.sending = null;
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
    return Object.values(this.chat.memory.values.waiting || {}).map(({ body, words }) => ({ ...asked(body.client_id, words), trouble }));
  }

  choose(message: Said, choice: { id: string; title: string }): void {
    this.chat.store.change(message.key, { chosen: choice.id });
    void this.say({ choice: choice.id }, choice.title);
  }

  /** Send everything that waits, what was given up too. */
  retry(): void {
    for (const item of this.waiting) item.tries = 0;
    void this.sendNext();
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
      screen.speak(text("notSent"));
    }
  }

  /** Send an item after those before it. What another page delivered already may be delivered again: the server knows
   * its client_id. */
  deliver(item: Item): Promise<void> {
    this.waiting.push(item);
    this.remember(item);
    this.chat.screen.scrollTo(null);
    return this.sendNext();
  }

  /** In the order in which it was said: what fails for a while holds back what came after it, until it is given up. */
  private async sendNext(): Promise<void> {
    const item = this.waiting.find((each) => each.tries <= RETRY_AFTER_MS.length);
    if (!item || this.sending) return;
    this.sending = item;
    const { store, api, screen } = this.chat;
    store.change(item.body.client_id, { trouble: "" });
    const timer = setTimeout(() => {
      store.set({ typing: true });
      screen.scrollTo(null);
    }, TYPING_AFTER_MS);
    const answer = await api.request<{ turn: Turn }>("chat/messages", this.token, item.body)
      .catch((error: ApiError) => error);
    clearTimeout(timer);
    // Deleted or started again in the meantime.
    if (this.sending !== item) return;
    this.sending = null;
    store.set({ typing: false });
    if (answer instanceof ApiError) this.failed(item, answer);
    else this.answered(item, answer.turn);
  }

  private answered(item: Item, turn: Turn): void {
    const { store, screen } = this.chat;
    this.done(item);
    store.drop(HELP);
    store.closeChoices("gone");
    // The answer comes in the language of the question.
    store.change(item.body.client_id, { language: turn.messages[0]?.language });
    for (const message of turn.messages) {
      if (store.state.items.some((each) => each.key === message.id)) continue;
      store.add(said(message, true));
      if (message.form === "callback") store.add({ kind: "help", key: `${HELP}-${message.id}` });
    }
    screen.scrollTo(item.body.client_id);
    screen.speak(...turn.messages);
    this.chat.answered(turn);
    void this.sendNext();
  }

  private failed(item: Item, error: ApiError): void {
    const { store, screen, text } = this.chat;
    const { status, isTemporary } = error;
    if (status === 401) return void earlier().then((part) => part.moveOn(this.chat, item), () => this.chat.unreachable());
    const words = this.reason(error);
    for (const each of isTemporary ? this.waiting : [item])
      store.change(each.body.client_id, { trouble: words, canRetry: isTemporary });
    if (isTemporary) {
      // Once it is given up, what comes after it has its turn at once.
      setTimeout(() => this.sendNext(), error.retryAfter * 1_000 || RETRY_AFTER_MS[item.tries]);
      item.tries++;
      if (status !== 429 && !store.state.items.some((each) => each.kind === "help"))
        store.add({ kind: "help", key: HELP, words: text("unreachable") });
    } else {
      // It would be refused again: the words go back to the input to be changed.
      this.done(item);
      if (item.body.text) screen.giveBack(item.words);
      void this.sendNext();
    }
    this.chat.tell("error", { status });
    screen.scrollTo(item.body.client_id);
    screen.speak(words);
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
    const { memory } = this.chat;
    memory.set({ waiting: { ...memory.values.waiting, [body.client_id]: { body, words } } });
  }

  forget(id: string): void {
    const { memory } = this.chat;
    const { token, waiting } = memory.values;
    if (token !== this.token) return;
    const { [id]: _, ...others } = waiting || {};
    memory.set({ waiting: others });
  }
}

export function said(message: Message, usable: boolean): Said {
  return { kind: "said", key: message.id, message, choices: usable ? "open" : "gone", rating: message.feedback as Rating };
}

export function asked(key: string, words: string, at = new Date().toISOString(), language?: string | null): Asked {
  return { kind: "asked", key, words, at, language };
}
