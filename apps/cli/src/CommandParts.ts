/** What the declarations of commands are made of. */
import { Effect, Schema, type Scope } from "effect"
import { Flag } from "effect/cli"
import type { Server } from "./Server.ts"

/** Loads a module at its first use. A module of our own that cannot be loaded is a broken installation. */
export const load = <Module>(module: () => Promise<Module>) => Effect.promise(module)

/** Runs a handler of another module. */
export const run = <Module, A, E, R>(
  module: () => Promise<Module>,
  handle: (module: Module) => Effect.Effect<A, E, R>
) => Effect.flatMap(load(module), handle)

/** Runs a handler that talks to the server. */
export const ask = <Module, A, E, R>(
  module: () => Promise<Module>,
  handle: (module: Module) => Effect.Effect<A, E, R | Server | Scope.Scope>
) =>
  Effect.gen(function* () {
    const [{ layer }, handler] = yield* Effect.all([load(() => import("./Server.ts")), load(module)], {
      concurrency: "unbounded"
    })
    return yield* Effect.scoped(Effect.provide(handle(handler), layer))
  })

export const json = Flag.Boolean("json").pipe(
  Flag.withoutNegation,
  Flag.withDescription("Print JSON"),
  Flag.withDefault(false)
)

export const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

export const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }, { expected: `a number from ${minimum} to ${maximum}` }))

export const wait = flag("wait", "Show the progress, and end when it has ended")
