/** Runs every static check and prints one line for each, with the output of those that fail. */
import { join } from "node:path"
import { setup } from "./clientScripts.mjs"
import { capture, compiler, root } from "./support.mjs"

await setup()

const bin = (...path) => [process.execPath, join(root, "node_modules", ...path)]

/** `effect-tsgo`'s compiler is TypeScript with the Effect diagnostics built in, so one pass checks both. */
const checks = [
  { name: "types and Effect diagnostics", command: [compiler(), "-b", "--pretty", "false"] },
  { name: "format, lint, import cycles", command: [...bin("@biomejs", "biome", "bin", "biome"), "check", "."] },
  { name: "unused files, exports, packages", command: [...bin("knip", "bin", "knip.js")] },
  {
    name: "changesets",
    command: [...bin("@changesets", "cli", "bin.js"), "status"],
    // NOTE: a shallow or detached clone has no main branch to compare with.
    skippedOn: /Failed to find where HEAD diverged from "main"/
  }
]

const results = await Promise.all(
  checks.map(async ({ name, command: [executable, ...args], skippedOn }) => {
    const { code, output, seconds } = await capture(executable, args)
    if (code !== 0 && skippedOn?.test(output)) {
      process.stdout.write(`skip  ${name}: there is no main branch to compare with\n`)
      return 0
    }
    process.stdout.write(`${code === 0 ? "ok  " : "FAIL"}  ${name}  ${seconds.toFixed(1)} s\n`)
    if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`)
    return code
  })
)
const failed = results.filter((code) => code !== 0).length
process.stdout.write(`checks: ${results.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
