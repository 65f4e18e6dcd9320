import { h, type VNode } from "preact";
import type { Chat } from "../chat";
import { telephone } from "../links";

interface Props {
  chat: Chat;
  words?: string | undefined;
  retry?: (() => void) | undefined;
  withForm?: boolean;
}

/** Other ways to reach the clinic: its phone number, the call-back form, and trying again where that may help. */
export function HelpCard({ chat, words, retry, withForm = true }: Props): VNode {
  const { text } = chat;
  const { clinic } = chat.store.state;
  const number = clinic?.phone || chat.options["phone"];
  return (
    <div class="help">
      {words && <p>{words}</p>}
      {number &&
        <a class="plain" href={telephone(number)}>{text("callUs", { phone: clinic?.phone_display || number })}</a>}
      {withForm &&
        <button class="plain" onClick={() => void chat.more("askForCall")}>{text("askForCall")}</button>}
      {retry && <button class="plain" onClick={retry}>{text("retry")}</button>}
    </div>
  );
}
