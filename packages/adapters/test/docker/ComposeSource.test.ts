/** What a compose file may not make Compose read. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkComposeSource } from "../../src/docker/ComposeSource.ts"

const check = (files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "pb-compose-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), content)
    }
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
    return yield* checkComposeSource(root, "compose.yml")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const hostile: ReadonlyArray<
  readonly [string, Readonly<Record<string, string>>, string, Readonly<Record<string, string>>?]
> = [
  [
    "an environment file outside",
    { "compose.yml": "services: { app: { image: a, env_file: ../../etc/passwd } }" },
    "outside the checkout"
  ],
  [
    "an absolute environment file",
    { "compose.yml": "services: { app: { image: a, env_file: [/etc/passwd] } }" },
    "outside the checkout"
  ],
  ["an included file outside", { "compose.yml": "include: [../other.yml]\nservices: {}" }, "outside the checkout"],
  [
    "an included file of elsewhere",
    { "compose.yml": "include: ['https://evil.example/x.yml']\nservices: {}" },
    "elsewhere"
  ],
  [
    "an extended file outside",
    { "compose.yml": "services: { app: { extends: { file: /x.yml, service: a } } }" },
    "outside the checkout"
  ],
  [
    "what an included file names",
    { "compose.yml": "include: [inner.yml]", "inner.yml": "services: { app: { image: a, env_file: /etc/passwd } }" },
    "outside the checkout"
  ],
  ["a path that a variable decides", { "compose.yml": "services: { app: { image: a, env_file: '$F' } }" }, "variable"],
  [
    "a secret outside",
    { "compose.yml": "services: { app: { image: a } }\nsecrets: { s: { file: /etc/shadow } }" },
    "outside the checkout"
  ],
  [
    "a link that leads out",
    { "compose.yml": "services: { app: { image: a, env_file: link } }" },
    "outside the checkout",
    { link: "/etc/passwd" }
  ],
  [
    "aliases without end",
    {
      "compose.yml": `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
        .split("")
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(",")}]`)
        .join("\n")}`
    },
    "unfold"
  ],
  ["a file that is too large", { "compose.yml": `# ${"x".repeat(300_000)}` }, "at most"],
  ["no YAML", { "compose.yml": "a: [" }, "not YAML"],
  ["a key twice", { "compose.yml": "services: {}\nservices: {}" }, "not YAML"],
  ["a file that is not there", {}, "does not exist"]
]

for (const [name, files, reason, links] of hostile) {
  it.effect(`refuses ${name}`, () =>
    Effect.gen(function* () {
      const problems = yield* check(files, links)
      assert.isAbove(problems.length, 0)
      assert.include(problems.map(({ message }) => message).join("\n"), reason)
    })
  )
}

it.effect("tells where in the file it stands", () =>
  Effect.gen(function* () {
    const [problem] = yield* check({ "compose.yml": "services:\n  app:\n    image: a\n    env_file: /etc/passwd\n" })
    assert.deepStrictEqual(
      [problem?.file, problem?.line, problem?.column, problem?.key],
      ["compose.yml", 4, 15, "services.app.env_file"]
    )
  })
)

it.effect("accepts files of the checkout", () =>
  Effect.gen(function* () {
    const problems = yield* check({
      "compose.yml": "include: [inner.yml]\nservices: { app: { image: a, env_file: [.env] } }",
      "inner.yml": "services: { db: { image: b } }",
      ".env": "A=1"
    })
    assert.deepStrictEqual(problems, [])
  })
)
