/** What a call that takes long is doing, for a client that wants to be told. */
import { Context, Effect, Option, Schema } from "effect"
import { McpSchema, McpServer } from "effect/ai"

/** Tells it. Nobody, outside a call that came with a progress token. */
export const Progress = Context.Reference<(message: string) => Effect.Effect<void>>(
  "@productbuilding/server/mcp/Progress",
  { defaultValue: () => () => Effect.void }
)

const decodeToken = Schema.decodeUnknownOption(
  Schema.Struct({ progressToken: Schema.Union([Schema.String, Schema.Finite]) })
)

/** Gives what tells whoever called. */
export const make = Effect.map(McpServer.McpServer, ({ notifications }) =>
  Effect.map(McpSchema.McpRequestContext, ({ requestMetadata }) => {
    let progress = 0
    return Option.match(decodeToken(requestMetadata), {
      onNone: () => () => Effect.void,
      onSome:
        ({ progressToken }) =>
        (message: string) =>
          // NOTE: a client that cannot be told any more is about to be noticed by the transport.
          Effect.ignore(
            Effect.suspend(() =>
              notifications["notifications/progress"]({ progressToken, progress: ++progress, message })
            )
          )
    })
  })
)
