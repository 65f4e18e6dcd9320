// What a colleague of the clinic writes comes without being asked for: look for it while the visitor may be reading.
import type { Chat } from "../chat";
import type { Message } from "../shapes";
import { merge, see } from "./earlier";

const LOOK_MS = 5_000;
/** Nobody has said anything for so long: look less often. */
const QUIET_MS = 10 * 60_000;
const QUIET_LOOK_MS = 30_000;

let isFollowing = false;

/** Look again and again, as long as this page lives. */
export function follow(chat: Chat): void {
  if (isFollowing) return;
  isFollowing = true;
  let said = 0;
  let heard = 0;
  const look = async (): Promise<void> => {
    await news(chat);
    const { length } = chat.store.state.items;
    if (length !== said) heard = Date.now();
    said = length;
    setTimeout(look, heard + QUIET_MS > Date.now() ? LOOK_MS : QUIET_LOOK_MS);
  };
  void look();
}

/** Fetch and show what is new. */
async function news(chat: Chat): Promise<void> {
  const { api, conversation, store, screen } = chat;
  const { token } = conversation;
  const last = store.state.items.findLast((item) => item.kind === "said");
  // An answer that is on its way brings its own news.
  if (document.hidden || !chat.isStarted || !last || conversation.sending) return;
  see(chat, last.message);
  try {
    const { messages } = await api.request<{ messages: Message[] }>(`chat/messages?after=${last.key}`, token);
    const known = new Set(store.state.items.map((item) => item.key));
    const fresh = messages.filter((message) => message.role !== "visitor" && !known.has(message.id));
    if (token !== conversation.token || conversation.sending || !fresh.length) return;
    // Whoever writes with a person needs no buttons of the assistant.
    if (fresh.some((message) => message.role === "staff")) store.closeChoices("gone");
    merge(chat, messages);
    see(chat, messages.at(-1));
    screen.speak(...fresh);
    chat.count(fresh.length);
  } catch {
    // The next look may succeed; a conversation that has ended says so when the visitor writes.
  }
}
