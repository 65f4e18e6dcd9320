// Everything that touches the page: drawing the panel and the button, focus, speech, scrolling, the size of the screen.
import { render } from "preact";
import type { Chat } from "./chat";
import { accent } from "./late";
import panelCss from "./panel.css?inline";
import type { Message } from "./shapes";
import type { State } from "./state";
import { themeCss } from "./theme";
import { Panel } from "./view/panel";

// The same condition as in panel.css: there the panel covers the screen and is modal.
const FULL_SCREEN = "(max-width: 30em), (max-height: 30em)";

const sheet = (css: string): CSSStyleSheet => {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
};

const isTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

export class Screen {
  readonly root: ShadowRoot;
  private readonly box = document.createElement("div");
  private readonly fullScreen = matchMedia(FULL_SCREEN);
  /** The page behind a full screen was put out of reach. */
  private isBlocking = false;
  private readonly theme = new CSSStyleSheet();

  constructor(
    private readonly host: HTMLElement,
    readonly launcher: HTMLButtonElement,
    private readonly chat: Chat,
  ) {
    this.root = host.shadowRoot!;
    // What the loader said when an earlier attempt failed.
    this.root.querySelector("a")?.remove();
    this.root.prepend(this.box);
    host.lang = chat.text.language;
    // What is typed here is no shortcut of the page.
    for (const name of ["keydown", "keypress", "keyup"])
      this.box.addEventListener(name, (event) => event.stopPropagation());
    const { color, position } = chat.options;
    this.root.adoptedStyleSheets.push(this.theme, sheet(panelCss));
    this.dress(color);
    if (position === "left") host.dataset["position"] = position;
    this.fullScreen.addEventListener("change", () => this.fit());
    // On phones the keyboard covers part of the page; only the visual viewport knows how much is left.
    for (const change of ["resize", "scroll"])
      window.visualViewport?.addEventListener(change, () => chat.store.state.open && this.fit());
  }

  find(selector: string): HTMLElement | null {
    return this.box.querySelector(selector);
  }

  /** To where the visitor goes on: the page's heading or the input; on touch screens that would raise the keyboard. */
  focus(): void {
    if (!this.chat.store.state.open) return;
    const target = this.find("h2[tabindex]") || this.find(isTouch() ? ".panel" : ".composer textarea");
    target?.focus({ preventScroll: true });
  }

  /** Texts of the widget, or messages in their own languages. */
  speak(...said: (string | Message)[]): void {
    // A region whose text does not change is not spoken: empty it first.
    const voice = this.box.querySelectorAll("[role=status]")[this.chat.store.state.open ? 0 : 1]!;
    voice.textContent = "";
    setTimeout(() => voice.replaceChildren(...said.map((each) => {
      const words = document.createElement("span");
      const message: Partial<Message> = typeof each === "string" ? { text: each } : each;
      words.textContent = `${message.text} `;
      if (message.language) words.lang = message.language;
      return words;
    })), 50);
  }

  giveBack(words: string): void {
    const input = this.find(".composer textarea") as HTMLTextAreaElement;
    // Nothing typed is lost, and nothing typed since then is overwritten.
    if (!input.value.includes(words)) input.value = [words, input.value].filter(Boolean).join("\n");
    input.dispatchEvent(new Event("input"));
  }

  dress(color?: string): void {
    const { scheme } = this.chat.options;
    this.theme.replaceSync(themeCss(undefined, scheme));
    // Without it the chat keeps its own colour.
    if (color) accent().then((part) => this.theme.replaceSync(themeCss(part.accent(color), scheme)), () => {});
  }

  draw(state: State): void {
    render(Panel({ chat: this.chat, state }), this.box);
    this.host.toggleAttribute("data-open", state.open);
    const label = this.chat.text(state.open ? "close" : "open");
    const unread = state.unread ? String(state.unread) : "";
    this.launcher.ariaExpanded = String(state.open);
    this.launcher.ariaLabel = unread ? `${label}, ${this.chat.text("unread", { count: unread })}` : label;
    if (unread) this.launcher.dataset["unread"] = unread;
    else this.launcher.removeAttribute("data-unread");
  }

  fit(): void {
    const { open } = this.chat.store.state;
    const full = this.fullScreen.matches;
    this.chat.store.set({ full });
    this.block(open && full);
    const view = full && open ? window.visualViewport : null;
    this.box.style.setProperty("--visible-height", view ? `${Math.round(view.height)}px` : "");
    this.box.style.setProperty("--visible-top", view ? `${Math.round(view.offsetTop)}px` : "");
  }

  /** What is behind a full screen cannot be seen, so nothing in it can be reached either. */
  private block(wanted: boolean): void {
    const { body } = document;
    // What was inert before stays the page's own affair.
    if (wanted ? !body.inert : this.isBlocking) body.inert = this.isBlocking = wanted;
  }

  /** Show the newest part, from the start of the item `from` when it does not fit. */
  scrollTo(from: string | null): void {
    const log = this.find(".log")!;
    // On a low screen the whole panel scrolls instead of the log (panel.css).
    const box = getComputedStyle(log).overflowY === "visible" ? this.find(".panel")! : log;
    const place = (element: Element): number => element.getBoundingClientRect().top;
    const item = from && [...log.children].find((each) => (each as HTMLElement).dataset["key"] === from);
    const top = item ? place(item) - place(box) + box.scrollTop - 12 : Infinity;
    box.scrollTop = Math.min(box.scrollHeight, top);
  }
}
