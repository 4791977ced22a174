/** Keeps one comment on each pull request that always shows the preview as it is. */
import { CodeHost, type CodeHostError, describeCodeHostError, ResourceLedger } from "@productbuilding/core"
import { DateTime, Duration, Effect, FiberSet, Layer, Stream } from "effect"
import type { Preview, PreviewId } from "./Preview.ts"
import { isPreviewComment, renderPreviewComment } from "./PreviewComment.ts"
import { PreviewStore } from "./PreviewStore.ts"

/** What we know of the comment that is there. Lost with the process; the comment's hidden marker finds it again. */
interface Sent {
  readonly commentId: string
  readonly body: string
}

/** One preview's place in the sink. `dirty` while a newer state waits for the running synchronisation to end. */
interface Slot {
  running: boolean
  dirty: boolean
  sent: Sent | undefined
  announced: string | undefined
}

/** At most one write in this time for one pull request; what changes meanwhile is one edit. */
const quietWindow = Duration.seconds(1)
const longestBackoff = Duration.minutes(1)

const ownerKey = (id: PreviewId) => `comment:${id}`

/** Only a change of these is worth a write: a deployment costs four edits at most, whatever its number of stages. */
const announcement = (preview: Preview) =>
  [preview.state, preview.sha, preview.operationId, preview.url, preview.title].join("\n")

const sameBody = (left: string, right: string) => left.replaceAll("\r\n", "\n").trim() === right.trim()

/**
 * Follows every preview's changes, and at boot compares all of them (deleted ones for a day) with their comments. The
 * body is a pure rendering of the row, so a lost edit heals at the next. Never creates a second comment: before it
 * creates one it looks for its marker, also after an answer that did not arrive. Deleted comments are created again,
 * unless the preview is gone.
 */
export const layer: Layer.Layer<never, never, CodeHost | PreviewStore | ResourceLedger> = Layer.effectDiscard(
  Effect.gen(function* () {
    const host = yield* CodeHost
    const ledger = yield* ResourceLedger
    const store = yield* PreviewStore
    const slots = new Map<PreviewId, Slot>()
    const fork = yield* FiberSet.makeRuntime<never, void, never>()

    const find = Effect.fnUntraced(function* (preview: Preview) {
      const comments = yield* host.comments(preview.repository, preview.pullRequest)
      const ours = comments.find((comment) => isPreviewComment(comment.body, preview.id))
      return ours === undefined ? undefined : { commentId: ours.id, body: ours.body }
    })

    const create = Effect.fnUntraced(function* (preview: Preview, body: string) {
      yield* ledger.claim({ ownerKey: ownerKey(preview.id), kind: "comment", subject: preview.id })
      const comment = yield* host.createComment(preview.repository, preview.pullRequest, body)
      yield* ledger.live(ownerKey(preview.id), comment.id)
      return { commentId: comment.id, body }
    })

    /** Makes the comment show the preview as it is now. */
    const synchronise = Effect.fnUntraced(function* (id: PreviewId, slot: Slot) {
      const preview = yield* store.get(id)
      const subject = announcement(preview)
      if (slot.announced === subject || preview.pullRequestUrl === "") return false
      const body = renderPreviewComment(preview)
      slot.sent ??= yield* find(preview)
      if (slot.sent === undefined) {
        if (preview.state !== "deleted" && preview.state !== "closing") slot.sent = yield* create(preview, body)
      } else if (!sameBody(slot.sent.body, body)) {
        yield* host.updateComment(preview.repository, slot.sent.commentId, body)
        slot.sent = { commentId: slot.sent.commentId, body }
      }
      slot.announced = subject
      return true
    })

    /** How long to wait before the same write is tried again; `undefined` when only a change can help. */
    const backoff = ({ reason }: CodeHostError, attempt: number) => {
      switch (reason._tag) {
        case "RateLimited":
          return reason.retryAfter
        case "Unavailable":
          return Duration.min(Duration.seconds(2 ** attempt), longestBackoff)
        case "NotFound":
          // NOTE: somebody deleted the comment: the next try looks for it, and creates another.
          return attempt === 0 ? Duration.zero : undefined
        case "Denied":
        case "Rejected":
          return undefined
      }
    }

    const drain = Effect.fnUntraced(function* (id: PreviewId, slot: Slot) {
      let attempt = 0
      while (slot.dirty) {
        slot.dirty = false
        const pause = yield* synchronise(id, slot).pipe(
          Effect.map((wrote) => {
            attempt = 0
            return wrote ? quietWindow : undefined
          }),
          Effect.catchTags({
            CodeHostError: (error) => {
              // NOTE: the write may have happened although its answer was lost: look for the marker first.
              slot.sent = undefined
              const wait = backoff(error, attempt++)
              slot.dirty ||= wait !== undefined
              return Effect.as(Effect.logWarning(describeCodeHostError(error)), wait)
            },
            PreviewNotFound: () => Effect.undefined,
            PreviewStoreError: (error) =>
              Effect.as(Effect.logError("A comment could not be updated", error), undefined),
            ResourceLedgerError: (error) =>
              Effect.as(Effect.logError("A comment could not be updated", error), undefined)
          })
        )
        if (pause !== undefined) yield* Effect.sleep(pause)
      }
      slot.running = false
    })

    const touch = (id: PreviewId) => {
      const slot = slots.get(id) ?? { running: false, dirty: false, sent: undefined, announced: undefined }
      slots.set(id, slot)
      slot.dirty = true
      if (slot.running) return
      slot.running = true
      fork(drain(id, slot))
    }

    yield* store.changes.pipe(
      Stream.runForEach((preview) => Effect.sync(() => touch(preview.id))),
      Effect.catchTag("PreviewStoreError", Effect.die),
      Effect.forkScoped({ startImmediately: true })
    )
    const yesterday = DateTime.subtract(yield* DateTime.now, { days: 1 })
    yield* store.list({ deleted: true }).pipe(
      Effect.map((previews) => {
        for (const preview of previews) {
          if (preview.state !== "deleted" || DateTime.isGreaterThan(preview.updatedAt, yesterday)) touch(preview.id)
        }
      }),
      Effect.catchTag("PreviewStoreError", (error) =>
        Effect.logError("The comments could not be compared at boot", error)
      )
    )
  })
)
