import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { development: false, runtime: "classic", pragma: "h", pragmaFrag: "Fragment" } },
  test: { environment: "happy-dom", css: true, include: ["tests/**/*.test.{ts,tsx}"] },
});
