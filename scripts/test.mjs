/** Runs the tests (all, or those that the arguments select) and prints `N passed, N failed` as its last line. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bundleIsStale, capture, forwarded, root } from "./support.mjs"

const folder = mkdtempSync(join(tmpdir(), "productbuilding-test-"))
const report = join(folder, "report.json")

let broken = 0
if (bundleIsStale()) {
  const built = await capture(process.execPath, [join(root, "scripts", "bundle.mjs")])
  if (built.code !== 0) {
    broken += 1
    process.stdout.write(`${built.output}\nThe apps could not be bundled, so tests that start them will fail.\n`)
  }
}

const vitest = spawn(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2)
  ],
  // Tests start the server as it is shipped, which takes half the time; run by themselves they start it from its sources.
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(broken === 0 ? { PB_BUNDLED: "1" } : {}) } }
)
for (const signal of forwarded) process.on(signal, () => vitest.kill(signal))
vitest.on("close", (code) => {
  const { absences, passed, failed, skipped } = totals(code ?? 1)
  for (const title of absences) process.stdout.write(`${title}\n`)
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`)
  process.exitCode = code === 0 && failed > 0 ? 1 : (code ?? 1)
})

function totals(code) {
  let result
  try {
    result = JSON.parse(readFileSync(report, "utf8"))
  } catch {
    // NOTE: vitest ended before it could report, which its exit code says.
    result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  // NOTE: a file that fails to load counts as one failure, although it has no failed test; so does an error between tests.
  const unloaded = result.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
  ).length
  const titles = result.testResults.flatMap((file) => file.assertionResults.flatMap((test) => test.ancestorTitles))
  const failed = result.numFailedTests + unloaded + broken
  return {
    // NOTE: suites that lack something of the machine carry the reason in their title; vitest itself prints only a count.
    absences: new Set(titles.filter((title) => title.includes(": skipped, "))),
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests
  }
}
