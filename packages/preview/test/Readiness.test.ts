import { it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result, Stream } from "effect"
import * as Duration from "effect/Duration"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { assert, describe } from "vitest"
import type { Contract } from "../src/Contract.ts"
import { parseContract } from "../src/ContractFile.ts"
import { statusHeader } from "../src/FrontDoorHeader.ts"
import { awaitReady, explainNotReady, type Probe, type ReadinessEvidence } from "../src/Readiness.ts"
import { EngineUnavailable, RuntimeError, ServiceStatus } from "../src/Runtime.ts"

const contract = (text = ""): Contract => Result.getOrThrow(parseContract(`version: 1\n${text}`))

const app = (change: Partial<ServiceStatus> = {}) =>
  new ServiceStatus({
    service: "app",
    state: "running",
    exitCode: null,
    outOfMemory: false,
    health: null,
    listening: [{ port: 8080, loopbackOnly: false }],
    ...change
  })

const db = (change: Partial<ServiceStatus> = {}) => app({ service: "db", listening: null, ...change })

const notThere: Probe = { _tag: "NotThere" }
const answered = (status: number): Probe => ({ _tag: "Answered", status })

describe("explainNotReady", () => {
  const cases: ReadonlyArray<readonly [Partial<ReadinessEvidence>, string]> = [
    [{ services: [] }, "The service app was not started."],
    [{ services: [db(), db({ service: "cache" })] }, "The service app was not started."],
    [{ services: [app({ state: "created" })] }, "The service app was created, but not started."],
    [
      { services: [app({ state: "created" }), db({ state: "exited", exitCode: 1 })] },
      "The service app was created, but not started. The service db exited with code 1: the log says why."
    ],
    [
      { services: [app({ state: "exited", exitCode: 137, outOfMemory: true })] },
      "The service app exited with code 137: it ran out of memory; raise its memory limit, or let it use less."
    ],
    [
      { services: [app({ state: "exited", exitCode: 137 })] },
      "The service app exited with code 137: it was killed (SIGKILL), often because memory ran out."
    ],
    [
      { services: [app({ state: "exited", exitCode: 1 })], waited: Duration.seconds(2) },
      "The service app exited with code 1 right after its start: the log says why."
    ],
    [
      { services: [app({ state: "exited", exitCode: 0 })] },
      "The service app exited with code 0: it ended by itself; a preview's service must keep running."
    ],
    [
      { services: [app({ state: "exited", exitCode: 126 })] },
      "The service app exited with code 126: its command cannot be executed."
    ],
    [
      { services: [app({ state: "exited", exitCode: 127 })] },
      "The service app exited with code 127: its command was not found."
    ],
    [
      { services: [app({ state: "exited", exitCode: 139 })] },
      "The service app exited with code 139: it crashed (segmentation fault)."
    ],
    [
      { services: [app({ state: "exited", exitCode: 143 })] },
      "The service app exited with code 143: it was told to stop (SIGTERM)."
    ],
    [{ services: [app({ state: "exited" })] }, "The service app ended; its exit code is not known."],
    [
      { services: [app({ state: "restarting", exitCode: 2 })] },
      "The service app starts and ends again and again. The service app exited with code 2: the log says why."
    ],
    [{ probe: answered(500) }, "The preview answers 500 at /healthz; it is ready once it answers 200 to 399."],
    [{ probe: answered(404) }, "The preview answers 404 at /healthz: is runtime.healthcheck_path right?"],
    [{ probe: answered(401) }, "The preview answers 401 at /healthz: the health check must not need a login."],
    [{ probe: answered(403) }, "The preview answers 403 at /healthz: the health check must not need a login."],
    [
      { services: [app({ listening: [{ port: 3000, loopbackOnly: false }] })] },
      "Nothing listens on port 8080, but 3000 is open: set runtime.internal_port to 3000, or let the service app listen on 8080."
    ],
    [
      { services: [app({ listening: [3000, 9229, 3000].map((port) => ({ port, loopbackOnly: false })) })] },
      "Nothing listens on port 8080, but 3000 and 9229 are open: set runtime.internal_port to 3000, or let the service app listen on 8080."
    ],
    [
      { services: [app({ listening: [{ port: 8080, loopbackOnly: true }] })] },
      "The service app listens on 127.0.0.1:8080 only, which cannot be reached from outside its container: let it listen on 0.0.0.0."
    ],
    [
      { services: [app({ listening: [{ port: 3000, loopbackOnly: true }] })] },
      "Nothing listens on port 8080, but 127.0.0.1:3000 is open inside the container: let the service app listen on 0.0.0.0:8080."
    ],
    [{ services: [app({ listening: [] })] }, "Nothing listens on port 8080 in the service app, nor on any other."],
    [
      { services: [app({ listening: [] }), db({ state: "exited", exitCode: 3 })] },
      "Nothing listens on port 8080 in the service app, nor on any other. The service db exited with code 3: the log says why."
    ],
    [
      { services: [app({ listening: [] }), db({ state: "exited", exitCode: 0 })] },
      "Nothing listens on port 8080 in the service app, nor on any other."
    ],
    [
      {
        services: [
          app({
            listening: [
              { port: 8080, loopbackOnly: true },
              { port: 8080, loopbackOnly: false }
            ]
          })
        ],
        probe: { _tag: "Slow" }
      },
      "The service app takes the connection, but does not answer at /healthz within 5 s."
    ],
    [
      { probe: { _tag: "Unreachable", detail: "ENOTFOUND" } },
      "The server cannot reach the preview's own address https://pr-1.example/ (ENOTFOUND). Nothing is wrong with the pull request: an operator must check the wildcard DNS record, the certificate and PUBLIC_URL."
    ],
    [
      { services: [app({ health: "unhealthy", listening: null })] },
      "Docker's own health check of the service app fails."
    ],
    [
      { services: [app({ listening: null }), db({ state: "restarting", exitCode: 1 })] },
      "The service app is still starting after 300 s (runtime.startup_timeout_seconds): it does not answer at /healthz. The service db exited with code 1: the log says why."
    ],
    [
      {},
      "The service app is still starting after 300 s (runtime.startup_timeout_seconds): it does not answer at /healthz."
    ],
    [
      { services: [app({ service: "other", listening: null })] },
      "The service other is still starting after 300 s (runtime.startup_timeout_seconds): it does not answer at /healthz."
    ]
  ]

  it.each(cases)("of %j", (evidence, expected) => {
    const waited = Duration.seconds(300)
    const whole = { contract: contract(), services: [app()], probe: notThere, url: "https://pr-1.example/", waited }
    assert.strictEqual(explainNotReady({ ...whole, ...evidence }), expected)
  })

  it("is total", () => {
    const states = ["created", "running", "restarting", "exited"] as const
    const ports = [null, [], [{ port: 8080, loopbackOnly: false }], [{ port: 1, loopbackOnly: true }]]
    const probes: ReadonlyArray<Probe> = [
      notThere,
      answered(500),
      { _tag: "Slow" },
      { _tag: "Unreachable", detail: "x" }
    ]
    for (const state of states)
      for (const listening of ports)
        for (const probe of probes)
          for (const exitCode of [null, 0, 1, 137])
            for (const health of [null, "starting", "healthy", "unhealthy"] as const) {
              const services = [app({ state, listening, exitCode, health })]
              const text = explainNotReady({
                contract: contract(),
                services,
                probe,
                url: "http://x/",
                waited: Duration.zero
              })
              assert.match(text, /^[A-Z].{10,}\.$/)
              assert.notMatch(text, /undefined|null|NaN/)
            }
  })
})

