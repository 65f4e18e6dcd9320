// The conversation as a text file that the visitor keeps.
import { cited } from "../cited";
import type { State } from "../state";
import type { Text } from "../texts";

export function transcript(state: State, text: Text): string {
  const time = (at: string): string => new Date(at).toLocaleString(text.language);
  const lines = state.items.flatMap((item) => {
    if (item.kind === "asked") return [`${text("visitor")} ${item.words} (${time(item.at)})`, ""];
    if (item.kind !== "said") return [];
    const sources = item.message.sources.map((source) => `  ${text("sources")}: ${cited(source)}`);
    return [`${text(item.message.role)} ${item.message.text} (${time(item.message.at)})`, ...sources, ""];
  });
  const clinic = state.clinic;
  const head = clinic ? [text("transcript", { clinic: clinic.name }), clinic.phone_display || clinic.phone] : [];
  return [...head, state.notice, "", ...lines].join("\r\n");
}

export function save(content: string): void {
  const link = document.createElement("a");
  // The mark at the beginning tells old editors that it is UTF-8.
  link.href = URL.createObjectURL(new Blob(["\ufeff", content], { type: "text/plain;charset=utf-8" }));
  link.download = `chat-${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
