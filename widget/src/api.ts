// The visitor API. Every failure is an ApiError; status 0 means that no answer came.
import type { LeadForm, LeadResult, Message, Outgoing, Rating, Receipt, Session, Turn } from "./shapes";

// The server answers a message within ten seconds; a little more covers a slow phone network.
const TIMEOUT_MS = 15_000;

interface Problem {
  detail?: string;
  code?: string;
  errors?: { field: string; message: string }[];
}

export class ApiError extends Error {
  readonly errors: { field: string; message: string }[];

  constructor(readonly status: number, problem: Problem = {}, readonly retryAfter = 0) {
    super(problem.detail || "");
    this.errors = problem.errors || [];
  }

  /** The same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  constructor(private readonly origin: string) {}

  createSession(body: object): Promise<Session> {
    return this.request("POST", "/api/chat/sessions", body);
  }

  messages(token: string): Promise<{ messages: Message[] }> {
    return this.request("GET", "/api/chat/messages", undefined, token);
  }

  send(token: string, body: Outgoing): Promise<{ turn: Turn }> {
    return this.request("POST", "/api/chat/messages", body, token);
  }

  feedback(token: string, message_id: string, value: Rating): Promise<unknown> {
    return this.request("POST", "/api/chat/feedback", { message_id, value }, token);
  }

  /** A receipt, or null when that conversation is gone already. */
  erase(token: string): Promise<Receipt | null> {
    return this.request<Receipt>("DELETE", "/api/chat", undefined, token).catch((error: ApiError) => {
      if (error.status === 401) return null;
      throw error;
    });
  }

  leadForm(language: string): Promise<LeadForm> {
    return this.request("GET", `/api/leads/form?language=${encodeURIComponent(language)}`);
  }

  createLead(body: object, token?: string): Promise<LeadResult> {
    return this.request("POST", "/api/leads", body, token);
  }

  private async request<Answer>(method: string, path: string, body?: object, token?: string): Promise<Answer> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (token) headers["Authorization"] = `Bearer ${token}`;
    let response: Response;
    try {
      response = await fetch(this.origin + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        credentials: "omit",
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new ApiError(0);
    }
    const content = await response.json().catch(() => null);
    if (response.ok && content !== null) return content as Answer;
    throw new ApiError(response.ok ? 0 : response.status, content || {}, Number(response.headers.get("Retry-After")));
  }
}
