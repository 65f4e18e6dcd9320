// The shapes of the visitor API that the widget uses (all of it: /api/schema). tests/recorded holds real answers.

export interface Source {
  title: string;
  publisher: string;
  section: string;
  published: string;
}

export interface Choice {
  id: string;
  title: string;
  language?: string | null;
}

export type Rating = "up" | "down" | null;

export interface Message {
  id: string;
  role: "assistant" | "staff" | "visitor";
  text: string;
  answer_id: string | null;
  sources: Source[];
  choices: Choice[];
  at: string;
  form: string | null;
  feedback: string | null;
  language: string | null;
  turn_id: string | null;
  client_id: string | null;
  outcome: string | null;
}

export interface Turn {
  id: string;
  outcome: string;
  topics: string[];
  messages: Message[];
}

export interface Clinic {
  name: string;
  phone: string;
  phone_display: string;
  color?: string | null;
}

export interface Session {
  token: string;
  conversation_id: string;
  language: string;
  clinic: Clinic;
  notice: string;
  privacy: string;
  messages: Message[];
}

export interface LeadForm {
  language: string;
  labels: Record<string, string>;
  methods: Choice[];
  locations: Choice[];
  days: Choice[];
  parts: Choice[];
  interests: Choice[];
  visits: Choice[];
  consent: Record<string, { version: string; text: string }>;
  name_limit: number;
  note_limit: number;
}

export interface LeadResult {
  lead: { id: string; state: string };
  message: string;
}

export interface Receipt {
  receipt_id: string;
  erased_at: string;
}

/** What a visitor sends: a typed text or the id of an offered choice. */
export interface Outgoing {
  client_id: string;
  text?: string;
  choice?: string;
}