/** What the preview's address answers to the first, second, … question; the last goes on. `never` is no answer. */
type Answer = number | "ours" | "never" | "refused"

const world = (answers: ReadonlyArray<Answer>, services: ReadonlyArray<ReadonlyArray<ServiceStatus>> = [[app()]]) => {
  const asked: Array<{ readonly atMs: number; readonly url: string }> = []
  let statuses = 0
  const respond = (request: HttpClientRequest.HttpClientRequest, url: URL) =>
    Effect.gen(function* () {
      const atMs = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      asked.push({ atMs, url: url.href })
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (answer === "never" || answer === undefined) return yield* Effect.never
      if (answer === "refused") {
        const cause = new Error("connect ECONNREFUSED 127.0.0.1:1")
        return yield* new HttpClientError.HttpClientError({
          reason: new HttpClientError.TransportError({ request, cause })
        })
      }
      return HttpClientResponse.fromWeb(
        request,
        answer === "ours"
          ? new Response("starting", { status: 200, headers: { [statusHeader]: "deploying" } })
          : new Response(null, { status: answer })
      )
    })
  const run = (text = "", logs: Stream.Stream<string, RuntimeError> = Stream.make("first", "last")) =>
    awaitReady({
      url: "https://pr-1.example/",
      contract: contract(text),
      status: Effect.sync(() => services[Math.min(++statuses, services.length) - 1] ?? []),
      logs
    }).pipe(Effect.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(respond))))
  return { asked, run }
}

