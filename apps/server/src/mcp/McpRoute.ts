/**
 * `/mcp`: the Model Context Protocol over streamable HTTP, for whoever may write through the API. What answers is loaded
 * and built with the first request that may. Reads `MCP_WRITES` (false): whether issues may be changed over it.
 */
import { Config, Effect, Layer, Option, Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { type Denial, makeGuard } from "../WriteGuard.ts"

// NOTE: without a coding agent that asks, a server would carry the protocol's schemas and the agent's tools for nobody.
const load = Effect.promise(() => import("./McpEndpoint.ts"))

/** As JSON-RPC says it, so that clients show the message. */
const refuse = ({ message, status }: Denial) =>
  HttpServerResponse.jsonUnsafe(
    { jsonrpc: "2.0", id: null, error: { code: -32_001, message } },
    { status, headers: status === 401 ? { "www-authenticate": "Bearer" } : {} }
  )

const route = Effect.gen(function* () {
  const guard = yield* makeGuard
  const writes = yield* Config.Boolean("MCP_WRITES").pipe(Config.withDefault(false))
  const scope = yield* Effect.scope
  const build = Effect.flatMap(load, ({ handler }) => handler({ writes })).pipe(
    // NOTE: with the server's own it would be given the server's own router, and add its routes there a second time.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.provideService(Scope.Scope, scope)
  )
  // NOTE: a client that leaves while it is built must not leave the interruption behind for everybody after it.
  const endpoint = yield* Effect.cached(Effect.uninterruptible(build))
  const context = yield* Effect.context<Effect.Services<typeof endpoint>>()
  return HttpRouter.route(
    "*",
    "/mcp",
    Effect.gen(function* () {
      const denial = guard(yield* HttpServerRequest.HttpServerRequest)
      if (Option.isSome(denial)) return refuse(denial.value)
      return yield* Effect.flatten(Effect.provide(endpoint, context))
    }).pipe(Effect.tapCause((cause) => Effect.logError("MCP could not be answered", cause)))
  )
})

export const layer = HttpRouter.addAll(Effect.map(route, (one) => [one]))
