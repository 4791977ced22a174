/** `users list`, `users link` and `users unlink` */
import { UserLink } from "@productbuilding/core"
import { Console, Effect, Schema } from "effect"
import { hint, printJson, printTable } from "../Output.ts"
import { Server } from "../Server.ts"

/** Shows who is linked. */
export const usersList = Effect.fnUntraced(function* (options: { readonly json: boolean }) {
  const server = yield* Server
  const links = yield* server.call((api) => api.users.links())
  if (options.json) return yield* printJson(Schema.Array(UserLink), links)
  if (links.length === 0) {
    return yield* hint(
      "Nobody is linked. `productbuilding users link U012ABC ada` says that this member of Slack is ada on GitHub; SLACK_USERS of the server goes first."
    )
  }
  yield* printTable<UserLink>(
    () => [
      { title: "GITHUB", text: ({ login }) => login },
      { title: "SLACK", text: ({ user }) => user }
    ],
    links
  )
})

/** Links somebody. */
export const usersLink = Effect.fnUntraced(function* (options: {
  readonly user: string
  readonly login: string
  readonly json: boolean
}) {
  const server = yield* Server
  const { json, login, user } = options
  const link = yield* server.call((api) => api.users.link({ params: { user }, payload: { login } }))
  if (json) return yield* printJson(UserLink, link)
  yield* Console.log(`${user} in Slack is ${login} on GitHub: each is mentioned where the other is.`)
})

/** Ends a link. */
export const usersUnlink = Effect.fnUntraced(function* ({ user }: { readonly user: string }) {
  const server = yield* Server
  yield* server.call((api) => api.users.unlink({ params: { user } }))
  yield* Console.log(`${user} is linked with nobody.`)
})
