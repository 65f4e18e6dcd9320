import { h, type VNode } from "preact";
import type { More } from "../chat";
import { pages } from "../late";
import { telephone } from "../links";
import { Icon } from "./icon";
import type { View } from "./panel";

/** Who answers, a menu, and the button that closes. */
export function Header({ chat, state: { clinic, notice, menu, items, language } }: View): VNode {
  const { text } = chat;
  const item = (name: More): VNode => <button onClick={() => void chat.more(name)}>{text(name)}</button>;
  const toggle = (): void => {
    chat.store.set({ menu: !menu });
    // Most of what it offers is in here: loaded ahead, at best.
    void pages().catch(() => {});
  };
  return (
    <div class="header">
      <div class="titles">
        <h2 class="clinic">{clinic?.name || text("untitled")}</h2>
        <span class="automated" lang={notice ? language : undefined}>{notice || text("automated")}</span>
      </div>
      <button class="tool menu-button" aria-label={text("menu")} aria-expanded={menu}
        aria-controls="nw-menu" onClick={toggle}><Icon name="menu" /></button>
      <button class="tool" aria-label={text("close")} onClick={() => chat.close()}>
        <Icon name="close" />
      </button>
      <div class="menu-items" id="nw-menu" hidden={!menu}>
        {clinic?.phone &&
          <a href={telephone(clinic.phone)}>{text("callUs", { phone: clinic.phone_display || clinic.phone })}</a>}
        {item("askForCall")}
        {items.some((each) => each.kind === "said") && item("download")}
        {item("startAgain")}
        {item("deleteChat")}
      </div>
    </div>
  );
}
