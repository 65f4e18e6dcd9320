// Parts of the widget that not every visitor needs: loaded when wanted, checked as the loader checks the chat.
import type { Words } from "./texts";
import type { CallbackForm } from "./late/form";

// build.js puts the addresses and hashes of the built parts here.
declare const FORM: string;
declare const FORM_INTEGRITY: string;
declare const ES: string;
declare const ES_INTEGRITY: string;

/** Where this file was loaded from: the server of the API, and the folder of the late parts. */
export const HERE = import.meta.url;

async function part<Exports>(address: string, integrity: string): Promise<Exports> {
  const { href } = new URL(`../${address}`, HERE);
  await fetch(href, { integrity });
  return import(/* @vite-ignore */ href) as Promise<Exports>;
}

/** The form of late/form.tsx. Rejects when it cannot be loaded. */
export async function formView(): Promise<typeof CallbackForm> {
  return (await part<{ CallbackForm: typeof CallbackForm }>(FORM, FORM_INTEGRITY)).CallbackForm;
}

export async function spanish(): Promise<Words> {
  return (await part<{ es: Words }>(ES, ES_INTEGRITY)).es;
}
