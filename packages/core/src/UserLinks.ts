/** Who on the code host is who in the chat, as an operator has said. */
import { Context, type Effect, Schema } from "effect"

/** A member of the chat's workspace, as it writes them: in Slack `U…` or `W…`. */
export const ChatUserId = Schema.String.check(
  Schema.isPattern(/^[UW][A-Z0-9]{2,}$/, { expected: "a member id of Slack, for example U012ABC" })
)

/** An account of the code host. */
export const AccountLogin = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:_[A-Za-z0-9]+)?$/, {
    expected: "a GitHub login, for example ada"
  })
)

/** One person under both of their names. */
export class UserLink extends Schema.Class<UserLink>("@productbuilding/core/UserLink")({
  user: ChatUserId,
  login: AccountLogin
}) {}

/** The database failed. Retryable. */
export class UserLinksError extends Schema.TaggedError<UserLinksError>()("UserLinksError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The links. Everyone has one at most, under either name. Every adapter passes `UserLinksTest.suite`. */
export class UserLinks extends Context.Service<
  UserLinks,
  {
    /** Replaces what either of the two was linked with. */
    put(link: UserLink): Effect.Effect<void, UserLinksError>
    /** Idempotent. */
    remove(user: string): Effect.Effect<void, UserLinksError>
    /** All of them, by login. */
    readonly list: Effect.Effect<ReadonlyArray<UserLink>, UserLinksError>
  }
>()("@productbuilding/core/UserLinks") {}
