// The call-back form. It needs only the lead API, so it works when the assistant does not.
import { Component, type ComponentChild, h, type VNode } from "preact";
import type { ApiError } from "../api";
import type { Chat } from "../chat";
import type { Choice, LeadForm, LeadResult } from "../shapes";
import { uuid } from "../uuid";

interface Props {
  chat: Chat;
  form: LeadForm;
}

interface FormState {
  method: string;
  wrong: Record<string, string>;
  failure: string;
  busy: boolean;
}

// In the order of the form: the first wrong one gets the focus.
const FIELDS = ["name", "phone", "email", "location", "interest", "visit", "day", "part", "note", "consent"];
const WISHES = ["interest", "visit", "day", "part"];

/** What was typed and not sent yet. It is about a person, so no longer than this page lives, and never in a storage. */
interface Draft {
  id: string;
  values: Record<string, string>;
}

const drafts = new WeakMap<Chat, Draft>();

/** Forget what was typed. */
export function discard(chat: Chat): void {
  drafts.delete(chat);
}

/** A request keeps its client_id until it is sent, so sending it again after a lost answer makes no second one. */
export class CallbackForm extends Component<Props, FormState> {
  private readonly draft: Draft = drafts.get(this.props.chat) || { id: uuid(), values: {} };
  private refusedEmail: string | null = null;
  private element: HTMLFormElement | null = null;
  override state: FormState = { method: this.draft.values["method"] || this.props.form.methods[0]!.id, wrong: {}, failure: "", busy: false };

  /** What was typed before stands there again; agreeing is asked anew. */
  override componentDidMount(): void {
    drafts.set(this.props.chat, this.draft);
    for (const [key, value] of Object.entries(this.draft.values)) {
      const input = this.element!.elements.namedItem(key) as HTMLInputElement | null;
      if (input && key !== "method") input.value = value;
      if (value && WISHES.includes(key)) input?.closest("details")?.setAttribute("open", "");
    }
  }

  override render({ chat, form }: Props, { method, failure, busy }: FormState): VNode {
    const { labels } = form;
    const { text } = chat;
    const wishes = [form.interests, form.visits, form.days, form.parts].some((each) => each.length > 0);
    return (
      <form class="form" noValidate onInput={() => this.keep()} onSubmit={(event: Event) => void this.submit(event)}
        ref={(element: HTMLFormElement | null) => void (this.element = element)}>
        {this.input("name", labels["name"]!, { autocomplete: "name", maxLength: form.name_limit })}
        <fieldset>
          <legend>{labels["method"]}</legend>
          {form.methods.map(({ id, title }) =>
            <label class="option">
              <input type="radio" name="method" value={id} checked={id === method}
                onChange={() => this.choose(id)} />{title}
            </label>)}
        </fieldset>
        {this.input("phone", labels["phone"]!, { type: "tel", autocomplete: "tel" }, text("phoneHint"), method === "email")}
        {this.input("email", labels["email"]!, { type: "email", autocomplete: "email" }, "", method !== "email")}
        {this.select("location", form.locations, chat.options["location"])}
        {wishes &&
          <details class="wishes">
            <summary>{text("formMore")}</summary>
            {this.select("interest", form.interests)}
            {this.select("visit", form.visits)}
            {this.select("day", form.days)}
            {this.select("part", form.parts)}
          </details>}
        {this.field("note", labels["note"]!, (described) =>
          <textarea id="nw-note" name="note" rows={2} maxLength={form.note_limit} {...described} />,
        `${labels["optional"]} ${labels["note_hint"]}`)}
        {/* People do not see or reach this one; programs that fill in everything do. */}
        <div class="trap" aria-hidden="true"><input type="text" name="website" tabIndex={-1} autocomplete="off" /></div>
        <div>
          <p class="hint" id="nw-consent-hint">{labels["consent"]}</p>
          {/* Agreeing to calls is not agreeing to text messages: a new box for each way of contact. */}
          <label class="option" key={method}>
            <input type="checkbox" name="consent" id="nw-consent" {...this.described("consent", true)} />
            <span>{form.consent[method]!.text}</span>
          </label>
          {this.wrong("consent")}
        </div>
        {failure && <p class="wrong" role="alert">{failure}</p>}
        <div class="actions">
          {/* Not disabled: that would take the focus away. */}
          <button class="primary" type="submit" aria-disabled={busy}>{busy ? text("sending") : labels["send"]}</button>
        </div>
      </form>
    );
  }

  private keep(): void {
    const { consent, website, ...values } = Object.fromEntries(new FormData(this.element!)) as Draft["values"];
    this.draft.values = values;
  }

  private choose(method: string): void {
    this.setState({ method });
  }

