/** The README's commands, run as a newcomer would: `npm start`, the commands of a second terminal, Ctrl-C. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")
const run = promisify(execFile)

/** Every `npm run pb` in a shell block, in order. */
const commands = Array.from(readme.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = ""]) => block.split("\n"))
  .flat()
  .filter((line) => line.startsWith("npm run pb -- "))

const until = async (check: () => boolean) => {
  const deadline = Date.now() + 30_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error("waited 30 s in vain")
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Containers of previews, where an engine answers. */
const containers = async (): Promise<string> =>
  run("docker", ["ps", "-aq", "--filter", "label=productbuilding.environment=pb-acme-shop-pr-1"]).then(
    ({ stdout }) => stdout,
    () => ""
  )

describe("the README", () => {
  it("names commands to try", () => assert.isAtLeast(commands.length, 5))

  it("starts with npm start, its commands work beside it, and Ctrl-C leaves nothing running", async () => {
    const child = spawn("npm", ["start"], { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true })
    let output = ""
    const take = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on("data", take)
    child.stderr.on("data", take)
    const exited = once(child, "exit")
    const saw = async (text: string) => {
      const deadline = Date.now() + 120_000
      while (!output.includes(text)) {
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Error(`npm start did not say “${text}”:\n${output}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    try {
      await saw("Ctrl-C stops everything")
      assert.include(output, "Ready after")
      for (const command of commands) {
        const { stdout } = await run("sh", ["-c", command], { cwd: root })
        assert.isNotEmpty(stdout, command)
      }
      const page = await fetch("http://localhost:8080/")
      assert.strictEqual(page.status, 200)
    } finally {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGINT")
      await exited
    }
    // NOTE: npm leaves before the program that it started, as a terminal shows too.
    await until(() => output.includes("Nothing is left running."))
    assert.isEmpty(await containers())
    assert.isNull(await fetch("http://localhost:8080/").catch(() => null))
  }, 240_000)
})
