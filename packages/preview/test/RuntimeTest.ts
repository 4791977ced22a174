/** The contract of `Runtime`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, type Layer, Option, Redacted, Schedule, Stream } from "effect"
import type { EnvironmentName } from "../src/Preview.ts"
import { type Environment, Runtime } from "../src/Runtime.ts"

/** Releases for a runtime to run. Every environment has a main service `app` and is known to no other test. */
export class RuntimeWorld extends Context.Service<
  RuntimeWorld,
  {
    /** A new name for an environment. */
    readonly name: Effect.Effect<EnvironmentName>
    /** Prints `$GREETING`, then answers `text` at `/` of its port. */
    serving(
      name: EnvironmentName,
      text: string,
      variables?: Environment["variables"]
    ): Effect.Effect<Environment, unknown>
    /** Prints `one` and `two`, and ends with 3. */
    ending(name: EnvironmentName): Effect.Effect<Environment, unknown>
    /** Is not allowed to run. */
    refused(name: EnvironmentName): Effect.Effect<Environment, unknown>
  }
>()("RuntimeWorld") {}

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, done: (value: A) => boolean) =>
  Effect.repeat(effect, { until: done, schedule: Schedule.spaced("25 millis") }).pipe(Effect.timeout("20 seconds"))

const up = Effect.fnUntraced(function* (environment: Environment) {
  const runtime = yield* Runtime
  yield* runtime.prepare(environment)
  yield* Stream.runDrain(runtime.build(environment))
  yield* Stream.runDrain(runtime.start(environment))
})

const ask = Effect.fnUntraced(function* (name: EnvironmentName) {
  const runtime = yield* Runtime
  const { host, port } = Option.getOrThrow(yield* runtime.endpoint(name))
  return yield* Effect.tryPromise(async () => (await fetch(`http://${host}:${port}/`)).text())
})

const answers = (name: EnvironmentName, text: string) =>
  until(
    Effect.orElseSucceed(ask(name), () => ""),
    (answer) => answer === text
  )

const logOf = Effect.fnUntraced(function* (name: EnvironmentName, tail: number) {
  const runtime = yield* Runtime
  return Array.from(yield* Stream.runCollect(runtime.logs(name, { tail, follow: false })))
})

const removed = Effect.fnUntraced(function* (name: EnvironmentName) {
  const runtime = yield* Runtime
  yield* runtime.remove(name)
  assert.deepStrictEqual(yield* runtime.remains(name), [])
  assert.deepStrictEqual(yield* runtime.status(name), [])
  assert.isTrue(Option.isNone(yield* runtime.endpoint(name)))
  assert.notInclude(
    (yield* runtime.list).map((one) => one.name),
    name
  )
})

/** A name, with everything under it removed in the end. */
const environment = Effect.acquireRelease(
  Effect.flatMap(RuntimeWorld, ({ name }) => name),
  (name) => Effect.orDie(Effect.flatMap(Runtime, (runtime) => runtime.remove(name)))
)

const reasonOf = <A, E extends { readonly reason: { readonly _tag: string } }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)

