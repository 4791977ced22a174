/** `sandbox redeliver` and `sandbox fault` */
import { SandboxClient, SandboxDelivery } from "@productbuilding/sandbox"
import { Console, Effect, Option, Schema } from "effect"
import { hint, printJson, printTable } from "../Output.ts"

/** Sends a webhook again under its GUID; without an id it lists what was sent. */
export const sandboxRedeliver = Effect.fnUntraced(function* (options: {
  readonly repository: string
  readonly id: Option.Option<number>
  readonly json: boolean
}) {
  const sandbox = yield* SandboxClient
  if (Option.isSome(options.id)) {
    const delivery = yield* sandbox.redeliver(options.repository, options.id.value)
    if (options.json) return yield* printJson(SandboxDelivery, delivery)
    return yield* Console.log(
      `${delivery.event} ${delivery.guid} was sent again; the answer was ${answerOf(delivery)}.`
    )
  }
  const deliveries = yield* sandbox.deliveries(options.repository)
  if (options.json) return yield* printJson(Schema.Array(SandboxDelivery), deliveries)
  if (deliveries.length === 0) return yield* hint("No webhook has been sent. Opening a pull request sends one.")
  yield* printTable<SandboxDelivery>(
    (colors) => [
      { title: "ID", text: ({ id }) => String(id) },
      { title: "EVENT", text: ({ action, event }) => (action === null ? event : `${event}.${action}`), shrinkTo: 12 },
      {
        title: "ANSWER",
        text: answerOf,
        color: (text, { status }) => (status >= 200 && status < 300 ? colors.good(text) : colors.bad(text))
      },
      { title: "SENT", text: ({ deliveredAt }) => deliveredAt },
      { title: "GUID", text: ({ guid }) => guid, color: colors.dim, shrinkTo: 8, optional: true }
    ],
    deliveries
  )
})

const answerOf = ({ status }: SandboxDelivery) => (status === 0 ? "none" : String(status))

/** Makes the sandbox's API do something wrong, for the next requests. */
export const sandboxFault = Effect.fnUntraced(function* (options: {
  readonly kind: "status" | "hang" | "drop" | "lost-answer"
  readonly path: string
  readonly method: Option.Option<string>
  readonly times: number
  readonly status: number
  readonly retryAfter: Option.Option<number>
}) {
  const sandbox = yield* SandboxClient
  yield* sandbox.fault({
    kind: options.kind,
    path: options.path,
    times: options.times,
    ...(options.kind === "status" ? { status: options.status } : {}),
    ...Option.match(options.method, { onNone: () => ({}), onSome: (method) => ({ method: method.toUpperCase() }) }),
    ...Option.match(options.retryAfter, {
      onNone: () => ({}),
      onSome: (retryAfterSeconds) => ({ retryAfterSeconds })
    })
  })
  const what = options.kind === "status" ? `status ${options.status}` : options.kind
  yield* Console.log(
    `${what} for the next ${options.times === 1 ? "request" : `${options.times} requests`} to ${options.path}`
  )
})
