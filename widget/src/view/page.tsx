import { h, type VNode } from "preact";
import type { Chat } from "../chat";
import type { Page } from "../state";
import { Icon } from "./icon";

/** The frame of what covers the conversation for a while (late/pages.tsx). */
export function PageView({ chat, page }: { chat: Chat; page: Page }): VNode {
  return (
    <section class="page">
      {!page.final &&
        <button class="plain leave" onClick={() => chat.leavePage()}>
          <Icon name="back" />{chat.text("back")}
        </button>}
      <h2 tabIndex={-1}>{page.title}</h2>
      {page.body()}
    </section>
  );
}
