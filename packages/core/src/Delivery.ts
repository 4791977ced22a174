/** Incoming webhooks and chat events: stored before they are acknowledged, and each ends in a decision with a reason. */
import { Context, type Effect, type Option, Schema, type Stream } from "effect"

/** The sender's own id of a delivery, prefixed by its source: `github:72d3162e-cc78-11e3-81ab-4c9367dc0958`. */
export const DeliveryId = Schema.String.pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

/** What a delivery led to, and why, in a sentence for operators. */
export class Decision extends Schema.Class<Decision>("@productbuilding/core/Decision")({
  /** `ignored`: nothing to do. `accepted`: something was started or changed. `unchanged`: all was as it should be. */
  outcome: Schema.Literals(["accepted", "unchanged", "ignored"]),
  reason: Schema.String,
  /** What it was about, for example `acme/shop#12`. */
  subject: Schema.optionalKey(Schema.String)
}) {}

/** One stored delivery, without its body. */
export class Delivery extends Schema.Class<Delivery>("@productbuilding/core/Delivery")({
  id: DeliveryId,
  /** The order of arrival, from 1, without promise of density. */
  sequence: Schema.Int,
  source: Schema.Literals(["github", "slack"]),
  /** The sender's event name, for example `pull_request`. */
  event: Schema.String,
  receivedAt: Schema.DateTimeUtcFromMillis,
  /** `pending` until handled. `failed` will be handled again when the sender or an operator replays it. */
  status: Schema.Literals(["pending", "decided", "failed"]),
  /** How often it was handled, successfully or not. */
  attempts: Schema.Int,
  decision: Schema.NullOr(Decision),
  /** Why the last handling failed. */
  failure: Schema.NullOr(Schema.String)
}) {}

/** What arrives: verified, not yet parsed. */
export interface IncomingDelivery {
  readonly id: DeliveryId
  readonly source: Delivery["source"]
  readonly event: string
  readonly body: Uint8Array
}

/** The database failed. Nothing was acknowledged. Retryable. */
export class DeliveryInboxError extends Schema.TaggedError<DeliveryInboxError>()("DeliveryInboxError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** No delivery has this id. Not retryable. */
export class DeliveryNotFound extends Schema.TaggedError<DeliveryNotFound>()("DeliveryNotFound", { id: DeliveryId }) {}

/** What `put` did: `stored` a new one, `requeued` one whose handling had failed, or found a `duplicate` and did nothing. */
export type Receipt = "stored" | "requeued" | "duplicate"

/** The durable inbox. Every adapter passes `DeliveryInboxTest.suite`. */
export class DeliveryInbox extends Context.Service<
  DeliveryInbox,
  {
    /**
     * Succeeds when the delivery is flushed to disk. Those that arrive together share one commit.
     * An id that is known and pending or decided changes nothing.
     */
    put(incoming: IncomingDelivery): Effect.Effect<Receipt, DeliveryInboxError>
    get(id: DeliveryId): Effect.Effect<Delivery, DeliveryNotFound | DeliveryInboxError>
    /** The raw bytes as they arrived. */
    body(id: DeliveryId): Effect.Effect<Uint8Array, DeliveryNotFound | DeliveryInboxError>
    /** Newest first, before the given sequence if one is given. */
    list(options: {
      readonly limit: number
      readonly before?: number
    }): Effect.Effect<ReadonlyArray<Delivery>, DeliveryInboxError>
    /** Pending ones in order of arrival: first all that wait, then each as it is put. At least once, across restarts. */
    readonly pending: Stream.Stream<Delivery, DeliveryInboxError>
    decide(id: DeliveryId, decision: Decision): Effect.Effect<void, DeliveryInboxError>
    fail(id: DeliveryId, failure: string): Effect.Effect<void, DeliveryInboxError>
    /** Makes it pending again, whatever became of it before. */
    replay(id: DeliveryId): Effect.Effect<Delivery, DeliveryNotFound | DeliveryInboxError>
  }
>()("@productbuilding/core/DeliveryInbox") {}

/** Decides what a delivery means. Handlers are level-triggered: they look at the world as it is, not at the event's story. */
export interface DeliveryHandler {
  readonly source: Delivery["source"]
  /** Event names it takes; a delivery that nobody takes is decided as ignored. */
  readonly events: ReadonlyArray<string>
  /** Deliveries with the same answer are handled one after the other, in the order of arrival. Default: all at once. */
  order?(payload: unknown): string | undefined
  /** `None`: this payload is none of its business. A failure marks the delivery `failed` with the message. */
  handle(delivery: Delivery, payload: unknown): Effect.Effect<Option.Option<Decision>, DeliveryHandlingFailed>
}

/** A handler could not come to a decision. `message` is for operators and holds no payload. */
export class DeliveryHandlingFailed extends Schema.TaggedError<DeliveryHandlingFailed>()("DeliveryHandlingFailed", {
  message: Schema.String,
  /** Whether handling it again in a while may help. */
  retryable: Schema.Boolean,
  cause: Schema.optionalKey(Schema.Defect())
}) {}
