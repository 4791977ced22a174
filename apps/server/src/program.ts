/** What the server does from its first line to its last. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect } from "effect"
import { run } from "./Run.ts"

/** What stops the boot is one line for the operator; its trace helps nobody. */
const oneLine = (cause: Cause.Cause<unknown>) => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  const inUse = error instanceof Error && String(error.cause).includes("EADDRINUSE")
  return Console.error(
    inUse ? "The port is taken. Set PORT to another." : error instanceof Error ? error.message : String(error)
  )
}

/** Runs once, and ends the process. */
export const main = (): void => NodeRuntime.runMain(Effect.tapCause(run, oneLine), { disableErrorReporting: true })
