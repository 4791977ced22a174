import { Schema } from "effect"
import { Preview, PreviewFailure, StageTiming } from "../Preview.ts"

/** A row of `previews`: the fields of `Preview` under the names of the columns, nested values as JSON text. */
export const PreviewRow = Schema.Struct({
  ...Preview.fields,
  fromFork: Schema.BooleanFromBit,
  failure: Schema.NullOr(Schema.fromJsonString(PreviewFailure)),
  stages: Schema.fromJsonString(Schema.Array(StageTiming))
}).pipe(
  Schema.encodeKeys({
    pullRequest: "pull_request",
    headRef: "head_ref",
    fromFork: "from_fork",
    pullRequestUrl: "pull_request_url",
    runningSha: "running_sha",
    operationId: "operation_id",
    approvedSha: "approved_sha",
    removedSha: "removed_sha",
    createdAt: "created_at",
    updatedAt: "updated_at"
  })
)
