import { h, type VNode } from "preact";
import { telephone } from "../links";
import type { Key } from "../texts";
import { Icon } from "./icon";
import type { View } from "./panel";

/** Who answers, a menu, and the button that closes. */
export function Header({ chat, state: { clinic, notice, menu, items, language } }: View): VNode {
  const { text } = chat;
  const item = (key: Key, act: () => void): VNode => <button type="button" onClick={act}>{text(key)}</button>;
  return (
    <div class="header">
      <div class="titles">
        <h2 class="clinic">{clinic?.name || text("untitled")}</h2>
        <span class="automated" lang={notice ? language : undefined}>{notice || text("automated")}</span>
      </div>
      <button class="tool menu-button" type="button" aria-label={text("menu")} aria-expanded={menu}
        aria-controls="nw-menu" onClick={() => chat.store.set({ menu: !menu })}><Icon name="menu" /></button>
      <button class="tool" type="button" aria-label={text("close")} onClick={() => chat.close()}>
        <Icon name="close" />
      </button>
      <div class="menu-items" id="nw-menu" hidden={!menu}>
        {clinic?.phone &&
          <a href={telephone(clinic.phone)}>{text("callUs", { phone: clinic.phone_display || clinic.phone })}</a>}
        {item("askForCall", () => void chat.openForm())}
        {items.some((each) => each.kind === "said") && item("download", () => chat.download())}
        {item("startAgain", () => void chat.startAgain())}
        {item("deleteChat", () => (chat.show({ kind: "delete" }), chat.screen.focus()))}
      </div>
    </div>
  );
}
