// The words of the pages that cover the conversation: deleting, the call-back form, the transcript.

/** Needed when an earlier conversation has ended (late/earlier.ts). */
export const ended = { renewed: "The earlier chat has ended, so this is a new one." };

export const en = {
  deleteTitle: "Delete this chat?",
  deleteText: "This removes the whole conversation, here and at the clinic, and a request to reception that you sent in it. It cannot be undone.",
  deleteYes: "Yes, delete it",
  deleteNo: "Keep it",
  deleteFailed: "The chat could not be deleted just now. Please try again in a moment.",
  receipt: "Receipt",
  newChat: "Start a new chat",
  formText: "Leave your details, and reception will contact you. Please leave out medical details.",
  phoneHint: "With the area code, for example (801) 555-0123",
  sending: "Sending",
  needName: "Please enter your name.",
  needPhone: "Please enter a phone number with its area code.",
  needEmail: "Please enter an e-mail address such as name@example.com.",
  formFailed: "Your details could not be sent. Please try again in a moment.",
  formDone: "Your request has been sent",
  transcript: "Chat with {clinic}",
  formMore: "More about your visit (optional)",
};

export type LateKey = keyof typeof en | keyof typeof ended;
