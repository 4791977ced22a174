/** What an event of the log says to people: what was said, and what a preview came to. */
import { type Event, ThreadMessage, type Topic } from "@productbuilding/core"
import { Option, Schema } from "effect"
import type { PreviewState } from "./Preview.ts"

const Changed = Schema.Struct({
  state: Schema.String,
  sha: Schema.String,
  failure: Schema.NullOr(Schema.Struct({ stage: Schema.String, summary: Schema.String }))
})

const decode = Schema.decodeUnknownOption(Changed)

const topics: Partial<Record<PreviewState, Topic>> = {
  ready: "previewReady",
  failed: "previewFailed",
  blocked: "previewBlocked"
}

const isMessage = Schema.is(ThreadMessage)

/** The types of the events that can say something. */
export const messageTypes = ["said", "state"] as const

/** The message of an event `said`, or of an event `state` where the state is one that a preview stays in. */
export const messageOf = ({ data, operationId, type }: Event): Option.Option<ThreadMessage> => {
  if (type === "said") return isMessage(data) ? Option.some(data) : Option.none()
  const found = type === "state" ? decode(data) : Option.none()
  if (Option.isNone(found)) return Option.none()
  const { failure, sha, state } = found.value
  const topic = Object.entries(topics).find(([one]) => one === state)?.[1]
  if (topic === undefined) return Option.none()
  const commit = sha.slice(0, 7)
  return Option.some({
    key: `preview:${state}:${operationId ?? sha}`,
    topic,
    author: null,
    verb:
      topic === "previewReady"
        ? `The preview of ${commit} is ready`
        : topic === "previewBlocked"
          ? `The preview of ${commit} waits for an approval`
          : `The preview of ${commit} failed${failure === null ? "" : ` in ${failure.stage}`}`,
    markdown: failure === null ? "" : failure.summary,
    url: null,
    title: null,
    draft: false,
    bot: false,
    inReplyTo: null
  })
}
