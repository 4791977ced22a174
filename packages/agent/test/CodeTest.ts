/** The contract of `Code`. An adapter's live test calls `suite` with the port and the world behind it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { Code } from "../src/index.ts"
import { HostWorld, reasonOf, unknown } from "./HostWorld.ts"

type Host = Layer.Layer<Code | HostWorld, unknown>

/** `denied` has credentials that the host does not accept. */
export const suite = (name: string, host: Host, denied: Host) =>
  describe(`Code (${name})`, () => {
    it.live("searches the default branch, with the lines around each hit", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        yield* world.push({ "src/mug.ts": "one\ntwo\nexport const mug = 1\nfour\n", "src/kettle.ts": "no" })
        yield* world.push({ "src/branch.ts": "mug" }, { branch: "other" })
        const [hit, ...others] = yield* code.search(world.repository, "mug", { limit: 5 })
        assert.deepStrictEqual([hit?.path, others], ["src/mug.ts", []])
        assert.include(hit?.fragment, "two\nexport const mug = 1\nfour")
        assert.match(hit?.url ?? "", /^https?:\/\/.*src\/mug\.ts/)
        assert.deepStrictEqual(yield* code.search(world.repository, "teapot", { limit: 5 }), [])
        const [owner] = world.other.split("/")
        for (const query of [`mug repo:${world.other}`, `mug user:${owner}`]) {
          assert.strictEqual((yield* code.search(world.repository, query, { limit: 10 })).length, 1, query)
        }
      }).pipe(Effect.provide(host))
    )

    it.live("reads a file, also at a branch or a commit, under an address that stays", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        const first = yield* world.push({ "docs/a b.md": "first ☕" })
        const second = yield* world.push({ "docs/a b.md": "second" })
        yield* world.push({ "docs/a b.md": "third" }, { branch: "other" })
        const read = (ref?: string) =>
          code.read(world.repository, "docs/a b.md", { maxBytes: 100, ...(ref === undefined ? {} : { ref }) })
        const now = yield* read()
        assert.deepInclude(now, { path: "docs/a b.md", text: "second", cut: false })
        assert.include(now.url, second)
        assert.strictEqual((yield* read(first)).text, "first ☕")
        assert.strictEqual((yield* read("other")).text, "third")
        assert.strictEqual((yield* code.read(world.repository, "/docs//a b.md/", { maxBytes: 9 })).text, "second")
      }).pipe(Effect.provide(host))
    )

    it.live("reads the beginning of a big file, never half a character", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        const huge = "☕".repeat(1_000_000)
        yield* world.push({ "small.txt": "☕☕☕", "huge.txt": huge, "empty.txt": "" })
        const read = (path: string, maxBytes: number) => code.read(world.repository, path, { maxBytes })
        assert.deepInclude(yield* read("small.txt", 9), { text: "☕☕☕", cut: false })
        assert.deepInclude(yield* read("small.txt", 8), { text: "☕☕", cut: true })
        assert.deepInclude(yield* read("huge.txt", 10_000), { text: huge.slice(0, 3333), cut: true })
        assert.deepInclude(yield* read("huge.txt", 5_000_000), { text: huge, cut: false })
        assert.deepInclude(yield* read("empty.txt", 10), { text: "", cut: false })
      }).pipe(Effect.provide(host))
    )

    it.live("lists a folder, with a slash behind folders", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        yield* world.push({ "a.txt": "1", "b/c.txt": "1", "b/d/e.txt": "1" })
        yield* world.push({ "b/new.txt": "1" }, { branch: "other" })
        assert.deepStrictEqual(yield* code.list(world.repository, ""), ["a.txt", "b/"])
        assert.deepStrictEqual(yield* code.list(world.repository, "b/"), ["c.txt", "d/"])
        assert.include(yield* code.list(world.repository, "b", { ref: "other" }), "new.txt")
      }).pipe(Effect.provide(host))
    )

    it.live("lists commits, newest first, also those of one path", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        yield* world.push({ "a.txt": "1" }, { author: "ada" })
        const second = yield* world.push({ "b.txt": "1" }, { author: "grace" })
        const third = yield* world.push({ "a.txt": "2" }, { author: "ada" })
        const [newest, older] = yield* code.commits(world.repository, { limit: 2 })
        assert.deepStrictEqual([newest?.sha, older?.sha, newest?.author], [third, second, "ada"])
        assert.isNotEmpty(newest?.message)
        assert.match(newest?.at ?? "", /^\d{4}-\d\d-\d\dT/)
        assert.include(newest?.url, third)
        const ofB = yield* code.commits(world.repository, { path: "b.txt", limit: 10 })
        assert.deepStrictEqual(
          ofB.map(({ sha }) => sha),
          [second]
        )
      }).pipe(Effect.provide(host))
    )

    it.live("fails with NotFound for what is not there, is no text, or lies outside", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        yield* world.push({
          "a/b.txt": "1",
          "nul.bin": Uint8Array.of(65, 0, 66),
          "latin.txt": Uint8Array.of(0x63, 0xe9, 0x20)
        })
        const read = (path: string, ref?: string) =>
          code.read(world.repository, path, { maxBytes: 100, ...(ref === undefined ? {} : { ref }) })
        for (const effect of [
          read("none.txt"),
          read("a"),
          read(""),
          read("nul.bin"),
          read("latin.txt"),
          read("a/b.txt", "nowhere"),
          read("a/b.txt", "../issues"),
          read(".."),
          read("../.."),
          read(`../../../${world.other}/contents/a/b.txt`),
          code.read(unknown, "a/b.txt", { maxBytes: 1 }),
          code.list(world.repository, "none"),
          code.list(world.repository, "a/b.txt"),
          code.list(world.repository, ".."),
          code.commits(unknown, { limit: 1 })
        ]) {
          assert.strictEqual(yield* reasonOf(effect), "NotFound")
        }
      }).pipe(Effect.provide(host))
    )

    it.live("fails with Denied for credentials that are not accepted", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        assert.strictEqual(yield* reasonOf(code.list(world.repository, "")), "Denied")
        assert.strictEqual(yield* reasonOf(code.search(world.repository, "mug", { limit: 1 })), "Denied")
      }).pipe(Effect.provide(denied))
    )

    it.live("repeats a read that failed by itself", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const code = yield* Code
        yield* world.push({ "a.txt": "1" })
        yield* world.fault({ method: "GET", times: 1, kind: "broken" })
        assert.strictEqual((yield* code.read(world.repository, "a.txt", { maxBytes: 10 })).text, "1")
      }).pipe(Effect.provide(host))
    )
  })
