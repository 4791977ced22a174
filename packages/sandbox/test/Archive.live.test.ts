/** Archives are those of GitHub: a redirect, one top folder, the content of a commit and of no other. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { GitHubSandbox } from "../src/index.ts"
import { entriesOf } from "./support/Archive.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "sandbox-archive-"))
    mkdirSync(join(path, "bin"))
    mkdirSync(join(path, ".git"))
    mkdirSync(join(path, "node_modules"))
    writeFileSync(join(path, ".git", "HEAD"), "x")
    writeFileSync(join(path, "node_modules", "x.js"), "x")
    writeFileSync(join(path, "bin", "run"), "#!/bin/sh\n")
    chmodSync(join(path, "bin", "run"), 0o755)
    writeFileSync(join(path, "read me.md"), "hello\n")
    writeFileSync(join(path, "large.bin"), Buffer.alloc(3_000_000, 7))
    symlinkSync("bin/run", join(path, "link"))
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const get = (url: string, headers: Record<string, string> = {}) =>
  Effect.promise(() => fetch(url, { headers, redirect: "manual" }))

const archiveOf = Effect.fnUntraced(function* (url: string, ref: string) {
  const redirect = yield* get(`${url}/tarball/${ref}`, { authorization: "Bearer any" })
  assert.strictEqual(redirect.status, 302)
  const answer = yield* get(String(redirect.headers.get("location")))
  assert.strictEqual(answer.status, 200)
  return yield* entriesOf(new Uint8Array(yield* Effect.promise(() => answer.arrayBuffer())))
})

it.layer(GitHubSandbox.layer(), { excludeTestServices: true })("archives", (it) => {
  it.effect("hold a folder's files with their modes and links, and nothing of git and node_modules", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const { branches } = sandbox.addRepository("acme/files", yield* folder)
      const entries = yield* archiveOf(`${sandbox.url}/repos/acme/files`, "main")
      const sha = String(branches["main"])
      const top = `acme-files-${sha.slice(0, 7)}`
      assert.deepStrictEqual(
        entries.map(({ header: { path, type } }) => [path, type]),
        [
          [`${top}/`, "Directory"],
          [`${top}/bin/`, "Directory"],
          [`${top}/bin/run`, "File"],
          [`${top}/large.bin`, "File"],
          [`${top}/link`, "Symlink"],
          [`${top}/read me.md`, "File"]
        ]
      )
      const of = (name: string) => entries.find(({ header }) => header.path === `${top}/${name}`)
      assert.strictEqual((of("bin/run")?.header.mode ?? 0) & 0o111, 0o111)
      assert.strictEqual((of("read me.md")?.header.mode ?? 0) & 0o111, 0)
      assert.strictEqual(of("read me.md")?.text, "hello\n")
      assert.strictEqual(of("link")?.header.linkTarget, "bin/run")
      assert.strictEqual(of("read me.md")?.header.pax["comment"], sha, "as git archive has it")
    }).pipe(Effect.scoped)
  )

  it.effect("are found by branch, by the pull request's ref, by id and by its beginning", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      sandbox.addRepository("acme/refs", new Map())
      const { headSha } = sandbox.openPullRequest("acme/refs", {
        title: "One",
        branch: "feature/x",
        change: { "a.txt": "1" }
      })
      const fork = sandbox.openPullRequest("acme/refs", {
        title: "Two",
        fork: "stranger/refs",
        change: { "a.txt": "2" }
      })
      const url = `${sandbox.url}/repos/acme/refs`
      for (const ref of ["feature/x", "feature%2Fx", "refs/pull/1/head", "pull/1/head", headSha, headSha.slice(0, 8)]) {
        assert.deepStrictEqual((yield* archiveOf(url, ref)).map(({ text }) => text).join(""), "1", ref)
      }
      const forked = yield* archiveOf(url, fork.headSha)
      assert.deepStrictEqual(forked.map(({ text }) => text).join(""), "2", "a fork's head is reachable in the base")
      assert.strictEqual((yield* get(`${url}/tarball/${"0".repeat(40)}`)).status, 404)
    })
  )

  it.effect("of another repository are not found here", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      sandbox.addRepository("acme/one", new Map())
      const { branches } = sandbox.addRepository(
        "acme/two",
        new Map([["a.txt", { content: Buffer.from("two"), kind: "file" as const }]])
      )
      assert.strictEqual((yield* get(`${sandbox.url}/repos/acme/one/tarball/${branches["main"]}`)).status, 404)
    })
  )

  it.effect("of a private repository need the link's own token", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      sandbox.addRepository("acme/private", new Map(), { private: true })
      const url = `${sandbox.url}/repos/acme/private`
      assert.strictEqual((yield* get(`${url}/tarball/main`)).status, 404)
      assert.strictEqual((yield* archiveOf(url, "main")).length, 1)
      const redirect = yield* get(`${url}/tarball/main`, { authorization: "token any" })
      const [location] = String(redirect.headers.get("location")).split("?")
      assert.strictEqual((yield* get(String(location))).status, 404)
    })
  )

  it.effect("the same content has the same id everywhere, and another one has another", () =>
    Effect.gen(function* () {
      const sandbox = yield* GitHubSandbox
      const tree = new Map([["a.txt", { content: Buffer.from("a"), kind: "file" as const }]])
      const first = sandbox.addRepository("acme/first", tree)
      assert.match(String(first.branches["main"]), /^[0-9a-f]{40}$/)
      const owned = (name: string) => {
        sandbox.addRepository(name, tree)
        return sandbox.openPullRequest(name, { title: "T", change: { "a.txt": null } }).headSha
      }
      const deleted = owned("acme/second")
      assert.strictEqual(owned("acme/third"), deleted)
      assert.notStrictEqual(sandbox.push("acme/third", 1, {}).headSha, deleted, "an empty commit is a commit")
    })
  )
})
