import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["scripts/clientScripts.mjs"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    // NOTE: no test replaces a module, and to load Effect anew for each file took a third of the time.
    isolate: false,
    // NOTE: tests of servers mostly wait, so that two cores have room for a third file.
    maxWorkers: 3,
    maxConcurrency: 3
  }
})
