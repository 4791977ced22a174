import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { answers, host, json, one, pull, repository, server, sha } from "./support.ts"

const limited = (
  headers: Record<string, string>,
  status = 403,
  message = "You have exceeded a secondary rate limit."
) => json({ message }, status, headers)

describe("GitHub's limits", () => {
  it.live("are waited for, with no request before their end", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* answers(limited({ "retry-after": "1" }, 429, "Too many requests"), json(pull(1)))
      yield* (yield* host(url)).pullRequest(repository, one)
      assert.strictEqual(requests.length, 2)
      assert.isAtLeast((requests[1]?.atMs ?? 0) - (requests[0]?.atMs ?? 0), 990)
    })
  )

  it.live("are given up on after two repetitions", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* answers(limited({ "retry-after": "0" }))
      const error = yield* Effect.flip((yield* host(url)).createComment(repository, one, "text"))
      assert.strictEqual(error.reason._tag, "RateLimited")
      assert.strictEqual(requests.length, 3)
    })
  )

  it.effect("of more than a minute are returned, and nothing at all is asked until they are over", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* answers(limited({ "retry-after": "3600" }), json(pull(1)))
      const codeHost = yield* host(url)
      const first = yield* Effect.flip(codeHost.pullRequest(repository, one))
      assert.isTrue(first.reason._tag === "RateLimited" && Duration.toSeconds(first.reason.retryAfter) === 3600)
      yield* TestClock.adjust("30 minutes")
      const others = [
        yield* Effect.flip(codeHost.createComment(repository, one, "text")),
        yield* Effect.flip(Stream.runDrain(codeHost.archive(repository, sha)))
      ]
      for (const { reason } of others) {
        assert.isTrue(reason._tag === "RateLimited" && Duration.toMinutes(reason.retryAfter) === 30)
      }
      assert.strictEqual(requests.length, 1)
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* codeHost.pullRequest(repository, one)).number, one)
    })
  )

  it.effect("of the primary kind end at x-ratelimit-reset", () =>
    Effect.gen(function* () {
      const { url } = yield* answers(
        limited({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "900" }, 403, "API rate limit exceeded")
      )
      const { reason } = yield* Effect.flip((yield* host(url)).pullRequest(repository, one))
      assert.isTrue(reason._tag === "RateLimited" && Duration.toSeconds(reason.retryAfter) === 900)
    })
  )

  it.live("are told from a missing right, which is Denied", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* answers(
        json({ message: "Resource not accessible by integration", documentation_url: "https://docs.github.com/x" }, 403)
      )
      const { reason } = yield* Effect.flip((yield* host(url)).createComment(repository, one, "text"))
      assert.deepStrictEqual(
        [reason._tag, "detail" in reason ? reason.detail : ""],
        ["Denied", "Resource not accessible by integration"]
      )
      assert.strictEqual(requests.length, 1)
    })
  )

  it.live("writes keep their distance", () =>
    Effect.gen(function* () {
      const comment = { id: 5, body: "text", user: null, html_url: "https://github.com/acme/shop/pull/1" }
      const { requests, url } = yield* answers(json(comment, 201))
      const codeHost = yield* host(url, { writeInterval: "300 millis" })
      yield* Effect.all(
        [
          codeHost.createComment(repository, one, "text"),
          codeHost.updateComment(repository, "5", "text"),
          codeHost.updateComment(repository, "5", "text")
        ],
        { concurrency: "unbounded" }
      )
      const times = requests.map(({ atMs }) => atMs)
      assert.strictEqual(times.length, 3)
      assert.isAtLeast((times[2] ?? 0) - (times[0] ?? 0), 550)
    })
  )
})

describe("GitHub's failures", () => {
  it.live("an answer that is not what it documents is Rejected", () =>
    Effect.gen(function* () {
      for (const answer of [json({ number: "one" }), json([pull(1)]), json("text")] as const) {
        const { url } = yield* answers(answer)
        const { reason } = yield* Effect.flip((yield* host(url)).pullRequest(repository, one))
        assert.strictEqual(reason._tag, "Rejected")
      }
    })
  )

  it.live("a request that it calls wrong is Rejected with its sentence", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* answers(json({ message: "Validation Failed", errors: [] }, 422))
      const { reason } = yield* Effect.flip((yield* host(url)).createComment(repository, one, ""))
      assert.isTrue(reason._tag === "Rejected" && reason.status === 422 && /Validation Failed/.test(reason.detail))
      assert.strictEqual(requests.length, 1)
    })
  )

  it.live("an answer that breaks off is asked for again, and is Unavailable in the end", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server((_request, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
        response.write("[", () => response.destroy())
      })
      const { reason } = yield* Effect.flip((yield* host(url)).openPullRequests(repository))
      assert.strictEqual(reason._tag, "Unavailable")
      assert.strictEqual(requests.length, 3)
    })
  )

  it.live("an answer whose end never comes is Unavailable, without a second try", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server((_request, response) => void response.writeHead(200).write("["))
      const { reason } = yield* Effect.flip((yield* host(url)).openPullRequests(repository))
      assert.isTrue(reason._tag === "Unavailable" && reason.detail === "no answer in time")
      assert.strictEqual(requests.length, 1)
    })
  )

  it.live("a host that cannot be reached is Unavailable, and the system's word for it is told", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(answers(json({})))
      const { reason } = yield* Effect.flip((yield* host(url)).createComment(repository, one, "text"))
      assert.isTrue(reason._tag === "Unavailable" && /ECONNREFUSED/.test(reason.detail))
    })
  )

  it.live("a deleted fork, a deleted account and a comment without a body are understood", () =>
    Effect.gen(function* () {
      const { url } = yield* answers(
        json(pull(1, { user: null, head: { sha, ref: "change", repo: null } })),
        json([{ id: 1, user: null, html_url: "https://github.com/x" }])
      )
      const codeHost = yield* host(url)
      const { author, fromFork } = yield* codeHost.pullRequest(repository, one)
      assert.deepStrictEqual([author, fromFork], ["ghost", true])
      assert.deepStrictEqual(
        (yield* codeHost.comments(repository, one)).map(({ author, body }) => [author, body]),
        [["ghost", ""]]
      )
    })
  )

  it.live("one that moves to the next page while they are turned is listed once", () =>
    Effect.gen(function* () {
      const { url } = yield* server((request, response) => {
        const second = new URL(request.url ?? "/", "http://x").searchParams.get("page") === "2"
        const link = `<http://${request.headers.host}/repos/acme/shop/pulls?state=open&per_page=100&page=2>; rel="next"`
        const [status, headers, body] = json(
          second ? [pull(2), pull(1)] : [pull(3), pull(2)],
          200,
          second ? {} : { link }
        )
        response.writeHead(status, headers).end(body)
      })
      const numbers = (yield* (yield* host(url)).openPullRequests(repository)).map(({ number }) => Number(number))
      assert.deepStrictEqual(numbers, [3, 2, 1])
    })
  )
})
