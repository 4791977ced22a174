/** Where requests really go, and where they do not. */
import type { LookupFunction } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { addressRefused, make } from "../../src/callbacks/CallbackClient.ts"
import { server } from "../github/support.ts"

const body = new TextEncoder().encode("{}")

/** Answers as a name server would that changes its mind at each question. */
const answering = (...answers: ReadonlyArray<ReadonlyArray<string>>) => {
  let asked = 0
  const lookup: LookupFunction = (_name, _options, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    )
  }
  return { lookup, asked: () => asked }
}

const receiver = Effect.fnUntraced(function* (status = 200, headers: Record<string, string> = {}) {
  const { requests, url } = yield* server((_request, response) => {
    response.writeHead(status, { connection: "close", ...headers }).end("thank you")
  })
  return { paths: () => requests.map(({ path }) => path), port: new URL(url).port }
})

describe("the client of callbacks", () => {
  it.live("posts, and tells status and Retry-After", () =>
    Effect.gen(function* () {
      const { paths, port } = yield* receiver(503, { "retry-after": "7" })
      const client = yield* make({ allowPrivate: true })
      assert.deepStrictEqual(yield* client.post(`http://127.0.0.1:${port}/a?b=c`, {}, body), {
        status: 503,
        retryAfter: Option.some("7")
      })
      assert.deepStrictEqual(paths(), ["/a?b=c"])
    })
  )

  it.live("follows no redirect", () =>
    Effect.gen(function* () {
      const { paths, port } = yield* receiver(307, { location: "/elsewhere" })
      const client = yield* make({ allowPrivate: true })
      assert.strictEqual((yield* client.post(`http://localhost:${port}/`, {}, body)).status, 307)
      assert.deepStrictEqual(paths(), ["/"])
    })
  )

  it.live("connects to no address that is not public, whether it is written out or comes from a name", () =>
    Effect.gen(function* () {
      const { paths, port } = yield* receiver()
      const refused = Effect.fnUntraced(function* (url: string, ...answers: ReadonlyArray<string>) {
        const client = yield* make({ lookup: answering(answers).lookup })
        assert.strictEqual((yield* Effect.flip(client.post(url, {}, body))).code, addressRefused, `${url} ${answers}`)
      })
      for (const address of ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"]) {
        yield* refused(`https://${address}:${port}/`)
      }
      for (const address of ["127.0.0.1", "::1", "::ffff:7f00:1", "192.168.0.1", "169.254.169.254", "fd00:ec2::254"]) {
        yield* refused(`https://hook.example.com:${port}/`, address)
        yield* refused(`https://hook.example.com:${port}/`, "8.8.8.8", address)
      }
      yield* refused(`http://127.0.0.1:${port}/`)
      yield* refused(`http://hook.example.com:${port}/`, "8.8.8.8")
      assert.deepStrictEqual(paths(), [])
    })
  )

  it.live("checks each connection anew, against the address that it then connects to", () =>
    Effect.gen(function* () {
      const { paths, port } = yield* receiver()
      const { asked, lookup } = answering(["127.0.0.1"], ["169.254.169.254"])
      const client = yield* make({ allowPrivate: true, lookup })
      const url = `http://rebinding.example.com:${port}/`
      assert.strictEqual((yield* client.post(url, {}, body)).status, 200)
      assert.strictEqual(asked(), 1)
      assert.strictEqual((yield* Effect.flip(client.post(url, {}, body))).code, addressRefused)
      assert.deepStrictEqual([asked(), paths().length], [2, 1])
    })
  )

  it.live("says with a word why nobody answered", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(receiver())
      const client = yield* make({ allowPrivate: true })
      const error = yield* Effect.flip(
        client.post(`http://127.0.0.1:${port}/s3cret`, { authorization: "s3cret" }, body)
      )
      assert.strictEqual(error.code, "ECONNREFUSED")
      assert.notInclude(JSON.stringify(error), "s3cret")
    })
  )
})
