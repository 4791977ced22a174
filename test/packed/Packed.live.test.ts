/** What is published works for someone who has nothing but the tarballs: no workspace, no patches, no sources. */
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, it } from "vitest"
import { type RunningModelSandbox, startModelSandbox } from "../../packages/sandbox/src/index.ts"
import { describeWith } from "../support/requires.ts"

const root = join(import.meta.dirname, "..", "..")
const execute = promisify(execFile)

const env = { ...process.env }

const run = async (folder: string, command: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { stdout } = await execute(command, [...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024, env })
  return stdout
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifestIn = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, "package.json"), "utf8"))

/** Every file below a folder, its dependencies' excepted. */
const filesIn = async (folder: string): Promise<ReadonlyArray<string>> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describeWith(["registry"], "the packed packages", () => {
  let model: RunningModelSandbox
  let scratch = ""
  let published: ReadonlyArray<string> = []
  const installed = (name: string) => join(scratch, "node_modules", name)

  beforeAll(async () => {
    model = await startModelSandbox({
      scripts: [
        {
          turns: [
            { toolCalls: [{ name: "read_stock", arguments: { article: "mugs" } }] },
            { text: "There are 4 mugs left." }
          ]
        }
      ]
    })
    Object.assign(env, { LLM_PROVIDER: "anthropic", LLM_API_KEY: "key-of-the-sandbox", LLM_BASE_URL: model.url })
    scratch = await mkdtemp(join(tmpdir(), "productbuilding-packed-"))
    await run(root, process.execPath, join("scripts", "build.mjs"))
    const tarballs = join(scratch, "tarballs")
    await mkdir(tarballs)
    const pnpm = ["--yes", "pnpm@12.21.0", "--recursive", "--filter", "./packages/*", "--filter", "./apps/*"]
    await run(root, "npx", ...pnpm, "pack", "--pack-destination", tarballs)
    const dependencies: Record<string, string> = { "@effect/platform-node": "4.1.0", effect: "4.1.0" }
    for (const group of ["packages", "apps"]) {
      for (const entry of await readdir(join(root, group))) {
        const { name, version } = await manifestIn(join(root, group, entry))
        dependencies[name] = `file:tarballs/${name.replace("@", "").replace("/", "-")}-${version}.tgz`
      }
    }
    published = Object.keys(dependencies).filter((name) => name.startsWith("@productbuilding/"))
    await writeFile(join(scratch, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
    await run(scratch, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
  }, 300_000)

  afterAll(async () => {
    await model.stop()
    await rm(scratch, { recursive: true, force: true })
  })

  it("carry their licence and no dependency that exists only in the workspace", async () => {
    assert.isAbove(published.length, 5)
    for (const name of published) {
      const manifest = await manifestIn(installed(name))
      assert.notProperty(manifest.dependencies ?? {}, "@effect/sql-sqlite-node", name)
      for (const [dependency, range] of Object.entries(manifest.dependencies ?? {})) {
        assert.match(range, /^\d/, `${name} wants ${dependency}`)
      }
      assert.include(await readFile(join(installed(name), "LICENSE"), "utf8"), "MIT License", name)
    }
  })

  it("name no module that an installation lacks", async () => {
    for (const name of published) {
      for (const file of await filesIn(join(installed(name), "dist"))) {
        if (!/\.(js|d\.ts)$/.test(file)) continue
        assert.notMatch(
          await readFile(file, "utf8"),
          /(from|import) ?\(?["'](@effect\/sql-sqlite-node|effect\/unstable)/,
          file
        )
      }
    }
  })

  it.each([
    ["custom-bot", ["Hello acme/shop#12, see pb-acme-shop-pr-12"]],
    ["custom-sink", ["compile: done", "link: done", "build is at 100 %"]],
    ["custom-agent", ["There are 4 mugs left."]]
  ])("let the program of examples/%s type-check and run", async (example, lines) => {
    const program = join(scratch, "main.ts")
    await cp(join(root, "examples", example, "src", "main.ts"), program)
    const compilerOptions = {
      module: "nodenext",
      target: "es2024",
      strict: true,
      noEmit: true,
      types: [],
      skipLibCheck: true
    }
    await writeFile(join(scratch, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }))
    await run(scratch, process.execPath, join(root, "node_modules", "typescript", "bin", "tsc"))
    const output = await run(scratch, process.execPath, "main.ts")
    assert.deepStrictEqual(output.trim().split("\n"), lines)
  })

  it("install a command line that needs nothing else", async () => {
    const { dependencies, version } = await manifestIn(installed("@productbuilding/cli"))
    assert.deepStrictEqual(dependencies ?? {}, {})
    for (const command of ["productbuilding", "pb"]) {
      const file = join(scratch, "node_modules", ".bin", command)
      assert.include(await run(scratch, process.execPath, file, "--help"), "productbuilding")
      assert.include(await run(scratch, process.execPath, file, "--version"), version)
    }
  })
})
