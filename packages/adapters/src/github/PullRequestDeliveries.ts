/** Decides on `pull_request` deliveries: each only says which preview to look at, and which head to expect there. */
import { Decision, type DeliveryHandler, DeliveryHandlingFailed, ProjectRegistry } from "@productbuilding/core"
import { Previews, previewId } from "@productbuilding/preview"
import { Effect, Option } from "effect"
import { headOf, pullRequestOf } from "./GitHubWebhook.ts"

/** Actions after which a preview may have to change. Others, such as `labeled`, change nothing that we look at. */
const actions = new Set([
  "opened",
  "reopened",
  "synchronize",
  "closed",
  "edited",
  "ready_for_review",
  "converted_to_draft"
])

const ignored = (reason: string, subject?: string) =>
  new Decision({ outcome: "ignored", reason, ...(subject === undefined ? {} : { subject }) })

/** The handler for pull requests of registered repositories. */
export const make = Effect.gen(function* () {
  const previews = yield* Previews
  const registry = yield* ProjectRegistry
  const handler: DeliveryHandler = {
    source: "github",
    events: ["pull_request"],
    handle: ({ event }, payload) =>
      Effect.gen(function* () {
        const mention = pullRequestOf(event, payload)
        if (Option.isNone(mention)) return Option.some(ignored("The payload names no pull request of a repository"))
        const { action, number, repository } = mention.value
        const subject = `${repository.toLowerCase()}#${number}`
        if (!actions.has(action)) return Option.some(ignored(`The action ${action} asks for nothing`, subject))
        const project = registry.find(repository)
        if (Option.isNone(project)) {
          return Option.some(ignored(`The repository ${repository} is not in the targets file`, subject))
        }
        const id = previewId(project.value.repository, number)
        const requester = `webhook: ${action}`
        // NOTE: the head of a closed one means nothing.
        const heardOf = action === "closed" ? Option.none() : headOf(payload)
        return Option.some(
          yield* Option.match(heardOf, {
            onNone: () => previews.look(id, requester),
            onSome: (head) => previews.lookFor(id, requester, head)
          })
        )
      }).pipe(Effect.mapError(({ message, retryable }) => new DeliveryHandlingFailed({ message, retryable })))
  }
  return handler
})
