// Tabs that share a conversation (data-storage="local") tell each other what changed; what changed is then read from
// the server.
import type { ApiError } from "../api";
import type { Chat, News } from "../chat";
import { merge } from "./earlier";

const CATCH_UP_MS = 3_000;

/** How this tab tells the others. */
export function join(chat: Chat): (news: News) => void {
  const channel = new BroadcastChannel("needlewise");
  channel.onmessage = ({ data }: MessageEvent<News>) => hear(chat, data);
  // What happened while this file was on its way.
  if (chat.isStarted) void catchUp(chat);
  return (news) => channel.postMessage(news);
}

function hear(chat: Chat, { conversation, what }: News): void {
  const { memory, store } = chat;
  const { values } = memory;
  if (!chat.isStarted) return;
  if (what === "renewed" && values.token !== chat.conversation.token) {
    chat.leave();
    if (store.state.open) void chat.begin();
  } else if (what === "erased" && (conversation === values.conversation || !values.token)) {
    chat.empty();
    void chat.more("deleted");
  } else if (what === "answered" && conversation === values.conversation) void catchUp(chat);
}

/** Read what is new; later again when the network is away just now. */
async function catchUp(chat: Chat): Promise<void> {
  const { token } = chat.conversation;
  try {
    const { messages } = await chat.api.messages(token);
    if (token === chat.conversation.token) merge(chat, messages);
  } catch (error) {
    if (token && (error as ApiError).isTemporary) setTimeout(() => void catchUp(chat), CATCH_UP_MS);
  }
}
