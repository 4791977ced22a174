/** The memory of what we made in the outside world, so that it can be found again and undone. */
import { Context, type Effect, type Option, Schema } from "effect"

/** One object outside. Its owner key is chosen by us before it is made. */
export class Resource extends Schema.Class<Resource>("@productbuilding/core/Resource")({
  /** For example `comment:acme/shop#12`. */
  ownerKey: Schema.String,
  /** For example `compose-project` or `comment`. */
  kind: Schema.String,
  /** What it belongs to, for example `acme/shop#12`. */
  subject: Schema.String,
  /** The vendor's id, once it is known. */
  externalId: Schema.NullOr(Schema.String),
  /** `pending`: about to be made, perhaps made. `ambiguous`: cannot be told; a person must look. */
  state: Schema.Literals(["pending", "live", "removed", "ambiguous"]),
  updatedAt: Schema.DateTimeUtcFromMillis
}) {}

/** The database failed. Retryable. */
export class ResourceLedgerError extends Schema.TaggedError<ResourceLedgerError>()("ResourceLedgerError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The ledger. Rows are never deleted. Every adapter passes `ResourceLedgerTest.suite`. */
export class ResourceLedger extends Context.Service<
  ResourceLedger,
  {
    /** Writes `pending` before the outside world is touched; a `live` row stays as it is. Answers with the row. */
    claim(resource: Pick<Resource, "ownerKey" | "kind" | "subject">): Effect.Effect<Resource, ResourceLedgerError>
    /** It exists, under this id. */
    live(ownerKey: string, externalId: string): Effect.Effect<void, ResourceLedgerError>
    ambiguous(ownerKey: string): Effect.Effect<void, ResourceLedgerError>
    /** It is gone. Idempotent. */
    removed(ownerKey: string): Effect.Effect<void, ResourceLedgerError>
    find(ownerKey: string): Effect.Effect<Option.Option<Resource>, ResourceLedgerError>
    /** All that are not `removed`, by subject if one is given. */
    standing(subject?: string): Effect.Effect<ReadonlyArray<Resource>, ResourceLedgerError>
  }
>()("@productbuilding/core/ResourceLedger") {}
