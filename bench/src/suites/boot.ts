/** What the apps cost before they do anything: time to the first answer, memory when idle, time to a help page. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median, type Result } from "../Report.ts"
import { startServer } from "../subjects/ours.ts"

const rounds = 5
const cliBundle = join(import.meta.dirname, "../../../apps/cli/dist/main.js")

const firstAnswer = async () => {
  const folder = mkdtempSync(join(tmpdir(), "pb-bench-"))
  const begun = performance.now()
  const subject = await startServer({ folder, secret: "bench-secret" })
  try {
    await fetch(`http://127.0.0.1:${subject.port}/healthz`)
    const milliseconds = performance.now() - begun
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    return { milliseconds, rss: subject.rss() }
  } finally {
    await subject.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const run = (args: ReadonlyArray<string>) => {
  const begun = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" })
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`)
  return performance.now() - begun
}

export const boot = async (): Promise<Result> => {
  const boots = []
  const helps = []
  const floors = []
  for (let round = 0; round < rounds; round++) {
    boots.push(await firstAnswer())
    helps.push(run([cliBundle, "--help"]))
    floors.push(run(["-e", "0"]))
  }
  const first = median(boots.map(({ milliseconds }) => milliseconds))
  const rss = median(boots.map((one) => one.rss))
  const help = median(helps)
  return {
    suite: "boot",
    rows: [
      { subject: "server", figures: { "first 200 ms": first, "idle MiB": rss } },
      { subject: "productbuilding --help", figures: { "whole process ms": help } },
      { subject: "node -e 0", figures: { "whole process ms": median(floors) } }
    ],
    ratios: [
      { name: "server start to first 200, ms", value: first, goal: { kind: "at most", value: 500 } },
      { name: "idle memory, MiB", value: rss, goal: { kind: "at most", value: 120 } },
      { name: "productbuilding --help, ms", value: help, goal: { kind: "at most", value: 150 } }
    ]
  }
}
