// What covers the conversation for a while, each under the name of its text: deleting the chat, the receipt, the
// call-back form; and what is seldom done: the transcript, starting again. Chat.more() calls them.
import { h, type VNode } from "preact";
import type { ApiError } from "../api";
import type { Chat } from "../chat";
import type { LeadForm, Receipt } from "../shapes";
import { en } from "./en";
import { CallbackForm, discard } from "./form";
import css from "./pages.css?inline";
import { save, transcript } from "./transcript";

const prepared = new WeakSet<Chat>();

/** Give the chat the words and the style of the pages, once. */
export function prepare(chat: Chat): void {
  if (prepared.has(chat)) return;
  prepared.add(chat);
  chat.text.add(en);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  chat.screen.root.adoptedStyleSheets.push(sheet);
}

export async function askForCall(chat: Chat): Promise<void> {
  const form = await chat.api.request<LeadForm>(`leads/form?language=${chat.language}`);
  chat.show(chat.text("askForCall"), () => [<p>{chat.text("formText")}</p>, <CallbackForm chat={chat} form={form} />]);
  chat.tell("form");
}

export function download(chat: Chat): void {
  save(transcript(chat.store.state, chat.text));
  chat.leavePage();
}

export function deleteChat(chat: Chat, busy = false, failed = false): void {
  const { text } = chat;
  chat.show(text("deleteTitle"), () => [
    <p>{text("deleteText")}</p>,
    failed && <p class="wrong" role="alert">{text("deleteFailed")}</p>,
    <div class="actions">
      <button class="primary danger" type="button" aria-disabled={busy} onClick={() => busy || void erase(chat)}>
        {text("deleteYes")}
      </button>
      <button class="plain" type="button" onClick={() => chat.leavePage()}>{text("deleteNo")}</button>
    </div>,
  ]);
}

async function erase(chat: Chat): Promise<void> {
  const { token = "", conversation = "", earlier = "" } = chat.memory.values;
  deleteChat(chat, true);
  try {
    const receipts: Receipt[] = [];
    for (const each of `${token} ${earlier}`.match(/\S+/g) || []) receipts.push(...await eraseOne(chat, each));
    chat.empty();
    discard(chat);
    deleted(chat, receipts);
    chat.screen.focus();
    chat.tellTabs({ conversation, what: "erased" });
    chat.tell("delete");
  } catch {
    deleteChat(chat, false, true);
  }
}

/** A receipt, or none when that conversation is known to be gone. */
async function eraseOne(chat: Chat, token: string): Promise<Receipt[]> {
  try {
    return [await chat.api.request<Receipt>("chat", token, undefined, "DELETE")];
  } catch (error) {
    if ((error as ApiError).problem?.code === "conversation_erased") return [];
    throw error;
  }
}

/** A new conversation. The earlier one stays until deleted, and deleting reaches every conversation of this visitor. */
export async function startAgain(chat: Chat): Promise<void> {
  const { token = "", conversation = "", earlier = "" } = chat.memory.values;
  chat.leavePage();
  chat.memory.set({ earlier: `${earlier} ${token}`.trim() });
  chat.forget();
  await chat.begin();
  chat.tellTabs({ conversation, what: "renewed" });
  chat.tell("restart");
}

export function deleted(chat: Chat, receipts: Receipt[] = []): void {
  const { text } = chat;
  const line = ({ receipt_id, erased_at }: Receipt): VNode =>
    <p class="receipt">{`${text("receipt")} ${receipt_id}, ${new Date(erased_at).toLocaleString(text.language)}`}</p>;
  const begin = (): void => (chat.leavePage(), void chat.begin());
  chat.show(text("deleted"), () => [
    receipts.map(line),
    <div class="actions"><button class="primary" type="button" onClick={begin}>{text("newChat")}</button></div>,
  ], true);
  chat.screen.speak(text("deleted"));
}
