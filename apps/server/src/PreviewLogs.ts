/** `GET /previews/{owner}/{repo}/{pr}/logs?tail=100&follow=false`: what a preview prints, as plain text. */
import { PreviewStore, Runtime } from "@productbuilding/preview"
import { Effect, Schema, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { previewPath } from "./Api.ts"
import { idOf } from "./ApiHandlers.ts"

const Query = Schema.Struct({
  tail: Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 10_000 }))
  ),
  follow: Schema.optionalKey(Schema.Literals(["true", "false"])),
  service: Schema.optionalKey(Schema.NonEmptyString)
})

const encoder = new TextEncoder()

const refuse = (status: number, message: string) => HttpServerResponse.jsonUnsafe({ message }, { status })

const route = Effect.gen(function* () {
  const runtime = yield* Runtime
  const store = yield* PreviewStore
  return HttpRouter.route(
    "GET",
    "/previews/:owner/:repo/:pr/logs",
    Effect.gen(function* () {
      const params = yield* HttpRouter.schemaPathParams(Schema.Struct(previewPath))
      const { follow, service, tail } = yield* HttpRouter.schemaParams(Query)
      const preview = yield* store.get(idOf(params))
      const lines = runtime.logs(preview.environment, {
        tail: tail ?? 100,
        follow: follow === "true",
        ...(service === undefined ? {} : { service })
      })
      return HttpServerResponse.stream(
        lines.pipe(
          Stream.catchTag("RuntimeError", (error) => Stream.make(`(the log cannot be read: ${error.reason._tag})`)),
          Stream.map((line) => encoder.encode(`${line}\n`))
        ),
        { contentType: "text/plain; charset=utf-8", headers: { "cache-control": "no-store" } }
      )
    }).pipe(
      Effect.catchTags({
        PreviewNotFound: ({ id }) => Effect.succeed(refuse(404, `There is no preview ${id}.`)),
        SchemaError: (error) => Effect.succeed(refuse(400, error.message))
      })
    )
  )
})

export const layer = HttpRouter.addAll(Effect.map(route, (one) => [one]))
