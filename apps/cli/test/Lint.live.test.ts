import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, it } from "@effect/vitest"
import { exampleRepository } from "@productbuilding/sandbox"
import { Effect, Schema } from "effect"
import { vi } from "vitest"
import { describeWith } from "../../../test/support/requires.ts"
import { LintReport } from "../src/commands/PreviewLint.ts"
import { run } from "./support/run.ts"

const checkout = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "productbuilding-lint-"))
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), text)
      }
      return folder
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )

const contract = `version: 1
compose:
  file: compose.yml
runtime:
  internal_port: 3000
`
const config = ".productbuilding/preview/config.yml"
const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(LintReport))

/** For the scope: a PATH on which no Compose is found. */
const withoutCompose = Effect.acquireRelease(
  Effect.sync(() => vi.stubEnv("PATH", "/nonexistent")),
  () => Effect.sync(() => vi.unstubAllEnvs())
)

it.live("every mistake of a contract has its place, and exit code 1", () =>
  Effect.gen(function* () {
    const root = yield* checkout({
      [config]: "version: 1\nruntime:\n  internal_prot: 80\n  startup_timeout_seconds: 0\n"
    })
    const { code, out } = yield* run(["preview", "lint", root])
    assert.strictEqual(code, 1)
    assert.match(out, /^\.productbuilding\/preview\/config\.yml:3:3 runtime\.internal_prot: /m)
    assert.match(out, /^\.productbuilding\/preview\/config\.yml:4:28 runtime\.startup_timeout_seconds: /m)
  }).pipe(Effect.scoped)
)

it.live("a checkout without a contract shows what one looks like; no checkout is a usage mistake", () =>
  Effect.gen(function* () {
    const root = yield* checkout({ "README.md": "" })
    const { code, err, out } = yield* run(["preview", "lint", root])
    assert.strictEqual(code, 1)
    assert.include(out, "the file does not exist")
    assert.include(err, "version: 1")
    assert.strictEqual((yield* run(["preview", "lint", join(root, "nowhere")])).code, 2)
  }).pipe(Effect.scoped)
)

it.live("without Compose it checks what is written, and says what it did not check", () =>
  Effect.gen(function* () {
    yield* withoutCompose
    const root = yield* checkout({
      [config]: contract,
      "compose.yml":
        "services:\n  app:\n    image: shop\n    privileged: true\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n"
    })
    const { code, err, out } = yield* run(["preview", "lint", root, "--json"])
    const report = yield* decodeReport(out)
    assert.deepStrictEqual([code, err], [1, ""])
    assert.deepStrictEqual(
      report.problems.map(({ column, file, key, line }) => `${file}:${line}:${column} ${key}`),
      ["compose.yml:4:17 services.app.privileged", "compose.yml:6:9 services.app.volumes[0]"]
    )
    assert.lengthOf(report.notChecked, 1)
    const including = yield* checkout({
      [config]: contract,
      "compose.yml": "include: [a.yml]\n",
      "a.yml": "services: {}\n"
    })
    const left = yield* run(["preview", "lint", including])
    assert.strictEqual(left.code, 0)
    assert.include(left.err, "Not checked: what compose.yml comes to")
  }).pipe(Effect.scoped)
)

it.live("render without Compose says how to get it", () =>
  Effect.gen(function* () {
    yield* withoutCompose
    const { code, err } = yield* run(["preview", "render", exampleRepository])
    assert.strictEqual(code, 1)
    assert.include(err, "Docker Compose was not found")
  }).pipe(Effect.scoped)
)

describeWith(["docker"], "with Compose", () => {
  const env = { PATH: process.env["PATH"] ?? "" }

  it.live("the example repository is right, and renders as it is run", () =>
    Effect.gen(function* () {
      const lint = yield* run(["preview", "lint", exampleRepository], { env })
      assert.deepStrictEqual([lint.code, lint.err], [0, ""], lint.out)
      const { code, out } = yield* run(["preview", "render", exampleRepository, "--pr", "7"], { env })
      assert.strictEqual(code, 0)
      assert.include(out, "productbuilding.managed")
      assert.match(out, /productbuilding\.environment: pb-.*-pr-7/)
      assert.match(out, /PULL_REQUEST: "7"/)
    })
  )

  it.live("what Compose resolves is checked as the server checks it", () =>
    Effect.gen(function* () {
      const root = yield* checkout({
        [config]: contract,
        "compose.yml": "services:\n  app:\n    image: shop\n    network_mode: host\n"
      })
      const refused = yield* run(["preview", "lint", root], { env })
      assert.strictEqual(refused.code, 1)
      assert.match(refused.out, /^compose\.yml:4:19 services\.app\.network_mode: /)
      const odd = yield* checkout({ [config]: contract, "compose.yml": "services:\n  app:\n    imagee: shop\n" })
      const wrong = yield* run(["preview", "lint", odd], { env })
      assert.strictEqual(wrong.code, 1)
      assert.match(wrong.out, /^compose\.yml .*imagee/)
    }).pipe(Effect.scoped)
  )
})
