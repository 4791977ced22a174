/** What the steps of a deployment have printed. */
import type { Event } from "@productbuilding/core"
import { Option, Schema } from "effect"

const decode = Schema.decodeUnknownOption(Schema.Struct({ lines: Schema.Array(Schema.String) }))

/** Of its events, in order. */
export const deploymentLog = (events: ReadonlyArray<Event>): ReadonlyArray<string> =>
  events.flatMap(({ data, type }) =>
    type === "log" ? Option.match(decode(data), { onNone: () => [], onSome: ({ lines }) => lines }) : []
  )
