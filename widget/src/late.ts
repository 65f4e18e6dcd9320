// Parts of the widget that not every visitor needs: loaded when wanted, checked as the loader checks the chat.

// build.js puts the addresses and hashes of the built parts here.
declare const ACCENT: string;
declare const ACCENT_INTEGRITY: string;
declare const EARLIER: string;
declare const EARLIER_INTEGRITY: string;
declare const ES: string;
declare const ES_INTEGRITY: string;
declare const PAGES: string;
declare const PAGES_INTEGRITY: string;

/** Where this file was loaded from: the server of the API, and the folder of the late parts. */
export const HERE = import.meta.url;

// A network that comes and goes is given a second chance.
const AGAIN_AFTER_MS = 1_500;

async function part<Exports>(address: string, integrity: string): Promise<Exports> {
  const { href } = new URL(`../${address}`, HERE);
  const load = (): Promise<unknown> => fetch(href, { integrity });
  await load().catch(() => new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS)).then(load));
  return import(/* @vite-ignore */ href) as Promise<Exports>;
}

// Each rejects when it cannot be loaded.
export const accent = () => part<typeof import("./late/accent")>(ACCENT, ACCENT_INTEGRITY);
export const earlier = () => part<typeof import("./late/earlier")>(EARLIER, EARLIER_INTEGRITY);
export const spanish = () => part<typeof import("./late/es")>(ES, ES_INTEGRITY);
export const pages = () => part<typeof import("./late/pages")>(PAGES, PAGES_INTEGRITY);
