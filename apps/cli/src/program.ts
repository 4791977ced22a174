/** What the command does: it reads its arguments, and runs. */
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Schema, Stdio } from "effect"
import { runCli } from "./Run.ts"

// Beside `src` in a clone and beside `dist` once installed. Nothing runs without it, so a failure is a defect.
const version = FileSystem.FileSystem.use((fs) =>
  fs.readFileString(fileURLToPath(new URL("../package.json", import.meta.url)))
).pipe(
  Effect.flatMap(Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))),
  Effect.map((manifest) => manifest.version),
  Effect.orDie
)

/** Runs once, and ends the process. */
export const main = (): void =>
  Effect.gen(function* () {
    const { args } = yield* Stdio.Stdio
    yield* runCli(yield* version, yield* args)
  }).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain({ disableErrorReporting: true }))
