/** Retries, deadlines and the circuit, by the clock alone. */
import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Metric, Stream } from "effect"
import { AiError, IdGenerator, type LanguageModel, Prompt, type Response } from "effect/ai"
import { TestClock } from "effect/testing"
import { circuitOpen, make as makeCircuit } from "../../src/models/CircuitBreaker.ts"
import { ModelFailure, network } from "../../src/models/ModelFailure.ts"
import { make, type Patience } from "../../src/models/PatientModel.ts"
import type { VendorModel } from "../../src/models/VendorModel.ts"

const down = new ModelFailure({ reason: new AiError.InternalProviderError({ description: "down" }) })
const overloaded = new ModelFailure({
  reason: new AiError.InternalProviderError({ description: "overloaded" }),
  retryAfter: Duration.seconds(7)
})
const limited = (retryAfter: Duration.Input) =>
  new ModelFailure({ reason: new AiError.RateLimitError({}), retryAfter: Duration.fromInputUnsafe(retryAfter) })
const wrong = new ModelFailure({ reason: new AiError.InvalidRequestError({ description: "wrong" }) })

type Reply = Effect.Effect<Array<Response.PartEncoded>, ModelFailure>
const text: Array<Response.PartEncoded> = [{ type: "text", text: "hello" }]
const usual: Patience = {
  requestTimeout: Duration.seconds(60),
  callTimeout: Duration.seconds(120),
  maxRetries: 3
}

const setup = Effect.fnUntraced(function* (
  replies: ReadonlyArray<Reply>,
  patience: Partial<Patience> = {},
  stream: VendorModel["stream"] = () => Stream.empty
) {
  const askedAtMs: Array<number> = []
  const circuit = yield* makeCircuit({ provider: "acme" })
  const vendor: VendorModel = {
    generate: () =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
        askedAtMs.push(nowMs)
        return replies[Math.min(askedAtMs.length, replies.length) - 1] ?? Effect.die("no reply")
      }),
    stream
  }
  const options: LanguageModel.ProviderOptions = yield* providerOptions
  const model = make(vendor, { ...usual, ...patience }, circuit)
  const ask = Effect.provideService(model.generate(options), IdGenerator.IdGenerator, IdGenerator.defaultIdGenerator)
  const read = Stream.provideService(model.stream(options), IdGenerator.IdGenerator, IdGenerator.defaultIdGenerator)
  return { ask, askedAtMs, circuit, read }
})

const providerOptions = Effect.scoped(
  Effect.map(
    Effect.makeSpanScoped("test"),
    (span): LanguageModel.ProviderOptions => ({
      prompt: Prompt.empty,
      tools: [],
      responseFormat: { type: "text" },
      toolChoice: "auto",
      span,
      previousResponseId: undefined,
      incrementalPrompt: undefined
    })
  )
)

/** Runs until it ends, however long that takes by the clock. */
const eventually = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    for (let i = 0; i < 400 && fiber.pollUnsafe() === undefined; i++) yield* TestClock.adjust("500 millis")
    return yield* yield* Fiber.join(fiber)
  })

it.effect("asks again after the server's own wait, on 529 as on 429", () =>
  Effect.gen(function* () {
    const { ask, askedAtMs } = yield* setup([
      Effect.fail(overloaded),
      Effect.fail(limited("20 seconds")),
      Effect.succeed(text)
    ])
    assert.deepStrictEqual(yield* eventually(ask), text)
    assert.deepStrictEqual(askedAtMs, [0, 7000, 27_000])
  })
)

it.effect("without a wait of the server's, waits longer each time, and never exactly as long as another", () =>
  Effect.gen(function* () {
    const { ask, askedAtMs } = yield* setup([Effect.fail(down)])
    assert.strictEqual((yield* Effect.flip(eventually(ask)))._tag, "ModelFailure")
    const waits = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0))
    assert.lengthOf(waits, usual.maxRetries)
    waits.forEach((wait, index) => {
      assert.isAtMost(wait, 500 * 2 ** index)
      assert.isAtLeast(wait, 250 * 2 ** index)
    })
  })
)

it.effect("does not repeat what would fail again", () =>
  Effect.gen(function* () {
    const { ask, askedAtMs } = yield* setup([Effect.fail(wrong)])
    assert.deepStrictEqual(yield* Effect.flip(eventually(ask)), wrong)
    assert.lengthOf(askedAtMs, 1)
  })
)

it.effect("does not wait for a server that names a time beyond the deadline", () =>
  Effect.gen(function* () {
    const { ask, askedAtMs } = yield* setup([Effect.fail(limited("2 minutes"))])
    const failure = yield* Effect.flip(ask)
    assert.strictEqual(failure._tag === "ModelFailure" && failure.reason._tag, "RateLimitError")
    assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    assert.lengthOf(askedAtMs, 1)
  })
)

