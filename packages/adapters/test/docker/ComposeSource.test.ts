/** What a compose file may not make Compose read. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkComposeSource, makeInside } from "../../src/docker/ComposeSource.ts"

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
  [
    "an included file of GitHub, although the checkout has one of that name",
    {
      "compose.yml": "include: [github.com/evil/x]\nservices: {}",
      "github.com/evil/x": "services: { app: { image: a } }"
    },
    "elsewhere"
  ],
  [
    "an included file over SSH, although the checkout has one of that name",
    { "compose.yml": "include: ['me@evil.example:x']", "me@evil.example:x": "services: { app: { image: a } }" },
    "elsewhere"
  ],
  [
    "the variables of an included file, outside",
    { "compose.yml": "include: [{ path: inner.yml, env_file: /etc/passwd }]", "inner.yml": "services: {}" },
    "outside the checkout"
  ],
  [
    "the folder of an included file, outside",
    { "compose.yml": "include: [{ path: inner.yml, project_directory: .. }]", "inner.yml": "services: {}" },
    "outside the checkout"
  ],
  [
    "labels outside",
    { "compose.yml": "services: { app: { image: a, label_file: /etc/passwd } }" },
    "outside the checkout"
  ],
  [
    "an environment file outside, at length",
    { "compose.yml": "services: { app: { image: a, env_file: [{ path: ../x, required: false }] } }" },
    "outside the checkout"
  ],
  [
    "an environment file of a home",
    { "compose.yml": "services: { app: { image: a, env_file: ~/.netrc } }" },
    "outside the checkout"
  ],
  [
    "a config outside",
    { "compose.yml": "services: { app: { image: a } }\nconfigs: { c: { file: /etc/shadow } }" },
    "outside the checkout"
  ],
  [
    "what an extended file names",
    {
      "compose.yml": "services: { app: { extends: { file: inner.yml, service: a } } }",
      "inner.yml": "services: { a: { image: a, env_file: /etc/passwd } }"
    },
    "outside the checkout"
  ],
  ["an included file that is not there", { "compose.yml": "include: [gone.yml]" }, "does not exist"],
  [
    "files that include each other without end",
    Object.fromEntries(
      ["compose.yml", ...Array.from({ length: 12 }, (_, index) => `${index}.yml`)].map((name, index) => [
        name,
        `include: [${index}.yml]`
      ])
    ),
    "more than 8 files"
  ],
  ["lists without end", { "compose.yml": "[".repeat(100_000) }, "nested too deeply"],
  ["two documents", { "compose.yml": "services: {}\n---\nservices: {}" }, "not YAML"],
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

it.effect("is itself not a link that leads out", () =>
  Effect.gen(function* () {
    const [problem] = yield* check({}, { "compose.yml": "/etc/passwd" })
    assert.include(problem?.message, "leads out of the checkout")
  })
)

it.effect("reads a file once, though many include it", () =>
  Effect.gen(function* () {
    const problems = yield* check({
      "compose.yml": "include: [a.yml, b.yml]",
      "a.yml": "include: [c.yml]",
      "b.yml": "include: [c.yml, compose.yml]",
      "c.yml": "services: { app: { image: a, env_file: /etc/passwd } }"
    })
    assert.deepStrictEqual(
      problems.map(({ file, key }) => [file, key]),
      [["c.yml", "services.app.env_file"]]
    )
  })
)

it.effect("says a few mistakes of a file that is all mistakes", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* check({ "compose.yml": "&a ".repeat(20_000) })).length, 5)
  })
)

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

const resolved = (value: string) =>
  Effect.gen(function* () {
    const above = yield* Effect.acquireRelease(
      Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "pb-inside-")))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const root = join(above, "checkout")
    mkdirSync(join(root, "a/b/c"), { recursive: true })
    mkdirSync(join(above, "checkout-of-others"))
    writeFileSync(join(root, "file"), "")
    symlinkSync("../../..", join(root, "a/b/c/up"))
    symlinkSync("..", join(root, "out"))
    symlinkSync("/etc", join(root, "etc"))
    const inside = yield* makeInside(root, join(root, "a"))
    return (yield* inside.resolve(value.replace("<root>", root)))?.replace(root, "<root>")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

for (const [value, expected] of [
  ["../file", "<root>/file"],
  ["b/../b/new/file", "<root>/a/b/new/file"],
  ["b/c/up/file", "<root>/file"],
  ["b/c/up/a/b", "<root>/a/b"],
  ["<root>", "<root>"],
  ["<root>/file", "<root>/file"],
  ["..", "<root>"],
  ["../..", undefined],
  ["../../checkout-of-others", undefined],
  ["../out", undefined],
  ["../out/new", undefined],
  ["../etc/passwd", undefined],
  ["b/c/up/../new", undefined],
  ["b/c/up/../../new", undefined],
  ["/", undefined],
  ["~/x", undefined]
] as const) {
  it.effect(`finds that ${value} ${expected === undefined ? "leads out" : `is ${expected}`}`, () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* resolved(value), expected)
    })
  )
}
