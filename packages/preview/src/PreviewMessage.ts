/** What a preview came to, as a message of its thread. */
import type { Event, ThreadMessage, Topic } from "@productbuilding/core"
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

/** The message of an event `state`, if the state is one that a preview stays in. */
export const previewMessageOf = ({ data, operationId, type }: Event): Option.Option<ThreadMessage> => {
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