it.effect("a request that gets no answer ends in time, and the call with its deadline", () =>
  Effect.gen(function* () {
    const { ask, askedAtMs } = yield* setup([Effect.never])
    const failure = yield* Effect.flip(eventually(ask))
    assert.strictEqual(failure._tag === "ModelFailure" && failure.reason._tag, "NetworkError")
    assert.lengthOf(askedAtMs, 2)
    assert.isAtMost(yield* Clock.currentTimeMillis, 120_500)
  })
)

it.effect("a stream that falls silent after its first part ends in time, and is not asked for again", () =>
  Effect.gen(function* () {
    let opened = 0
    const first: ReadonlyArray<Response.StreamPartEncoded> = [
      { type: "response-metadata" },
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: "hel" }
    ]
    const { read } = yield* setup([], {}, () => {
      opened += 1
      return Stream.concat(Stream.fromIterable(first), Stream.never)
    })
    const seen: Array<Response.StreamPartEncoded> = []
    const ended = read.pipe(
      Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
      Effect.flip
    )
    const failure = yield* eventually(ended)
    assert.strictEqual(failure._tag === "ModelFailure" && failure.reason._tag, "NetworkError")
    assert.deepStrictEqual(seen, Array.from(first))
    assert.strictEqual(opened, 1)
    assert.strictEqual(yield* Clock.currentTimeMillis, 60_000)
  })
)

it.effect("what one request opened is closed before the next is made", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const { read } = yield* setup([], { maxRetries: 1 }, () =>
      Stream.unwrap(
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => log.push("open")),
            () => Effect.sync(() => log.push("close"))
          ),
          () => Stream.fail(down)
        )
      )
    )
    yield* Effect.flip(eventually(Stream.runDrain(read)))
    assert.deepStrictEqual(log, ["open", "close", "open", "close"])
  })
)

it.effect("five failures in a row open the circuit; after its rest one request probes", () =>
  Effect.gen(function* () {
    let isDown = true
    const reply = Effect.suspend(() => (isDown ? Effect.fail(down) : Effect.succeed(text)))
    const { ask, askedAtMs, circuit } = yield* setup([reply], { maxRetries: 0 })
    const gauge = Metric.value(Metric.withAttributes(circuitOpen, { provider: "acme" }))
    for (let i = 0; i < 5; i++) {
      assert.strictEqual(yield* circuit.state, "closed")
      assert.strictEqual((yield* Effect.flip(ask))._tag, "ModelFailure")
    }
    assert.strictEqual(yield* circuit.state, "open")
    assert.strictEqual((yield* gauge).value, 1)
    const refused = yield* Effect.flip(ask)
    assert.strictEqual(refused._tag === "CircuitOpen" && Duration.toMillis(refused.retryAfter), 30_000)
    assert.lengthOf(askedAtMs, 5)
    yield* TestClock.adjust("30 seconds")
    assert.strictEqual(yield* circuit.state, "half-open")
    assert.strictEqual((yield* Effect.flip(ask))._tag, "ModelFailure")
    assert.strictEqual(yield* circuit.state, "open")
    yield* TestClock.adjust("30 seconds")
    isDown = false
    assert.deepStrictEqual(yield* ask, text)
    assert.strictEqual(yield* circuit.state, "closed")
    assert.strictEqual((yield* gauge).value, 0)
  })
)

it.effect("while one request probes, others are refused; an interrupted probe lets the next one try", () =>
  Effect.gen(function* () {
    const replies = [...Array.from({ length: 5 }, () => Effect.fail(down)), Effect.never, Effect.succeed(text)]
    const { ask, circuit } = yield* setup(replies, { maxRetries: 0 })
    for (let i = 0; i < 5; i++) yield* Effect.flip(ask)
    yield* TestClock.adjust("30 seconds")
    const probe = yield* Effect.forkChild(ask, { startImmediately: true })
    assert.strictEqual((yield* Effect.flip(ask))._tag, "CircuitOpen")
    yield* Fiber.interrupt(probe)
    assert.deepStrictEqual(yield* ask, text)
    assert.strictEqual(yield* circuit.state, "closed")
  })
)

it.effect("a refusal, a limit or a wrong request do not open the circuit: the provider is there", () =>
  Effect.gen(function* () {
    const { ask, circuit } = yield* setup(
      [Effect.fail(wrong), Effect.fail(limited("1 second")), Effect.fail(network("gone")), Effect.fail(wrong)],
      { maxRetries: 0 }
    )
    for (let i = 0; i < 9; i++) yield* Effect.flip(ask)
    assert.strictEqual(yield* circuit.state, "closed")
  })
)
