/** `/docs`: the API's documentation, which is built when somebody first reads it. */
import { Effect, Layer, Scope } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiScalar } from "effect/http-api"
import { Api } from "./Api.ts"

const path = "/docs"

const route = Effect.gen(function* () {
  const scope = yield* Effect.scope
  // NOTE: its script has three megabytes, which a server would hold for nobody.
  const build = HttpRouter.toHttpEffect(HttpApiScalar.layer(Api, { path })).pipe(
    // NOTE: with the server's own it would be given the server's own router, and add its route there a second time.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.provideService(Scope.Scope, scope)
  )
  const page = yield* Effect.cached(Effect.uninterruptible(build))
  return HttpRouter.route("GET", path, Effect.flatten(page))
})

export const layer = HttpRouter.addAll(Effect.map(route, (one) => [one]))
