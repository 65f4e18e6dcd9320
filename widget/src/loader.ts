// The embed loader: one line on any page,
//   <script src="https://chat.example.com/widget.js" defer></script>
// shows a round button. Everything else is loaded when the visitor reaches for that button. Until the visitor opens
// the chat nothing is asked from the API and nothing is stored. At most 1 KB compressed (build.js measures it), which
// is why it is written so tersely; what can wait is in chat.ts. docs/installing-the-widget.md lists the attributes.
import type { Chat, create, Options } from "./chat";
import css from "./loader.css?inline";

// build.js puts the address and the hash of the built chat here.
declare const CHAT: string;
declare const CHAT_INTEGRITY: string;

type Method = "open" | "close" | "send";
export type Host = HTMLElement & { on: HTMLElement["addEventListener"] } & Record<Method, (words?: string) => Promise<unknown>>;
declare global {
  interface Window {
    needlewise?: Host;
  }
}

if (!window.needlewise) {
  const page = document;
  const script = page.currentScript as HTMLScriptElement;
  const options = script.dataset as unknown as Options;
  const address = new URL(CHAT, script.src).href;
  const { phone = "" } = options;
  const spanish = /^es/i.test((options["language"] ||= page.documentElement.lang || navigator.language));
  const host = (window.needlewise = page.createElement("needlewise-chat") as Host);
  const root = host.attachShadow({ mode: "open" });
  const launcher = page.createElement("button");
  const failed = page.createElement("a");
  const sheet = new CSSStyleSheet();
  let loading: Promise<Chat> | "";

  // Fetched with its hash first: import() then finds the checked file in the browser's cache. (A script element would
  // need a trusted URL on pages with Trusted Types, and import() itself takes no hash.)
  const run = (name?: Method, words?: string): Promise<unknown> =>
    (loading ||= fetch(address, { integrity: CHAT_INTEGRITY })
      .then(() => import(/* @vite-ignore */ address))
      .then((chat: { create: typeof create }) => chat.create(host, launcher, options)))
      .then((chat) => {
        launcher.style.opacity = "";
        return name && chat[name](words as never);
      }, () => {
        loading = launcher.style.opacity = "";
        if (name) {
          root.append(failed);
          failed.focus();
        }
      });

  for (const name of ["open", "close", "send"] as const) host[name] = (words) => run(name, words);
  host.lang = spanish ? "es" : "en";
  host.on = host.addEventListener;
  failed.append(spanish ? "El chat no se abrió. " : "The chat did not open. ", phone);
  // A link can take the focus, which is how a screen reader comes to read it.
  failed.tabIndex = 0;
  if (phone) failed.href = "tel:" + phone.replace(/[^+\d]/g, "");
  launcher.className = "launcher";
  launcher.ariaLabel = spanish ? "Abrir el chat" : "Open chat";
  launcher.ariaExpanded = false as never;
  launcher.style.color = options["color"]!;
  launcher.style[(options["position"] as "left") || "right"] = "20px";
  launcher.onclick = () => {
    // Pressed, and still on its way.
    launcher.style.opacity = 0.5 as never;
    run("open");
  };
  launcher.onpointerenter = launcher.onfocus = () => run();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(launcher);
  // Beside the body: there no style of the page moves it, and a page that replaces its body keeps it.
  page.documentElement.append(host);

  // For whoever used the chat before it opens again, or says what is new, or clears away what is older than data-expiry.
  try {
    if (sessionStorage["needlewise"] || sessionStorage["needlewise-chat"] || localStorage["needlewise-chat"]) run();
  } catch {
    // Storage may be blocked; there is then nothing to resume.
  }
}
