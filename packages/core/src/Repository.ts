/** How a repository and a pull request are named. */
import { Schema } from "effect"

/** `owner/name` as the code host spells it, for example `acme/shop`. Compare with `sameRepository`: hosts ignore case. */
export const RepositoryName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/, {
    expected: "owner/name, for example acme/shop"
  })
).pipe(Schema.brand("RepositoryName"))
export type RepositoryName = typeof RepositoryName.Type

/** A full commit id: 40 lower-case hexadecimal digits (64 in SHA-256 repositories). */
export const CommitSha = Schema.String.check(
  Schema.isPattern(/^([0-9a-f]{40}|[0-9a-f]{64})$/, { expected: "a full commit id of 40 hexadecimal digits" })
).pipe(Schema.brand("CommitSha"))
export type CommitSha = typeof CommitSha.Type

/** The number of an issue or a pull request. */
export const PullRequestNumber = Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.brand("PullRequestNumber"))
export type PullRequestNumber = typeof PullRequestNumber.Type

/** Whether two names mean the same repository. Owners and names are case-insensitive on GitHub. */
export const sameRepository = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()
