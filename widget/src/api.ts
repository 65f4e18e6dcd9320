// The visitor API. Every failure is an ApiError; status 0 means that no answer came.
import type { Message } from "./shapes";

// The server answers a message within ten seconds; a little more covers a slow phone network.
const TIMEOUT_MS = 15_000;

interface Problem {
  detail?: string;
  code?: string;
  errors?: { field: string; message: string }[];
}

export class ApiError extends Error {
  constructor(readonly status: number, readonly problem: Problem = {}, readonly retryAfter = 0) {
    super(problem.detail);
  }

  /** The same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  constructor(private readonly origin: string) {}

  messages(token: string): Promise<{ messages: Message[] }> {
    return this.request("chat/messages", token);
  }

  /** GET without a body, else POST; `path` follows /api/. */
  async request<Answer>(path: string, token?: string, body?: object, method = body ? "POST" : "GET"): Promise<Answer> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    let response: Response;
    try {
      response = await fetch(`${this.origin}/api/${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
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
