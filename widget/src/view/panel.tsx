// The panel: header with its menu, the emergency banner, the log with the composer, and pages that cover them.
import { h, type VNode } from "preact";
import type { Chat } from "../chat";
import { linked } from "../links";
import type { State } from "../state";
import { Composer } from "./composer";
import { Header } from "./header";
import { Log } from "./log";
import { PageView } from "./page";

export interface View {
  chat: Chat;
  state: State;
}

export function Panel({ chat, state }: View): VNode[] {
  const { text } = chat;
  const { clinic, page } = state;
  const isEmergency = state.items.some((item) => item.kind === "said" && item.message.outcome === "emergency");
  return [
    <div class="panel" role="dialog" aria-label={clinic ? text("dialog", { clinic: clinic.name }) : text("untitled")}
      aria-modal={state.full} tabIndex={-1} lang={text.language} hidden={!state.open}
      onKeyDown={(event: KeyboardEvent) => keydown(event, chat, state)}
      onClick={(event: Event) => state.menu && !within(event, ".menu-button") && chat.store.set({ menu: false })}>
      <Header chat={chat} state={state} />
      <p class="banner" hidden={!isEmergency}>{linked(text("emergency"), true)}</p>
      <div class="chat" hidden={page !== null}>
        <Log chat={chat} state={state} />
        <Composer chat={chat} state={state} />
      </div>
      {page && <PageView chat={chat} page={page} />}
      <div class="hear" role="status" aria-live="polite" />
    </div>,
    // For what comes while the panel is closed.
    <div class="hear" role="status" aria-live="polite" />,
  ];
}

function within(event: Event, selector: string): boolean {
  return event.target instanceof Element && Boolean(event.target.closest(selector));
}

function keydown(event: KeyboardEvent, chat: Chat, { menu, page, full }: State): void {
  if (event.key === "Escape" && !event.isComposing) {
    if (menu) {
      chat.store.set({ menu: false });
      chat.screen.find(".menu-button")?.focus();
    } else if (page && !page.final) chat.leavePage();
    else chat.close();
  }
  if (event.key === "Tab" && full) keepFocus(event, event.currentTarget as HTMLElement);
}

/** On a full screen Tab goes round inside the panel: the page behind it cannot be seen. */
function keepFocus(event: KeyboardEvent, panel: HTMLElement): void {
  const all = panel.querySelectorAll<HTMLInputElement>("*");
  const reachable = [...all].filter((each) => each.tabIndex >= 0 && !each.disabled && each.getClientRects()[0]);
  const at = (panel.getRootNode() as ShadowRoot).activeElement;
  const [first, last] = [reachable[0], reachable.at(-1)];
  if (event.shiftKey ? at === first || at === panel : at === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}