  private input(key: string, label: string, attributes: object, hint = "", hidden = false): VNode {
    return this.field(key, label, (described) =>
      <input type="text" id={`nw-${key}`} name={key} {...attributes} {...described} />, hint, hidden);
  }

  private select(key: string, choices: Choice[], chosen = ""): ComponentChild {
    if (!choices.length) return null;
    const label = this.props.form.labels[key]!;
    return this.field(key, label, (described) =>
      <select id={`nw-${key}`} name={key} {...described}>
        {key !== "location" && <option value="" />}
        {choices.map(({ id, title }) => <option value={id} selected={id === chosen}>{title}</option>)}
      </select>);
  }

  private field(key: string, label: string, draw: (described: object) => VNode, hint = "", hidden = false): VNode {
    return (
      <div hidden={hidden}>
        <label for={`nw-${key}`}>{label}</label>
        {hint && <p class="hint" id={`nw-${key}-hint`}>{hint}</p>}
        {draw(this.described(key, Boolean(hint)))}
        {this.wrong(key)}
      </div>
    );
  }

  private described(key: string, hasHint: boolean): object {
    const { wrong } = this.state;
    const ids = [hasHint && `nw-${key}-hint`, wrong[key] && `nw-${key}-wrong`].filter(Boolean).join(" ");
    return { "aria-invalid": Boolean(wrong[key]), "aria-describedby": ids || undefined };
  }

  private wrong(key: string): ComponentChild {
    const words = this.state.wrong[key];
    return words && <p class="wrong" id={`nw-${key}-wrong`}>{words}</p>;
  }

  private value(key: string): string {
    const element = this.element!.elements.namedItem(key) as HTMLInputElement | null;
    return (element?.value || "").trim();
  }

  private check(): Record<string, string> {
    const { text } = this.props.chat;
    const { method } = this.state;
    const wrong: Record<string, string> = {};
    if (!this.value("name")) wrong["name"] = text("needName");
    if (method === "email" && !this.value("email")) wrong["email"] = text("needEmail");
    if (method !== "email" && !this.value("phone")) wrong["phone"] = text("needPhone");
    return wrong;
  }

  /** Mark every wrong field and go to the first; false when none of them is on this form. */
  private mark(wrong: Record<string, string>): boolean {
    this.setState({ wrong, failure: "", busy: false });
    const first = FIELDS.find((key) => wrong[key] && this.element?.elements.namedItem(key));
    if (!first) return false;
    const input = this.element!.elements.namedItem(first) as HTMLElement;
    input.closest("details")?.setAttribute("open", "");
    // Once the words stand there, so that they are read with the field.
    setTimeout(() => input.focus());
    return true;
  }

  private body(): object {
    const { form } = this.props;
    const { method } = this.state;
    const agreed = (this.element!.elements.namedItem("consent") as HTMLInputElement).checked;
    const wishes = WISHES.filter((key) => this.value(key));
    const marks = [...new URLSearchParams(location.search)].filter(([key]) => key.startsWith("utm_"));
    return {
      client_id: this.draft.id,
      name: this.value("name"),
      method,
      note: this.value("note"),
      language: form.language,
      // The rest of an address may be personal.
      page: `${location.origin}${location.pathname}${marks.length ? `?${new URLSearchParams(marks)}` : ""}`,
      // The field of the other method is not shown, so what stands in it is not sent.
      ...(method === "email" ? { email: this.value("email") } : { phone: this.value("phone") }),
      // "Did you mean ...?" is asked once: the same address again is meant as it is.
      email_checked: this.value("email") === this.refusedEmail,
      location: this.value("location"),
      ...Object.fromEntries(wishes.map((key) => [key, this.value(key)])),
      consent: { [method]: agreed ? form.consent[method]!.version : false },
      website: this.value("website"),
    };
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.state.busy || this.mark(this.check())) return;
    const { chat } = this.props;
    this.setState({ busy: true });
    try {
      const { lead, message } = await chat.api.request<LeadResult>("leads", chat.conversation.token, this.body());
      discard(chat);
      chat.show(chat.text("formDone"), () => <p>{message}</p>);
      chat.screen.focus();
      chat.screen.speak(message);
      chat.tell("lead", { state: lead.state });
    } catch (error) {
      // The class itself belongs to the other file: instanceof would not know it.
      const { problem, status, message } = error as ApiError;
      const wrong = Object.fromEntries((problem?.errors || []).map((each) => [each.field.split(".")[0]!, each.message]));
      if (wrong["email"]) this.refusedEmail = this.value("email");
      if (!this.mark(wrong)) this.setState({ failure: status === 422 ? message : chat.text("formFailed") });
    }
  }
}
