// The conversation: bubbles, sources, thumbs, choices. All words are text nodes.
import { h, type VNode } from "preact";
import type { Chat } from "../chat";
import { cited } from "../cited";
import { linked } from "../links";
import type { Rating } from "../shapes";
import type { Asked, Item, Said } from "../state";
import { HelpCard } from "./help";
import { Icon } from "./icon";
import type { View } from "./panel";

/** The log is not a live region: it would read the history again after a reload. Panel has one for what is new. */
export function Log({ chat, state }: View): VNode {
  const { text } = chat;
  return (
    <div class="log" role="log" aria-live="off" aria-label={text("log")} tabIndex={0}>
      <p class="privacy" lang={state.language || undefined}>{state.privacy}</p>
      {state.items.map((item) => <ItemView key={item.key} chat={chat} item={item} language={state.language || undefined} />)}
      {state.typing &&
        <div class="assistant" aria-hidden="true"><div class="bubble typing"><i /><i /><i /></div></div>}
    </div>
  );
}

interface Props<Kind> {
  chat: Chat;
  item: Kind;
  /** The clinic's, for what names none. */
  language?: string | undefined;
}

function ItemView({ chat, item, language }: Props<Item>): VNode {
  if (item.kind === "said") return <SaidView chat={chat} item={item} language={language} />;
  if (item.kind === "asked") return <AskedView chat={chat} item={item} />;
  if (item.kind === "note") return <p class="note" data-key={item.key}>{item.words}</p>;
  return <HelpCard chat={chat} words={item.words} retry={item.retry} />;
}

function SaidView({ chat, item, language }: Props<Said>): VNode {
  const { message } = item;
  const safety = ["emergency", "urgent"].includes(message.outcome!);
  const offers = item.choices !== "gone" && message.choices.length > 0;
  return (
    <div class={safety ? "assistant safety" : "assistant"} data-key={item.key}>
      <div class="bubble" lang={message.language || language}>
        <span class={message.role} lang={chat.text.language}>{chat.text(message.role)} </span>{linked(message.text, safety)}
      </div>
      {(message.sources.length > 0 || message.answer_id) &&
        <div class="after">
          {message.sources.length > 0 && <Sources chat={chat} item={item} />}
          {message.answer_id && <Thumbs chat={chat} item={item} />}
        </div>}
      {offers &&
        <div class="choices" role="group" aria-label={chat.text("choices")}>
          {message.choices.map((choice) =>
            <button class={choice.id === item.chosen ? "choice chosen" : "choice"} lang={choice.language || language}
              disabled={item.choices === "closed"} onClick={() => chat.conversation.choose(item, choice)}>
              {choice.title}
            </button>)}
        </div>}
    </div>
  );
}

function AskedView({ chat, item }: Props<Asked>): VNode {
  const { text } = chat;
  return (
    <div class={item.trouble ? "visitor unsent" : "visitor"} data-key={item.key}>
      <div class="bubble" lang={item.language || undefined}><span class="hear" lang={text.language}>{text("visitor")} </span>{item.words}</div>
      {item.trouble &&
        <div class="trouble">
          <span>{item.trouble}</span>
          {item.canRetry &&
            <button class="plain" onClick={() => chat.conversation.retry()}>{text("retry")}</button>}
        </div>}
    </div>
  );
}

function Sources({ chat, item }: Props<Said>): VNode {
  const show = ({ currentTarget }: Event): void => {
    const details = currentTarget as HTMLDetailsElement;
    if (details.open) details.scrollIntoView({ block: "nearest" });
  };
  return (
    <details class="sources" onToggle={show}>
      <summary>{chat.text("sources")}</summary>
      <ul>{item.message.sources.map((source) => <li>{cited(source)}</li>)}</ul>
    </details>
  );
}

function Thumbs({ chat, item }: Props<Said>): VNode {
  const thumb = (value: Exclude<Rating, null>): VNode =>
    <button class="tool thumb" aria-label={chat.text(value)} aria-pressed={item.rating === value}
      onClick={() => void chat.conversation.rate(item, item.rating === value ? null : value)}><Icon name={value} /></button>;
  return <div class="thumbs" role="group" aria-label={chat.text("helpful")}>{thumb("up")}{thumb("down")}</div>;
}
