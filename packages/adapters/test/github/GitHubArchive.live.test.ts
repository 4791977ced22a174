import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { host, repository, server, sha, token } from "./support.ts"

const redirectTo = (location: string) =>
  server((_request, response) => void response.writeHead(302, { location }).end("moved"))

describe("GitHub's archive", () => {
  it.live("is fetched from another host without our token", () =>
    Effect.gen(function* () {
      const codeload = yield* server((_request, response) => void response.end("the archive"))
      const api = yield* redirectTo(`${codeload.url}/acme/shop/legacy.tar.gz/${sha}?token={one-time}`)
      const pieces = yield* Stream.runCollect((yield* host(api.url)).archive(repository, sha))
      assert.strictEqual(Buffer.concat(pieces).toString(), "the archive")
      assert.deepStrictEqual(
        api.requests.map(({ headers, path }) => [path, headers.authorization]),
        [[`/repos/acme/shop/tarball/${sha}`, `token ${token}`]]
      )
      assert.deepStrictEqual(
        codeload.requests.map(({ path }) => decodeURIComponent(path)),
        [`/acme/shop/legacy.tar.gz/${sha}?token={one-time}`]
      )
      assert.notInclude(JSON.stringify(codeload.requests[0]?.headers), token)
    })
  )

  it.live("of a renamed repository is asked for with our token at its new place", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server((request, response) => {
        if (request.url?.startsWith("/repositories/7/")) response.end("the archive")
        else response.writeHead(301, { location: `/repositories/7/tarball/${sha}` }).end()
      })
      yield* Stream.runDrain((yield* host(url)).archive(repository, sha))
      assert.deepStrictEqual(
        requests.map(({ headers }) => headers.authorization),
        [`token ${token}`, `token ${token}`]
      )
    })
  )

  it.live("that breaks off in the middle is Unavailable", () =>
    Effect.gen(function* () {
      const codeload = yield* server((_request, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write("the beginning", () => response.destroy())
      })
      const api = yield* redirectTo(codeload.url)
      const { reason } = yield* Effect.flip(Stream.runDrain((yield* host(api.url)).archive(repository, sha)))
      assert.isTrue(reason._tag === "Unavailable" && /broke in the middle/.test(reason.detail))
    })
  )

  it.live("that falls silent in the middle is Unavailable, and one that is slow is not", () =>
    Effect.gen(function* () {
      const silent = yield* server((_request, response) => void response.writeHead(200).write("the beginning"))
      const { reason } = yield* Effect.flip(
        Stream.runDrain((yield* host((yield* redirectTo(silent.url)).url)).archive(repository, sha))
      )
      assert.isTrue(reason._tag === "Unavailable" && /nothing more/.test(reason.detail))
      const slow = yield* server((_request, response) => {
        const write = (left: number) => {
          if (left === 0) response.end()
          else response.write("piece", () => setTimeout(() => write(left - 1), 150))
        }
        write(6)
      })
      const pieces = yield* Stream.runCollect((yield* host((yield* redirectTo(slow.url)).url)).archive(repository, sha))
      assert.strictEqual(Buffer.concat(pieces).toString(), "piece".repeat(6))
    })
  )

  it.live("that nobody reads any more is not fetched further", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const codeload = yield* server((_request, response) => {
        response.writeHead(200)
        const fill = () => {
          while (response.write(Buffer.alloc(65_536)));
          response.once("drain", fill)
        }
        fill()
        void once(response, "close").then(() => Deferred.doneUnsafe(closed, Effect.void))
      })
      const api = yield* redirectTo(codeload.url)
      const started = yield* Deferred.make<void>()
      const fiber = yield* (yield* host(api.url)).archive(repository, sha).pipe(
        Stream.runForEach(() => Deferred.succeed(started, undefined)),
        Effect.forkChild
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(closed)
    })
  )

  it.live("that is missing at the other host is NotFound; redirects in a circle are Unavailable", () =>
    Effect.gen(function* () {
      const gone = yield* server((_request, response) => void response.writeHead(404).end("gone"))
      const missing = yield* Effect.flip(
        Stream.runDrain((yield* host((yield* redirectTo(gone.url)).url)).archive(repository, sha))
      )
      assert.strictEqual(missing.reason._tag, "NotFound")
      const circle = yield* redirectTo("/again")
      const lost = yield* Effect.flip(Stream.runDrain((yield* host(circle.url)).archive(repository, sha)))
      assert.strictEqual(lost.reason._tag, "Unavailable")
      assert.strictEqual(circle.requests.length, 6)
    })
  )
})
