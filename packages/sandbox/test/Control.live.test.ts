/** The controls: the same in this process, over HTTP and by the client. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { GitHubSandbox, SandboxClient, startGitHubSandbox } from "../src/index.ts"

let last = 0
const setUp = Effect.gen(function* () {
  const sandbox = yield* GitHubSandbox
  const client = yield* SandboxClient
  const repository = `acme/control-${++last}`
  yield* client.addRepository(repository, { change: { "a.txt": "1" } })
  return { sandbox, client, repository, api: `${sandbox.url}/repos/${repository}` }
})

const call = (url: string, init: RequestInit = {}) =>
  Effect.promise(() => fetch(url, { ...init, headers: { authorization: "token any" } }))

/** Whether the connection broke. */
const breaks = (url: string, init: RequestInit = {}) =>
  Effect.promise(() =>
    fetch(url, { ...init, headers: { authorization: "token any" } }).then(
      () => false,
      () => true
    )
  )

interface Pull {
  readonly head: { readonly sha: string }
}

const commentOn = (api: string, body: string) =>
  [`${api}/issues/1/comments`, { method: "POST", body: JSON.stringify({ body }) }] as const

const layer = SandboxClient.layerSandbox.pipe(Layer.provideMerge(GitHubSandbox.layer()))

it.layer(layer, { excludeTestServices: true })("the controls", (it) => {
  it.effect("play a pull request's life, seen alike from both sides", () =>
    Effect.gen(function* () {
      const { client, repository, sandbox } = yield* setUp
      const opened = yield* client.openPullRequest(repository, {
        title: "One",
        body: "Why",
        author: "ada",
        branch: "one",
        change: { "b.txt": "2" }
      })
      assert.deepInclude(opened, {
        number: 1,
        state: "open",
        author: "ada",
        headRef: "one",
        headRepository: repository
      })
      const pushed = yield* client.push(repository, 1, { change: { "b.txt": "3" } })
      assert.notStrictEqual(pushed.headSha, opened.headSha)
      yield* client.comment(repository, 1, "grace", "Nice")
      assert.deepStrictEqual(yield* client.comments(repository, 1), sandbox.comments(repository, 1))
      assert.strictEqual((yield* client.close(repository, 1)).state, "closed")
      const ignored = yield* client.push(repository, 1, { change: { "b.txt": "4" } })
      assert.strictEqual(ignored.headSha, pushed.headSha, "a closed one keeps its head")
      const reopened = yield* client.reopen(repository, 1)
      assert.notStrictEqual(reopened.headSha, pushed.headSha, "a reopened one has its branch's")
      assert.deepStrictEqual(yield* client.pullRequests(repository), sandbox.pullRequests(repository))
    })
  )

  it.effect("a merge brings the branch's changes into the base, and nothing else", () =>
    Effect.gen(function* () {
      const { client, api, repository } = yield* setUp
      yield* client.openPullRequest(repository, { title: "One", change: { "b.txt": "2", "a.txt": null } })
      yield* client.pushBranch(repository, "main", { change: { "c.txt": "3" } })
      const merged = yield* client.close(repository, 1, { merge: true })
      assert.isNotNull(merged.mergedAt)
      const listing: unknown = yield* Effect.promise(async () => await (await fetch(`${api}/contents/`)).json())
      const names = Array.isArray(listing) ? listing.map(({ name }: { readonly name: string }) => name) : []
      assert.deepStrictEqual(names, ["b.txt", "c.txt"])
      const [seen] = (yield* client.repositories).filter(({ name }) => `acme/${name}` === repository)
      assert.strictEqual(seen?.branches["main"], merged.mergeSha)
    })
  )

  it.effect("permissions are the owner's, the pull requests' authors' and what they were set to", () =>
    Effect.gen(function* () {
      const { api, client, repository } = yield* setUp
      yield* client.openPullRequest(repository, { title: "One", author: "ada" })
      yield* client.openPullRequest(repository, { title: "Two", author: "mallory", fork: "mallory/shop" })
      yield* client.setPermission(repository, "Grace", "admin")
      for (const [login, wanted] of [
        ["acme", "admin"],
        ["ada", "write"],
        ["mallory", "read"],
        ["grace", "admin"]
      ] as const) {
        const answer = yield* call(`${api}/collaborators/${login}/permission`)
        assert.deepInclude(yield* Effect.promise(() => answer.json()), { permission: wanted }, login)
      }
    })
  )

  it.effect("what is missing or makes no sense is told as a typed error", () =>
    Effect.gen(function* () {
      const { client, repository } = yield* setUp
      const missing = yield* Effect.flip(client.push(repository, 9, {}))
      assert.deepInclude(missing, { _tag: "SandboxMissing", what: `pull request ${repository}#9` })
      assert.strictEqual((yield* Effect.flip(client.pullRequests("acme/none")))._tag, "SandboxMissing")
      assert.strictEqual((yield* Effect.flip(client.redeliver(repository, 1)))._tag, "SandboxMissing")
      const refused = [
        client.addRepository("no-owner", {}),
        client.addRepository("acme/x", { folder: "/does/not/exist" }),
        client.openPullRequest(repository, { title: "x", change: { "../a": "x" } }),
        client.openPullRequest(repository, { title: "x", branch: "two words" }),
        client.addHook(repository, { url: "nowhere" }),
        client.fault({ kind: "status", path: "(", times: 1 }),
        client.fault({ kind: "status", path: ".", times: 0 })
      ]
      for (const effect of refused) assert.strictEqual((yield* Effect.flip(effect))._tag, "SandboxRefused")
    })
  )

  it.effect("nobody there is told as a typed error", () =>
    Effect.gen(function* () {
      const sandbox = yield* Effect.promise(() => startGitHubSandbox())
      yield* Effect.promise(() => sandbox.stop())
      const error = yield* Effect.gen(function* () {
        return yield* Effect.flip((yield* SandboxClient).repositories)
      }).pipe(Effect.provide(SandboxClient.layer(sandbox.url)))
      assert.deepInclude(error, { _tag: "SandboxUnreachable", url: sandbox.url })
    })
  )

  it.effect("stopping ends what hangs: callers, receivers and what is held back", () =>
    Effect.gen(function* () {
      const silent = yield* Effect.acquireRelease(
        Effect.promise(() => startGitHubSandbox()),
        (one) => Effect.promise(() => one.stop())
      )
      silent.fault({ kind: "hang", path: ".", times: 2 })
      const sandbox = yield* Effect.promise(() => startGitHubSandbox())
      sandbox.addRepository("acme/shop", new Map())
      sandbox.addHook("acme/shop", { url: `${silent.url}/webhook` })
      sandbox.webhookFault({ kind: "delay", times: 1, delayMs: 600_000 })
      sandbox.openPullRequest("acme/shop", { title: "Delayed" })
      sandbox.openPullRequest("acme/shop", { title: "Never answered" })
      sandbox.fault({ kind: "hang", path: ".", times: 1 })
      const caller = yield* Effect.forkChild(breaks(`${sandbox.url}/meta`), { startImmediately: true })
      yield* Effect.promise(() => sandbox.stop())
      assert.isTrue(yield* Fiber.join(caller))
    }).pipe(Effect.scoped)
  )

  it.effect("a page of another origin cannot reach them", () =>
    Effect.gen(function* () {
      const { sandbox } = yield* setUp
      const answer = yield* Effect.promise(() =>
        fetch(`${sandbox.url}/_sandbox/repos`, { headers: { origin: "https://evil.example" } })
      )
      assert.strictEqual(answer.status, 403)
    })
  )

  it.effect("a port that is taken is told as a typed error", () =>
    Effect.gen(function* () {
      const { url } = yield* GitHubSandbox
      const port = Number(new URL(url).port)
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(GitHubSandbox.layer({ port })))))
      assert.deepInclude(error, { _tag: "SandboxNotListening", port })
    })
  )
})

