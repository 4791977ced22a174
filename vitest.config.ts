import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["scripts/clientScripts.mjs"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 3
  }
})
