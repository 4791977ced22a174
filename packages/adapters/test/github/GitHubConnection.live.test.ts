/** What only some credentials, some answers and some hosts of GitHub bring about. */
import { assert, describe, it } from "@effect/vitest"
import { Code, Delegate, Issues } from "@productbuilding/agent"
import { CodeHost, makeRegistry, ProjectRegistry, SqlResourceLedger, threadId } from "@productbuilding/core"
import { Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as GitHubCode from "../../src/github/GitHubCode.ts"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"
import * as GitHubConnection from "../../src/github/GitHubConnection.ts"
import * as GitHubIssues from "../../src/github/GitHubIssues.ts"
import * as MentionDelegate from "../../src/github/MentionDelegate.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"
import { json, one, pull, repository, server, sha, token } from "./support.ts"

type Answer = ReturnType<typeof json>

/** A server that answers by path, `METHOD /path`; anything else is not found. */
const byPath = (routes: Readonly<Record<string, () => Answer>>) =>
  server((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x")
    const [status, headers, body] = routes[`${request.method} ${pathname}`]?.() ?? json({ message: "Not Found" }, 404)
    response.writeHead(status, headers).end(body)
  })

const connection = (url: string) =>
  GitHubConnection.layer({
    apiUrl: url,
    credentials: { _tag: "Token", token: Redacted.make(token) },
    timeout: "500 millis",
    writeInterval: 0
  })

const ports = (url: string) =>
  Layer.mergeAll(GitHubCode.layer, GitHubCodeHost.layerConnected, GitHubIssues.layer).pipe(
    Layer.provide(connection(url))
  )

const issue = (more: object = {}) => ({
  number: 1,
  title: "A mug leaks",
  state: "open",
  user: { login: "ada" },
  labels: [],
  html_url: "https://github.com/acme/shop/issues/1",
  body: null,
  ...more
})

const shop = "/repos/acme/shop"

describe("GitHub's searches", () => {
  it.effect("wait for their own limit, and nothing else does", () =>
    Effect.gen(function* () {
      let spent = true
      const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "900", "x-ratelimit-resource": "search" }
      const { requests, url } = yield* byPath({
        "GET /search/issues": () =>
          spent ? json({ message: "API rate limit exceeded" }, 403, headers) : json({ items: [] }),
        "GET /search/code": () => json({ items: [] }),
        [`GET ${shop}/pulls/1`]: () => json(pull(1))
      })
      yield* Effect.gen(function* () {
        const issues = yield* Issues
        const search = issues.search(repository, "mug", { limit: 1 })
        for (let times = 0; times < 2; times++) {
          assert.strictEqual((yield* Effect.flip(search)).reason._tag, "RateLimited")
        }
        assert.strictEqual(requests.length, 1)
        yield* (yield* Code).search(repository, "mug", { limit: 1 })
        yield* (yield* CodeHost).pullRequest(repository, one)
        spent = false
        yield* TestClock.adjust("15 minutes")
        assert.deepStrictEqual(yield* search, [])
      }).pipe(Effect.provide(ports(url)))
    })
  )

  it.live("leave out what GitHub shows of another repository", () =>
    Effect.gen(function* () {
      const found = (name: string) => issue({ repository_url: `https://api.github.com/repos/${name}`, score: 1 })
      const hit = (name: string) => ({ path: name, html_url: "https://x", repository: { full_name: name } })
      const { url } = yield* byPath({
        "GET /search/issues": () => json({ items: [found("acme/vault"), found("Acme/Shop"), found("acme/shop2")] }),
        "GET /search/code": () => json({ items: [hit("acme/vault"), hit("Acme/Shop"), hit("evil-acme/shop")] })
      })
      yield* Effect.gen(function* () {
        const code = yield* Code
        const issues = yield* Issues
        assert.strictEqual((yield* issues.search(repository, "mug", { limit: 10 })).length, 2, "one of each kind")
        assert.deepStrictEqual(
          (yield* code.search(repository, "mug", { limit: 10 })).map(({ path }) => path),
          ["Acme/Shop"]
        )
      }).pipe(Effect.provide(ports(url)))
    })
  )
})

