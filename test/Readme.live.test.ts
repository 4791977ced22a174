/** The README's commands, run as a newcomer would: `npm start`, the commands of a second terminal, Ctrl-C. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
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

/** Every entry of an MCP client's settings, as a way to reach the server. A program that is not installed is the bundle. */
const mcpTransports = Array.from(readme.matchAll(/```json\n(\{ "mcpServers"[\s\S]*?)```/g), ([, block = ""]) => {
  const entry: { readonly url?: string; readonly args?: ReadonlyArray<string> } =
    JSON.parse(block).mcpServers.productbuilding
  return entry.url === undefined
    ? new StdioClientTransport({
        command: process.execPath,
        args: [join(root, "apps/cli/dist/main.js"), ...(entry.args ?? [])]
      })
    : new StreamableHTTPClientTransport(new URL(entry.url))
})

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
      assert.lengthOf(mcpTransports, 2)
      for (const transport of mcpTransports) {
        const client = new Client({ name: "readme", version: "1" })
        // NOTE: the SDK's own two types disagree under exactOptionalPropertyTypes.
        const wire: Pick<typeof transport, "start" | "send" | "close"> = transport
        await client.connect(wire)
        const { structuredContent } = await client.callTool({
          name: "wait_for_preview",
          arguments: { repository: "acme/shop", number: 1 }
        })
        assert.include(JSON.stringify(structuredContent), '"outcome":"ready"')
        await client.close()
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
