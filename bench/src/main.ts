/** `npm run bench [-- suite …]`: prints a table for each suite and writes `bench/results/latest.json`. */
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { type Result, render } from "./Report.ts"

const suites: Readonly<Record<string, () => Promise<Result>>> = {
  boot: async () => (await import("./suites/boot.ts")).boot(),
  webhook: async () => (await import("./suites/webhook.ts")).webhook(),
  slack: async () => (await import("./suites/slack.ts")).slack(),
  outbox: async () => (await import("./suites/outbox.ts")).outbox(),
  sse: async () => (await import("./suites/sse.ts")).sse(),
  agent: async () => (await import("./suites/agent.ts")).agent(),
  "front-door": async () => (await import("./suites/frontDoor.ts")).frontDoor(),
  deployment: async () => (await import("./suites/deployment.ts")).deployment()
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in suites))
if (unknown.length > 0) {
  process.stderr.write(`There is no suite ${unknown.join(", ")}. Suites: ${Object.keys(suites).join(", ")}\n`)
  process.exit(2)
}

const results: Array<Result> = []
for (const [name, run] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  process.stdout.write(`… ${name}\n`)
  const result = await run()
  results.push(result)
  process.stdout.write(`\n${render(result)}\n`)
}
const folder = join(import.meta.dirname, "../results")
mkdirSync(folder, { recursive: true })
writeFileSync(
  join(folder, "latest.json"),
  `${JSON.stringify({ at: new Date().toISOString(), node: process.version, cpus: cpus().length, memory: totalmem(), results }, null, 2)}\n`
)
process.exit(0)
