// Tabs that show the same conversation tell each other what changed; what changed is then read from the server.

export interface News {
  conversation: string;
  what: "answered" | "erased" | "renewed";
  /** The turn whose emergency must stay in sight. */
  emergency?: string;
}

export class Tabs {
  private readonly channel = "BroadcastChannel" in window ? new BroadcastChannel("needlewise") : null;

  constructor(hear: (news: News) => void) {
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent<News>) => hear(data);
  }

  tell(news: News): void {
    this.channel?.postMessage(news);
  }
}
