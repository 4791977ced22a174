/** What somebody may do in a repository, asked of the code host when something is about to be done. */
import type { CodeHostError, RepositoryName } from "@productbuilding/core"
import { Context, type Effect, Schema } from "effect"

/** In the code host's own order: each includes those before it. */
export const Permission = Schema.Literals(["none", "read", "triage", "write", "admin"])
export type Permission = typeof Permission.Type

/** Whether a permission includes another. */
export const includes = (has: Permission, needs: Permission): boolean => order.indexOf(has) >= order.indexOf(needs)

const order: ReadonlyArray<Permission> = Permission.literals

/** Every adapter passes `MembersTest.suite`. */
export class Members extends Context.Service<
  Members,
  {
    /** `none` for a login that does not exist. Never cached for longer than a minute. */
    permission(repository: RepositoryName, login: string): Effect.Effect<Permission, CodeHostError>
  }
>()("@productbuilding/agent/Members") {}