describe("GitHub's installation tokens", () => {
  it.live("may not ask who they are: then no person's issue is taken for ours, and an App's is", () =>
    Effect.gen(function* () {
      let author = "mallory"
      const { requests, url } = yield* byPath({
        "GET /user": () => json({ message: "Resource not accessible by integration" }, 403),
        [`GET ${shop}/issues`]: () => json([issue({ user: { login: author }, body: "mark" })])
      })
      yield* Effect.gen(function* () {
        const issues = yield* Issues
        assert.isTrue(Option.isNone(yield* issues.findMarked(repository, "mark")))
        author = "github-actions[bot]"
        assert.isTrue(Option.isSome(yield* issues.findMarked(repository, "mark")))
        assert.strictEqual(requests.filter(({ path }) => path === "/user").length, 1)
      }).pipe(Effect.provide(ports(url)))
    })
  )
})

describe("GitHub's big files", () => {
  const file = (url: string) => ({
    type: "file",
    path: "a.txt",
    size: 2_000_000,
    encoding: "none",
    content: "",
    html_url: "https://x",
    url
  })
  const read = (url: string) =>
    Effect.gen(function* () {
      const code = yield* Code
      return yield* Effect.flip(code.read(repository, "a.txt", { ref: sha, maxBytes: 10 }))
    }).pipe(Effect.provide(ports(url)))

  it.live("are not fetched with our credentials from another host, and a redirect is no file", () =>
    Effect.gen(function* () {
      const elsewhere = yield* byPath({})
      let at = elsewhere.url
      const { url } = yield* byPath({
        [`GET ${shop}/contents/a.txt`]: () => json(file(`${at}/raw`)),
        "GET /raw": () => json({ message: "Moved" }, 301, { location: `${elsewhere.url}/raw` })
      })
      assert.strictEqual((yield* read(url)).reason._tag, "Unavailable")
      at = url
      assert.strictEqual((yield* read(url)).reason._tag, "Unavailable")
      assert.deepStrictEqual(elsewhere.requests, [])
    })
  )
})

describe("GitHub's paths", () => {
  it.live("that lead out of the files are not asked for", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* byPath({})
      yield* Effect.gen(function* () {
        const code = yield* Code
        for (const path of ["..", "../..", "../issues", "a/../../issues", "./.."]) {
          assert.strictEqual((yield* Effect.flip(code.list(repository, path))).reason._tag, "NotFound")
          const read = code.read(repository, path, { ref: sha, maxBytes: 1 })
          assert.strictEqual((yield* Effect.flip(read)).reason._tag, "NotFound")
        }
        assert.deepStrictEqual(requests, [])
      }).pipe(Effect.provide(ports(url)))
    })
  )
})

describe("GitHub's own coding agent", () => {
  it.live("is assigned under one name and shown under another", () =>
    Effect.gen(function* () {
      const comment = { id: 5, body: "text", user: null, html_url: "https://x" }
      const { requests, url } = yield* byPath({
        [`GET ${shop}/issues/1`]: () => json(issue()),
        [`POST ${shop}/issues/1/comments`]: () => json(comment, 201),
        [`POST ${shop}/issues/1/assignees`]: () => json(issue({ assignees: [{ login: "Copilot" }] }), 201)
      })
      const registry = Layer.succeed(
        ProjectRegistry,
        makeRegistry([{ repository, trust: "same-repository", secrets: {}, delegateMention: "copilot-swe-agent[bot]" }])
      )
      const ledger = SqlResourceLedger.layer.pipe(Layer.provide(Sqlite.layerMemory))
      const layer = MentionDelegate.layer.pipe(
        Layer.provide([GitHubCodeHost.layerConnected, GitHubIssues.layer, registry, ledger]),
        Layer.provide(connection(url))
      )
      yield* Effect.gen(function* () {
        const delegate = yield* Delegate
        const request = { issue: threadId(repository, 1), instructions: "x", requester: "Ada", ownerKey: "k" }
        for (let times = 0; times < 2; times++) {
          assert.deepStrictEqual(yield* delegate.handOver(request), {
            to: "copilot-swe-agent[bot]",
            url: "https://github.com/acme/shop/issues/1#issuecomment-5"
          })
        }
      }).pipe(Effect.provide(layer))
      assert.strictEqual(requests.filter(({ method }) => method === "POST").length, 2)
    })
  )
})