it.layer(layer, { excludeTestServices: true })("faults", (it) => {
  it.effect("a status instead of an answer, for so many requests that match", () =>
    Effect.gen(function* () {
      const { api, client } = yield* setUp
      yield* client.fault({ kind: "status", status: 502, method: "GET", path: "/pulls$", times: 2 })
      const statuses = []
      for (let count = 0; count < 3; count++) statuses.push((yield* call(`${api}/pulls`)).status)
      assert.deepStrictEqual(statuses, [502, 502, 200])
    })
  )

  it.effect("the former head for a while after a push, of which the webhook tells", () =>
    Effect.gen(function* () {
      const { api, client, repository } = yield* setUp
      const { headSha, number } = yield* client.openPullRequest(repository, { title: "One" })
      const read = (path: string) =>
        Effect.flatMap(call(`${api}${path}`), (answer) => Effect.promise(() => answer.json()))
      const shown = Effect.gen(function* () {
        const one: Pull = yield* read(`/pulls/${number}`)
        const all: ReadonlyArray<Pull> = yield* read("/pulls")
        assert.deepStrictEqual(
          all.map(({ head }) => head.sha),
          [one.head.sha]
        )
        return one.head.sha
      })
      yield* client.headFault({ times: 2, forMs: 300_000 })
      const second = yield* client.push(repository, number, { change: { "a.txt": "2" } })
      assert.notStrictEqual(second.headSha, headSha)
      assert.strictEqual(yield* shown, headSha)
      yield* client.push(repository, number, { change: { "a.txt": "3" } })
      assert.strictEqual(yield* shown, headSha)
      yield* client.clearFaults
      const third = yield* client.push(repository, number, { change: { "a.txt": "4" } })
      assert.strictEqual(yield* shown, third.headSha)
      yield* client.headFault({ times: 1, forMs: 20 })
      const fourth = yield* client.push(repository, number, { change: { "a.txt": "5" } })
      yield* Effect.sleep("30 millis")
      assert.strictEqual(yield* shown, fourth.headSha)
    })
  )

  it.effect("the rate limits, in GitHub's words", () =>
    Effect.gen(function* () {
      const { api, client } = yield* setUp
      yield* client.fault({ kind: "status", status: 429, path: ".", times: 1, retryAfterSeconds: 7 })
      const secondary = yield* call(api)
      assert.deepStrictEqual([secondary.status, secondary.headers.get("retry-after")], [429, "7"])
      assert.match(yield* Effect.promise(() => secondary.text()), /secondary rate limit/)
      yield* client.fault({ kind: "status", status: 403, path: ".", times: 1, rateLimitResetSeconds: 60 })
      const primary = yield* call(api)
      assert.deepStrictEqual([primary.status, primary.headers.get("x-ratelimit-remaining")], [403, "0"])
      assert.match(yield* Effect.promise(() => primary.text()), /API rate limit exceeded/)
      assert.notStrictEqual((yield* call(api)).headers.get("x-ratelimit-remaining"), "0")
    })
  )

  it.effect("a dropped connection before anything happened, and one after it did", () =>
    Effect.gen(function* () {
      const { api, client, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One" })
      yield* client.fault({ kind: "drop", method: "POST", path: "/comments$", times: 1 })
      assert.isTrue(yield* breaks(...commentOn(api, "dropped")))
      yield* client.fault({ kind: "lost-answer", method: "POST", path: "/comments$", times: 1 })
      assert.isTrue(yield* breaks(...commentOn(api, "lost")))
      assert.strictEqual((yield* call(...commentOn(api, "heard"))).status, 201)
      assert.deepStrictEqual(
        sandbox.comments(repository, 1).map(({ body }) => body),
        ["lost", "heard"]
      )
    })
  )

  it.effect("no answer at all, until the caller gives up", () =>
    Effect.gen(function* () {
      const { api, client, repository, sandbox } = yield* setUp
      yield* client.fault({ kind: "hang", path: ".", times: 1 })
      assert.isTrue(yield* breaks(api, { signal: AbortSignal.timeout(50) }))
      assert.strictEqual((yield* call(api)).status, 200)
      sandbox.openPullRequest(repository, { title: "One" })
      yield* client.fault({ kind: "no-answer", method: "POST", path: "/comments$", times: 1 })
      const [url, comment] = commentOn(api, "unheard")
      assert.isTrue(yield* breaks(url, { ...comment, signal: AbortSignal.timeout(100) }))
      assert.deepStrictEqual(
        sandbox.comments(repository, 1).map(({ body }) => body),
        ["unheard"]
      )
    })
  )

  it.effect("are forgotten on demand", () =>
    Effect.gen(function* () {
      const { api, client } = yield* setUp
      yield* client.fault({ kind: "status", path: ".", times: 5 })
      yield* client.webhookFault({ kind: "lose", times: 5 })
      yield* client.clearFaults
      assert.strictEqual((yield* call(api)).status, 200)
    })
  )

  it.effect("writes are counted where they happened: refused ones not, unheard ones yes", () =>
    Effect.gen(function* () {
      const { api, client, repository, sandbox } = yield* setUp
      sandbox.openPullRequest(repository, { title: "One" })
      const location = (yield* call(...commentOn(api, "one"))).headers.get("location")
      yield* call(String(location), { method: "PATCH", body: '{"body":"two"}' })
      yield* call(...commentOn(api, ""))
      yield* client.fault({ kind: "status", status: 403, method: "POST", path: ".", times: 1 })
      yield* call(...commentOn(api, "refused"))
      yield* client.fault({ kind: "lost-answer", method: "POST", path: ".", times: 1 })
      yield* breaks(...commentOn(api, "unheard"))
      yield* call(`${api}/pulls`)
      const writes = (yield* client.writes)[repository]
      assert.deepStrictEqual(writes, {
        total: 3,
        requests: {
          [`POST /repos/${repository}/issues/1/comments`]: 2,
          [`PATCH ${new URL(String(location)).pathname}`]: 1
        }
      })
      assert.deepStrictEqual(sandbox.writesOf(repository), writes)
    })
  )
})