export const suite = (name: string, layer: Layer.Layer<Runtime | RuntimeWorld, unknown>) =>
  it.layer(layer, { excludeTestServices: true, timeout: "60 seconds" })(`Runtime (${name})`, (it) => {
    it.effect("knows nothing of an environment that never was, and removing it is no mistake", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* world.name
        const release = yield* world.serving(name, "never")
        assert.strictEqual(yield* reasonOf(Stream.runDrain(runtime.exec(release, "app", "true"))), "Missing")
        assert.strictEqual(yield* reasonOf(Stream.runDrain(runtime.logs(name, { tail: 1, follow: false }))), "Missing")
        yield* removed(name)
      })
    )

    it.effect("runs a release with its variables, and says where it answers and what it prints", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* environment
        const release = yield* world.serving(name, "first", { GREETING: "hello" })
        yield* up(release)
        yield* answers(name, "first")
        assert.include(yield* logOf(name, 100), "hello")
        const [status] = yield* until(runtime.status(name), ([one]) => one?.listening?.length !== 0)
        assert.deepStrictEqual([status?.service, status?.state, status?.exitCode], ["app", "running", null])
        const { internal_port } = release.contract.runtime
        assert.deepStrictEqual(
          status?.listening?.map(({ port }) => port),
          [internal_port]
        )
        assert.isNotEmpty(yield* runtime.remains(name))
        assert.deepInclude(
          (yield* runtime.list).map((one) => [one.name, one.previewId]),
          [name, release.previewId]
        )
        yield* removed(name)
        yield* removed(name)
      }).pipe(Effect.scoped)
    )

    it.effect("starts what runs already without harm, and a newer release takes the place of the older", () =>
      Effect.gen(function* () {
        const world = yield* RuntimeWorld
        const runtime = yield* Runtime
        const name = yield* environment
        const first = yield* world.serving(name, "first")
        yield* up(first)
        yield* up(first)
        yield* answers(name, "first")
        yield* up(yield* world.serving(name, "second"))
        yield* answers(name, "second")
        assert.lengthOf(yield* runtime.status(name), 1)
      }).pipe(Effect.scoped)
    )

    it.effect("runs commands in a service: its lines without secrets, its exit code, no service of another name", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* environment
        const release = yield* world.serving(name, "first", { PASSWORD: Redacted.make("sesame") })
        yield* up(release)
        const exec = (command: string, service = "app") => Stream.runCollect(runtime.exec(release, service, command))
        assert.sameMembers(Array.from(yield* exec('echo "$PASSWORD"; echo problem >&2')), ["***", "problem"])
        const { reason } = yield* Effect.flip(exec("echo the end; exit 7"))
        assert.deepInclude(reason, { _tag: "CommandFailed", exitCode: 7, output: "the end" })
        assert.strictEqual(yield* reasonOf(exec("true", "worker")), "Missing")
        assert.strictEqual(
          yield* reasonOf(Stream.runDrain(runtime.logs(name, { service: "worker", tail: 1, follow: false }))),
          "Missing"
        )
      }).pipe(Effect.scoped)
    )

    it.effect("shows a service that ended, its exit code and the end of its log", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* environment
        yield* up(yield* world.ending(name))
        const [status] = yield* until(runtime.status(name), ([one]) => one?.state === "exited")
        assert.strictEqual(status?.exitCode, 3)
        assert.isTrue(Option.isNone(yield* runtime.endpoint(name)))
        assert.deepStrictEqual(yield* logOf(name, 1), ["two"])
        assert.deepStrictEqual(yield* logOf(name, 100), ["one", "two"])
      }).pipe(Effect.scoped)
    )

    it.effect("follows a log until its environment is removed", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* environment
        yield* up(yield* world.serving(name, "first", { GREETING: "hello" }))
        yield* answers(name, "first")
        const lines: Array<string> = []
        const follower = yield* runtime.logs(name, { tail: 100, follow: true }).pipe(
          Stream.runForEach((line) => Effect.sync(() => lines.push(line))),
          Effect.forkChild
        )
        yield* until(
          Effect.sync(() => lines.includes("hello")),
          (found) => found
        )
        yield* removed(name)
        yield* Effect.timeout(Fiber.await(follower), "10 seconds")
      }).pipe(Effect.scoped)
    )

    it.effect("refuses what is not allowed, with the key and the reason", () =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        const world = yield* RuntimeWorld
        const name = yield* environment
        const { reason } = yield* Effect.flip(runtime.prepare(yield* world.refused(name)))
        assert.isTrue(
          reason._tag === "Refused" && reason.problems.every(({ key, message }) => key !== "" && message !== "")
        )
        assert.deepStrictEqual(yield* runtime.remains(name), [])
      }).pipe(Effect.scoped)
    )

    it.effect("leaves what can be removed when it is interrupted anywhere, and runs the next release", () =>
      Effect.gen(function* () {
        const world = yield* RuntimeWorld
        const name = yield* environment
        for (const after of ["0 millis", "20 millis", "100 millis", "300 millis", "700 millis"] as const) {
          yield* Effect.timeoutOption(up(yield* world.serving(name, `interrupted after ${after}`)), after)
        }
        yield* up(yield* world.serving(name, "last"))
        yield* answers(name, "last")
        yield* Effect.timeoutOption(up(yield* world.serving(name, "never")), "200 millis")
        yield* removed(name)
      }).pipe(Effect.scoped)
    )

    it.effect("keeps environments apart, at the same time", () =>
      Effect.gen(function* () {
        const world = yield* RuntimeWorld
        const [first, second] = [yield* environment, yield* environment]
        yield* Effect.all([up(yield* world.serving(first, "first")), up(yield* world.serving(second, "second"))], {
          concurrency: "unbounded"
        })
        yield* answers(first, "first")
        yield* answers(second, "second")
        yield* removed(first)
        assert.strictEqual(yield* ask(second), "second")
      }).pipe(Effect.scoped)
    )
  })
