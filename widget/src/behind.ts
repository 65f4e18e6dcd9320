/** The page behind a full-screen chat: it cannot be seen, so nothing in it can be reached either. */
export class Behind {
  private blocked: Element[] = [];

  constructor(private readonly host: HTMLElement) {}

  block(wanted: boolean): void {
    if (wanted === this.blocked.length > 0) return;
    for (const each of this.blocked) each.removeAttribute("inert");
    const siblings = wanted ? [...(this.host.parentElement?.children || [])] : [];
    // What was inert before stays the page's own affair.
    this.blocked = siblings.filter((each) => each !== this.host && !each.hasAttribute("inert"));
    for (const each of this.blocked) each.setAttribute("inert", "");
  }
}
