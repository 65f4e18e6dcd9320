import { h, type VNode } from "preact";
import { MAX_CHARACTERS } from "../state";
import { Icon } from "./icon";
import type { View } from "./panel";

// The counter appears when this many characters are left.
const COUNT_FROM = 150;

// What the keyboard of a phone shows for what is asked; a name begins with capitals.
const KEYBOARDS: Record<string, object> = {
  phone: { inputMode: "tel" },
  email: { inputMode: "email", autocapitalize: "none" },
  name: { autocapitalize: "words" },
};

/** Where the visitor types. The words stay in the element itself, so drawing again never touches them. */
export function Composer({ chat, state: { left, items } }: View): VNode {
  const { text } = chat;
  const last = items.at(-1);
  const counted = text(left < 0 ? "over" : "left", { count: Math.abs(left) });
  const keyboard = last?.kind === "said" ? KEYBOARDS[last.message.form || ""] : {};
  const input = (): HTMLTextAreaElement => chat.screen.find(".composer textarea") as HTMLTextAreaElement;

  const typed = (): void => {
    const { value, style } = input();
    chat.memory.setTab({ draft: value });
    const rest = MAX_CHARACTERS - [...value.trim()].length;
    if (rest !== left) chat.store.set({ left: rest });
    style.height = "auto";
    style.height = `${input().scrollHeight}px`;
  };

  const submit = (event: Event): void => {
    event.preventDefault();
    const words = input().value.trim();
    if (words && left < 0) chat.screen.speak(counted);
    if (!words || left < 0) return input().focus();
    input().value = "";
    typed();
    void chat.say(words);
  };

  const keydown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word; 229 is how Safari says so.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };

  return (
    <form class="composer" noValidate onSubmit={submit}>
      <div class="field">
        <textarea rows={1} aria-label={text("input")} placeholder={text("placeholder")} aria-describedby="nw-counter"
          aria-invalid={left < 0} enterkeyhint="send" onInput={typed} onKeyDown={keydown} {...keyboard} />
        <button class="tool send" aria-label={text("send")}><Icon name="send" /></button>
      </div>
      <p class={left < 0 ? "counter over" : "counter"} id="nw-counter" hidden={left > COUNT_FROM}>
        {counted}
      </p>
    </form>
  );
}
