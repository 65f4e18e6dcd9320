import { afterEach, expect, test, vi } from "vitest";
import { Memory } from "../src/memory";

afterEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("session keeps everything in the tab", () => {
  new Memory().set({ token: "a" });
  expect(localStorage.length).toBe(0);
  expect(new Memory().values.token).toBe("a");
});

test("local is shared by the tabs, but not whether the chat is open", () => {
  const memory = new Memory("local");
  memory.set({ token: "a" });
  memory.setTab({ open: true });
  sessionStorage.clear();
  expect(new Memory("local").values.token).toBe("a");
  expect(new Memory("local").tab.open).toBeUndefined();
});

test("none writes nothing", () => {
  const memory = new Memory("none");
  memory.set({ token: "a" });
  memory.setTab({ open: true });
  expect(memory.values.token).toBe("a");
  expect(sessionStorage.length + localStorage.length).toBe(0);
});

test("what is older than the expiry is gone", () => {
  vi.useFakeTimers();
  const memory = new Memory("local", 2);
  memory.set({ token: "a" });
  vi.advanceTimersByTime(1.9 * 3_600_000);
  expect(memory.values.token).toBe("a");
  vi.advanceTimersByTime(0.2 * 3_600_000);
  expect(memory.values).toEqual({});
  expect(localStorage.length).toBe(0);
});

test("so are words that were never sent, and how the tab looked", () => {
  vi.useFakeTimers();
  const memory = new Memory("session", 2);
  memory.setTab({ open: true, draft: "a thought" });
  vi.advanceTimersByTime(2.1 * 3_600_000);
  expect(memory.tab).toEqual({});
  expect(sessionStorage.length).toBe(0);
});

test("of a closed tab without words nothing is kept", () => {
  const memory = new Memory();
  memory.setTab({ open: true, unread: 0 });
  memory.setTab({ open: false });
  expect(sessionStorage.length).toBe(0);
  memory.setTab({ open: false, draft: "a thought" });
  expect(memory.tab.draft).toBe("a thought");
});

test("unreadable storage is no reason to fail", () => {
  sessionStorage.setItem("needlewise-chat", "{not json");
  const memory = new Memory();
  expect(memory.values).toEqual({});
  memory.set({ token: "a" });
  expect(memory.values.token).toBe("a");
});

test("where storage is full or blocked, the conversation lives as long as the page", () => {
  const memory = new Memory();
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  memory.set({ token: "a" });
  expect(memory.values.token).toBe("a");
  memory.clear();
  expect(memory.values).toEqual({});
});

test("starting again forgets the conversation and keeps how to delete it", () => {
  const memory = new Memory();
  memory.set({ token: "b", waiting: {}, earlier: "a" });
  memory.forget();
  expect(memory.values.token).toBeUndefined();
  expect(memory.values.earlier).toBe("a");
});
