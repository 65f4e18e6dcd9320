// Going on with a conversation that was begun on an earlier page, or that another tab goes on with.
import type { Chat } from "../chat";
import { asked, HELP, said } from "../conversation";
import { ended } from "./en";
import type { Waiting } from "../memory";
import type { Message } from "../shapes";
import type { Item } from "../state";

export { follow } from "./follow";
export { join } from "./tabs";

/** Show it, and take up what was under way there. */
export function restore(chat: Chat, messages: Message[]): void {
  const { store, memory, screen, conversation } = chat;
  const waiting = Object.values(memory.values.waiting || {});
  // What colleagues wrote since the last page, and below what was answered since then: a closed chat counts it.
  const seen = messages.findIndex(({ id }) => id === memory.tab.seen);
  if (seen >= 0) chat.count(messages.slice(seen + 1).filter(({ role }) => role === "staff").length);
  see(chat, messages.at(-1));
  merge(chat, messages);
  screen.scrollTo(null);
  for (const { body, words } of waiting) {
    const turn = messages.find((message) => message.client_id === body.client_id)?.turn_id;
    const answers = messages.filter((message) => turn && message.role === "assistant" && message.turn_id === turn);
    if (answers.length) {
      conversation.forget(body.client_id);
      chat.count(answers.length);
      continue;
    }
    if (!store.state.items.some((item) => item.key === body.client_id)) store.add(asked(body.client_id, words));
    void conversation.deliver({ body, words, tries: 0 });
  }
}

/** Note how far this tab has read: the next page counts from there. */
export function see({ memory }: Chat, message?: { id: string }): void {
  // What is forgotten already is not begun anew.
  if (message && memory.values.token && message.id !== memory.tab.seen) memory.setTab({ seen: message.id });
}

/** Add what is not on screen yet: all of it after a reload, what another tab did otherwise. */
export function merge({ store, screen }: Chat, messages: Message[]): void {
  const known = new Set(store.state.items.map((item) => item.key));
  const last = messages.findLastIndex((message) => message.role === "visitor");
  const items = messages.flatMap((message, index): Item[] => {
    if (message.role === "visitor") {
      const key = message.client_id || message.id;
      return known.has(key) ? [] : [asked(key, message.text, message.at, message.language)];
    }
    if (known.has(message.id)) return [];
    const help = message.form === "callback" ? [{ kind: "help" as const, key: `${HELP}-${message.id}` }] : [];
    return [said(message, index > last), ...help];
  });
  if (!items.length) return;
  if (items.some((item) => item.kind === "asked")) store.closeChoices("gone");
  store.add(...items);
  screen.scrollTo(items[0]!.key);
}

/** The conversation has ended: what was typed goes on in a new one. A choice belonged to the old one. */
export async function moveOn(chat: Chat, item: Waiting): Promise<void> {
  const { store, screen, conversation } = chat;
  const typed = conversation.waiting.filter((each) => each.body.text);
  chat.forget();
  chat.text.add(ended);
  await chat.begin(chat.text("renewed"));
  if (chat.isStarted) {
    for (const { body, words } of typed) {
      store.add(asked(body.client_id, words));
      void conversation.deliver({ body, words, tries: 0 });
    }
  } else if (item.body.text) screen.giveBack(item.words);
}
