// The whole chat on answers that were recorded from the real API (tests/browser/test_widget_contract.py keeps them so).
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Chat, create } from "../src/chat";
import answered from "./recorded/answered.json";
import emergency from "./recorded/emergency.json";
import feedback from "./recorded/feedback.json";
import form from "./recorded/form.json";
import history from "./recorded/history.json";
import receipt from "./recorded/receipt.json";
import session from "./recorded/session.json";

vi.mock("../src/late", async () => ({
  HERE: "http://chat.test/widget/chat.js",
  accent: () => import("../src/late/accent"),
  earlier: () => import("../src/late/earlier"),
  spanish: () => import("../src/late/es"),
  pages: () => import("../src/late/pages"),
}));

let chat: Chat;
let root: ShadowRoot;
let answers: Record<string, unknown>;

beforeEach(async () => {
  answers = {
    "POST /api/chat/sessions": session,
    "GET /api/chat/messages": history,
    "POST /api/chat/messages": answered,
    "POST /api/chat/feedback": feedback,
    "GET /api/leads/form?language=en": form,
    "DELETE /api/chat": receipt,
  };
  vi.stubGlobal("fetch", async (address: string, { method }: RequestInit) => {
    const answer = answers[`${method} ${address.replace("http://chat.test", "")}`];
    return Response.json(answer ?? { detail: "none", code: "none" }, { status: answer ? 200 : 404 });
  });
  const host = document.body.appendChild(document.createElement("needlewise-chat"));
  root = host.attachShadow({ mode: "open" });
  const launcher = root.appendChild(document.createElement("button"));
  chat = await create(host, launcher, {});
});

afterEach(() => {
  chat.memory.clear();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const text = (selector: string): string => root.querySelector(selector)?.textContent || "";

test("a conversation begins with the notice, the privacy text and the greeting", async () => {
  await chat.open();
  expect(text(".clinic")).toBe(session.clinic.name);
  expect(text(".automated")).toBe(session.notice);
  expect(text(".privacy")).toBe(session.privacy);
  expect(text(".log")).toContain(session.messages[0]!.text);
});

test("an answer comes with its source and its thumbs", async () => {
  await chat.open();
  await chat.say("How long is the recovery time?");
  const [message] = answered.turn.messages;
  expect(text(".log")).toContain(message!.text);
  expect(text(".sources li")).toContain(message!.sources[0]!.title);
  root.querySelector<HTMLElement>(".thumb")!.click();
  await vi.waitFor(() => expect(text("[role=status]").trim()).toBe(chat.text("thanks")));
  expect(root.querySelector(".thumb")!.getAttribute("aria-pressed")).toBe("true");
});

test("an emergency stays in sight", async () => {
  await chat.open();
  answers["POST /api/chat/messages"] = emergency;
  await chat.say("I have chest pain");
  expect(root.querySelector<HTMLElement>(".banner")!.hidden).toBe(false);
  expect(root.querySelector(".safety a")!.getAttribute("href")).toMatch(/^tel:/);
});

test("every message says in which language it is", async () => {
  await chat.open();
  await chat.say("How long is the recovery time?");
  expect(answered.turn.messages[0]!.language).toBe("en");
  for (const bubble of root.querySelectorAll(".bubble")) expect(bubble.getAttribute("lang")).toBe("en");
});

test("a conversation goes on where it was", async () => {
  chat.memory.set({ token: "a-token", clinic: session.clinic });
  await chat.open();
  expect(root.querySelectorAll(".visitor")).toHaveLength(history.messages.filter((each) => each.role === "visitor").length);
  expect(root.querySelectorAll(".choice")).toHaveLength(0);
});

test.each([["emergency", false], ["urgent", true]])("a turn that was an %s is shown as one when it is read again", async (outcome, hidden) => {
  const again = history.messages.map((each) => ({ ...each, outcome: each.outcome === "emergency" ? outcome : each.outcome }));
  answers["GET /api/chat/messages"] = { messages: again };
  chat.memory.set({ token: "a-token", clinic: session.clinic });
  await chat.open();
  expect(root.querySelector<HTMLElement>(".banner")!.hidden).toBe(hidden);
  expect(root.querySelector(".safety a")!.getAttribute("href")).toMatch(/^tel:/);
});

test("a message that the server never takes holds up the next one for a while, not forever", async () => {
  await chat.open();
  const usual = fetch;
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
    const { text: said } = JSON.parse(String(init.body || "{}"));
    if (said) sent.push(said);
    return said === "one" ? Response.json({}, { status: 500 }) : usual(address, init);
  });
  vi.useFakeTimers();
  void chat.say("one");
  void chat.say("two");
  await vi.advanceTimersByTimeAsync(4_500);
  expect(sent).toEqual(["one", "one"]);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(sent).toEqual(["one", "one", "one", "one", "two"]);
  expect(root.querySelectorAll(".unsent")).toHaveLength(1);
  // Asked to, it is tried again.
  root.querySelector<HTMLElement>(".trouble button")!.click();
  await vi.advanceTimersByTimeAsync(100);
  expect(sent.at(-1)).toBe("one");
  vi.useRealTimers();
});

test("the form asks for what the clinic wants to know, and nothing is ticked", async () => {
  await chat.open();
  await chat.more("askForCall");
  const words = text(".form");
  for (const { title } of [...form.methods, ...form.days, ...form.interests]) expect(words).toContain(title);
  expect(words).toContain(form.consent.call.text);
  expect(root.querySelector<HTMLInputElement>("[type=checkbox]")!.checked).toBe(false);
});

test("deleting shows the receipt and leaves nothing", async () => {
  await chat.open();
  await chat.more("deleteChat");
  root.querySelector<HTMLElement>(".danger")!.click();
  await vi.waitFor(() => expect(text(".receipt")).toContain(receipt.receipt_id));
  expect(chat.memory.values).toEqual({});
});
