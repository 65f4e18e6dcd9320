// Every word that the chat itself says; those of the pages that cover it are in late/en.ts. What the assistant says
// comes from the server.

import type { LateKey } from "./late/en";

export const en = {
  dialog: "Chat with {clinic}",
  untitled: "Chat",
  automated: "Automated assistant",
  menu: "More options",
  close: "Close chat",
  back: "Back to the chat",
  log: "Conversation",
  visitor: "You:",
  assistant: "Assistant:",
  staff: "Our team:",
  input: "Your message",
  placeholder: "Type a question",
  send: "Send",
  sources: "Source",
  helpful: "Was this helpful?",
  up: "Helpful",
  down: "Not helpful",
  thanks: "Thank you for telling us.",
  left: "Characters left: {count}",
  over: "Characters too many: {count}",
  notSent: "Not sent.",
  retry: "Try again",
  slowDown: "Please wait {seconds} seconds, then try again.",
  unreachable: "The chat cannot be reached right now.",
  callUs: "Call {phone}",
  askForCall: "Ask to be contacted",
  startAgain: "Start again",
  deleteChat: "Delete my chat",
  deleted: "Your chat has been deleted",
  emergency: "In an emergency, call 911 now. If you are thinking about harming yourself, call or text 988.",
  loading: "One moment",
  unavailable: "This cannot be opened right now.",
  open: "Open chat",
  unread: "{count} new",
  choices: "Choices",
  download: "Download this chat",
};

export type Key = keyof typeof en | LateKey;
