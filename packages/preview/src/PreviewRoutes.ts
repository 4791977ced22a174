/** Where the front door sends a preview host. Follows from what runs, so it is kept in memory and rebuilt at boot. */
import { Context, Effect, Layer } from "effect"
import type { Endpoint } from "./Runtime.ts"

/** The routing table of preview hosts. `get` is synchronous: it is asked once for each request. */
export class PreviewRoutes extends Context.Service<
  PreviewRoutes,
  {
    get(host: string): Endpoint | undefined
    put(host: string, endpoint: Endpoint): Effect.Effect<void>
    /** Idempotent. */
    remove(host: string): Effect.Effect<void>
  }
>()("@productbuilding/preview/PreviewRoutes") {
  /** Process-local. */
  static readonly layer: Layer.Layer<PreviewRoutes> = Layer.sync(PreviewRoutes, () => {
    const endpoints = new Map<string, Endpoint>()
    return PreviewRoutes.of({
      get: (host) => endpoints.get(host),
      put: (host, endpoint) => Effect.sync(() => void endpoints.set(host, endpoint)),
      remove: (host) => Effect.sync(() => void endpoints.delete(host))
    })
  })
}
