// Builds src/ into dist/: the chat and its late parts (each named by its hash), then the loader, which carries the
// chat's name and hash. dist/ is committed, so that running the product needs no Node.
//   node build.js           writes dist/
//   node build.js --check   fails when dist/ is not what src/ builds, or when something has become too heavy
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipAsync } from "@gfx/zopfli";
import { build } from "vite";

// Compressed bytes, as a visitor loads them. Rivals weigh 110 to 480 KB.
const LOADER_BYTES = 1_024; // what every page pays
const WIDGET_BYTES = 16 * 1_024; // with the chat, once a visitor reaches for it
const WHOLE_BYTES = 30 * 1_024; // with every late part

const HERE = import.meta.dirname;
const DIST = `${HERE}/dist`;

/** One entry as one file of text. */
async function bundle(entry, format, define = {}, alias = {}) {
  const result = await build({
    root: HERE,
    configFile: false,
    logLevel: "error",
    resolve: { alias },
    define: { "process.env.NODE_ENV": '"production"', ...define },
    oxc: { typescript: { removeClassFieldsWithoutInitializer: true }, assumptions: { setPublicClassFields: true }, jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" } },
    build: {
      write: false,
      target: "es2022",
      cssTarget: ["chrome123", "safari17.5", "firefox121"],
      minify: "oxc",
      lib: { entry: `${HERE}/src/${entry}`, formats: [format], name: "needlewise", fileName: () => "out.js" },
      rollupOptions: { output: { minify: true } },
    },
  });
  const { output } = [result].flat()[0];
  // Marks for bundlers only: nothing bundles this again. And fields that a constructor fills need not be announced.
  return output[0].code.replace(/(\w?)\/\* @__PURE__ \*\/ /g, (_mark, before) => before && `${before} `)
    .replace(/\s*\/\* @vite-ignore \*\/\s*/g, "")
    .replace(/(class(?: extends \w+)?\{)(?:\w+;)+/g, "$1").trim();
}

/** The name that changes with the text, and what a browser checks the text against: part of it, so it packs well. */
function named(stem, text) {
  const hash = createHash("sha256").update(text).digest("base64");
  const [mark] = /[a-z\d]{8}/i.exec(hash) || ["0"];
  return { name: `${stem}.${mark}.js`, integrity: `sha256-${hash}` };
}

function located(prefix, { name, integrity }) {
  return { [prefix]: JSON.stringify(`widget/${name}`), [`${prefix}_INTEGRITY`]: JSON.stringify(integrity) };
}

async function everything() {
  const files = {};
  const late = {};
  for (const [stem, entry] of [["accent", "late/accent.ts"], ["earlier", "late/earlier.ts"], ["es", "late/es.ts"],
    ["pages", "late/pages.tsx"]]) {
    const text = await bundle(entry, "es", {}, { preact: `${HERE}/src/late/preact.ts` });
    const part = named(stem, text);
    files[part.name] = text;
    Object.assign(late, located(stem.toUpperCase(), part));
  }
  const chat = await bundle("chat.ts", "es", late);
  const part = named("chat", chat);
  const loader = await bundle("loader.ts", "iife", located("CHAT", part));
  return { "loader.js": loader, [part.name]: chat, ...files };
}

/** Every file and beside it the same as .gz: Zopfli takes longer than a server can and saves visitors three percent. */
async function packed(files) {
  const all = {};
  for (const [name, text] of Object.entries(files)) {
    all[name] = Buffer.from(text);
    all[`${name}.gz`] = Buffer.from(await gzipAsync(all[name], {}));
  }
  return all;
}

function weigh(files) {
  const packed = Object.entries(files).filter(([name]) => name.endsWith(".gz"));
  const bytes = Object.fromEntries(packed.map(([name, { length }]) => [name.slice(0, -3), length]));
  const total = (all) => all.reduce((sum, each) => sum + each, 0);
  const opened = Object.entries(bytes).filter(([name]) => /^(loader|chat)\./.test(name)).map(([, each]) => each);
  for (const [name, each] of Object.entries(bytes)) console.log(`${name}: ${each} bytes compressed`);
  const limits = [
    ["the loader", bytes["loader.js"], LOADER_BYTES],
    ["loader and chat", total(opened), WIDGET_BYTES],
    ["the whole widget", total(Object.values(bytes)), WHOLE_BYTES],
  ];
  for (const [what, weight, limit] of limits) console.log(`${what}: ${weight} of at most ${limit} bytes compressed`);
  return limits.filter(([, weight, limit]) => weight > limit).map(([what]) => `${what} has become too heavy`);
}

function differences(files) {
  const present = readdirSync(DIST);
  const wrong = present.filter((name) => !(name in files)).map((name) => `dist/${name} is not built by src/`);
  for (const [name, content] of Object.entries(files))
    if (!present.includes(name) || !content.equals(readFileSync(`${DIST}/${name}`)))
      wrong.push(`dist/${name} is not what src/ builds: run npm run build in widget/ and commit dist/`);
  return wrong;
}

const files = await packed(await everything());
const wrong = weigh(files);
if (process.argv.includes("--check")) wrong.push(...differences(files));
else {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, content] of Object.entries(files)) writeFileSync(`${DIST}/${name}`, content);
}
for (const each of wrong) console.error(each);
process.exitCode = wrong.length ? 1 : 0;
