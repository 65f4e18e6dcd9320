// What covers the conversation for a while: the call-back form, deleting the chat and its receipt.
import { type ComponentChildren, h, type VNode } from "preact";
import type { Chat } from "../chat";
import type { Page, State } from "../state";
import { HelpCard } from "./help";
import { Icon } from "./icon";

export function PageView({ chat, page }: { chat: Chat; page: NonNullable<State["page"]> }): VNode {
  return (
    <section class="page">
      {page.kind !== "deleted" &&
        <button class="leave" type="button" onClick={() => chat.leavePage()}>
          <Icon name="back" />{chat.text("back")}
        </button>}
      {content(chat, page)}
    </section>
  );
}

function content(chat: Chat, page: Page): ComponentChildren {
  const { text } = chat;
  const title = (words: string): VNode => <h2 tabIndex={-1}>{words}</h2>;
  switch (page.kind) {
    case "loading":
      return [title(text("formTitle")), <p>{text("formLoading")}</p>];
    case "form":
      return [title(text("formTitle")), <p>{text("formText")}</p>, <page.View chat={chat} form={page.form} />];
    case "form-unavailable": {
      const again = (): void => void chat.openForm();
      return [title(text("formTitle")),
        <HelpCard chat={chat} words={text("formUnavailable")} retry={again} withForm={false} />];
    }
    case "form-done":
      return [title(text("formDone")), <p>{page.words}</p>];
    case "delete":
      return [title(text("deleteTitle")), <p>{text("deleteText")}</p>,
        page.failed && <p class="wrong" role="alert">{text("deleteFailed")}</p>,
        <div class="actions">
          <button class="primary danger" type="button" disabled={page.busy} onClick={() => void chat.erase()}>
            {text("deleteYes")}
          </button>
          <button class="plain" type="button" onClick={() => chat.leavePage()}>{text("deleteNo")}</button>
        </div>];
    case "deleted":
      return [title(text("deleted")),
        page.receipts.map(({ receipt_id, erased_at }) =>
          <p class="receipt">
            {`${text("receipt")} ${receipt_id}, ${new Date(erased_at).toLocaleString(text.language)}`}
          </p>),
        <div class="actions">
          <button class="primary" type="button" onClick={() => (chat.leavePage(), void chat.begin())}>
            {text("newChat")}
          </button>
        </div>];
  }
}
