/** Starts a preview and stays, to be killed: `node startAndWait.ts <workspace> <command>`. */
import { Runtime } from "@productbuilding/preview"
import { Effect, Stream } from "effect"
import { environmentOf, runtimeOf } from "./support.ts"

const [workspace = "", command = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.gen(function* () {
    const runtime = yield* Runtime
    const environment = environmentOf(workspace, command)
    yield* runtime.prepare(environment)
    yield* Effect.sync(() => process.stdout.write("ready\n"))
    yield* Stream.runDrain(runtime.start(environment))
    yield* Effect.sync(() => process.stdout.write("started\n"))
    return yield* Effect.never
  }).pipe(Effect.provide(runtimeOf(workspace)))
)