const atMs = ({ asked }: ReturnType<typeof world>) => asked.map((question) => question.atMs)

describe("awaitReady", () => {
  it.effect.each([200, 204, 302, 399])("is ready at once when the first answer is %s", (status) =>
    Effect.gen(function* () {
      const preview = world([status])
      yield* preview.run("runtime: { healthcheck_path: /up?deep=1 }")
      assert.deepStrictEqual(preview.asked, [{ atMs: 0, url: "https://pr-1.example/up?deep=1" }])
    })
  )

  it.effect("asks again after 50 ms, growing to a second", () =>
    Effect.gen(function* () {
      const preview = world([...Array.from({ length: 11 }, () => 503), 200])
      const fiber = yield* Effect.forkChild(preview.run())
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const times = atMs(preview)
      const pauses = times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)))
      assert.deepStrictEqual(pauses.slice(0, 3), [50, 75, 113])
      assert.deepStrictEqual(pauses.slice(-2), [1000, 1000])
    })
  )

  it.effect("does not take our own page for the preview", () =>
    Effect.gen(function* () {
      const preview = world(["ours", "ours", 200])
      const fiber = yield* Effect.forkChild(preview.run())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.strictEqual(preview.asked.length, 3)
    })
  )

  it.effect("gives each question five seconds", () =>
    Effect.gen(function* () {
      const preview = world(["never", 200])
      const fiber = yield* Effect.forkChild(preview.run())
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(atMs(preview), [0, 5050])
    })
  )

  it.effect("fails at the timeout and not later, with the cause and the last 40 lines", () =>
    Effect.gen(function* () {
      const preview = world(["never"])
      const logs = Stream.fromIterable(Array.from({ length: 100 }, (_, index) => `line ${index + 1}`))
      const fiber = yield* Effect.forkChild(Effect.flip(preview.run("runtime: { startup_timeout_seconds: 7 }", logs)))
      yield* TestClock.adjust("6999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(fiber)
      assert(error._tag === "NotReady")
      assert.strictEqual(
        error.summary,
        "The service app takes the connection, but does not answer at /healthz within 5 s."
      )
      const lines = error.evidence.split("\n")
      assert.deepStrictEqual([lines.length, lines[0], lines.at(-1)], [40, "line 61", "line 100"])
    })
  )

  it.effect("names the reason when the address cannot be reached", () =>
    Effect.gen(function* () {
      const preview = world(["refused"])
      const fiber = yield* Effect.forkChild(Effect.flip(preview.run("runtime: { startup_timeout_seconds: 1 }")))
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert(error._tag === "NotReady")
      assert.include(error.summary, "https://pr-1.example/ (ECONNREFUSED)")
    })
  )

  it.effect("does not wait for a service that has ended for good", () =>
    Effect.gen(function* () {
      const preview = world(["ours"], [[app({ state: "exited", exitCode: 1 })]])
      const error = yield* Effect.flip(preview.run())
      assert(error._tag === "NotReady")
      assert.include(error.summary, "exited with code 1 right after its start")
      assert.strictEqual(error.evidence, "first\nlast")
    })
  )

  it.effect("does not wait for a service that restarts a third time", () =>
    Effect.gen(function* () {
      const [up, down] = [[app()], [app({ state: "restarting", exitCode: 1 })]]
      const preview = world(["ours"], [up, down, down, up, down, up, down])
      const fiber = yield* Effect.forkChild(Effect.flip(preview.run()))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      assert(error._tag === "NotReady")
      assert.include(error.summary, "starts and ends again and again")
      assert.strictEqual(preview.asked.length, 7)
    })
  )

  it.effect("waits for a service that restarts and then stays", () =>
    Effect.gen(function* () {
      const preview = world(["ours", "ours", 200], [[app({ state: "restarting", exitCode: 1 })], [app()]])
      const fiber = yield* Effect.forkChild(preview.run())
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
    })
  )

  it.effect("does not wait when there are no services", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(world(["ours"], [[]]).run())
      assert(error._tag === "NotReady")
      assert.strictEqual(error.summary, "The service app was not started.")
    })
  )

  it.effect("says so when the log cannot be read", () =>
    Effect.gen(function* () {
      const reason = new EngineUnavailable({ detail: "gone" })
      const logs = Stream.fail(new RuntimeError({ operation: "logs", environment: "pb", reason }))
      const error = yield* Effect.flip(world(["ours"], [[]]).run("", logs))
      assert(error._tag === "NotReady")
      assert.strictEqual(error.evidence, "(the log cannot be read: EngineUnavailable)")
    })
  )
})
