/** A policy in a file of its own: JSON, as it would stand under `notifications` in the targets file. */
import { Result } from "effect"
import { decodeJsonValue, found, jsonPosition, parseJson } from "./internal/jsonText.ts"
import { NotificationPolicy } from "./NotificationPolicy.ts"

const example = '{ "events": { "commented": "digest" } }'

/** Decodes the text, or tells every mistake: the key, what is allowed, what was found and at which line and column. */
export const parseNotificationPolicy = (text: string): Result.Result<NotificationPolicy, ReadonlyArray<string>> => {
  const json = parseJson(text)
  if (Result.isFailure(json)) {
    return Result.fail([`The policy is not JSON ${jsonPosition(text)}. It must be an object such as ${example}.`])
  }
  if (typeof json.success !== "object" || json.success === null || Array.isArray(json.success)) {
    return Result.fail([`The policy must be an object such as ${example}; found ${found(json.success)}.`])
  }
  return decodeJsonValue(NotificationPolicy, text, json.success, [])
}
