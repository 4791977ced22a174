/**
 * Who on GitHub is who in Slack: by configuration, else by the operator's links, else by e-mail. Good for mentions; what
 * somebody may do is never decided by it.
 */
import { CodeHost, RepositoryName, UserLinks } from "@productbuilding/core"
import { Cache, Duration, Effect, Exit, Option } from "effect"
import { callSlack, type SlackClient } from "./SlackClient.ts"
import type { UserMap } from "./UserMap.ts"

/** People by both of their names. What cannot be found out is `undefined`. */
export interface People {
  /** The Slack user ids of GitHub logins; logins in any case. */
  slackOf(repository: RepositoryName, logins: Iterable<string>): Effect.Effect<(login: string) => string | undefined>
  /** The GitHub login of a Slack user id. */
  gitHubOf(repository: RepositoryName, user: string): Effect.Effect<string | undefined>
}

/** An answer, also that there is nobody, holds for a while; a failure is asked again sooner. */
const remembered = {
  capacity: 10_000,
  timeToLive: (exit: Exit.Exit<unknown, unknown>) => (Exit.isSuccess(exit) ? Duration.hours(1) : Duration.minutes(1))
}

const noScope =
  "People are not matched by e-mail, as the Slack app lacks the scope users:read.email. Add it, or say who is who with SLACK_USERS or `productbuilding users link`."

/** Of one text; whoever writes more names means nobody. */
const maxLogins = 20

const mention = /(?<![\w/`@.])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))/g

/** The logins that a GitHub-flavoured text mentions, and perhaps a few words that look like it. */
export const mentionedLogins = (markdown: string): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(markdown.matchAll(mention), ([, login = ""]) => login.toLowerCase()))).slice(
    0,
    maxLogins
  )

/**
 * Without Slack's scope `users:read.email` nobody is found by e-mail, which is logged once. An account's addresses are that
 * of its public profile and those that GitHub itself ascribes to it by its commits.
 */
export const make = Effect.fnUntraced(function* (
  client: SlackClient,
  configured: UserMap
): Effect.fn.Return<People, never, CodeHost | UserLinks> {
  const host = yield* CodeHost
  const links = yield* UserLinks
  let hasScope = true

  const slackByEmail = Effect.fnUntraced(function* (email: string) {
    return yield* callSlack(() => client.users.lookupByEmail({ email })).pipe(
      Effect.map(({ user }) => user?.id),
      Effect.catchIf(
        ({ reason }) => reason._tag === "NeverPossible",
        Effect.fnUntraced(function* ({ reason }) {
          if (hasScope && reason._tag === "NeverPossible" && reason.detail === "missing_scope") {
            hasScope = false
            yield* Effect.logInfo(noScope)
          }
          return undefined
        })
      )
    )
  })

  const slackUsers = yield* Cache.makeWith(
    Effect.fnUntraced(function* (key: string) {
      const { name, repository } = partsOf(key)
      for (const email of yield* host.emailsOf(repository, name)) {
        const user = yield* slackByEmail(email)
        if (user !== undefined) return user
      }
      return undefined
    }),
    remembered
  )
  const logins = yield* Cache.makeWith(
    Effect.fnUntraced(function* (key: string) {
      const { name, repository } = partsOf(key)
      const { user } = yield* callSlack(() => client.users.info({ user: name }))
      const email = user?.profile?.email
      return email === undefined ? undefined : Option.getOrUndefined(yield* host.loginOf(repository, email))
    }),
    remembered
  )

  /** Whom an operator has linked. A failing database is no reason to tell nothing. */
  const linked = links.list.pipe(
    Effect.tapError((error) => Effect.logWarning("The links of people cannot be read", error)),
    Effect.orElseSucceed(() => [])
  )

  /** A name is nicer than a login, but nothing waits for it. */
  const quietly = <E>(found: Effect.Effect<string | undefined, E>) =>
    found.pipe(
      Effect.tapError((error) => Effect.logDebug("Somebody could not be looked up by e-mail", error)),
      Effect.orElseSucceed(() => undefined)
    )

  return {
    slackOf: Effect.fn("People.slackOf")(function* (repository, names) {
      const known = new Map((yield* linked).map(({ login, user }) => [login.toLowerCase(), user]))
      const all = Array.from(new Set(Array.from(names, (name) => name.toLowerCase())))
      const found = yield* Effect.forEach(
        all,
        Effect.fnUntraced(function* (login) {
          const user = configured.slackOf(login) ?? known.get(login)
          if (user !== undefined || !hasScope || login.endsWith("[bot]")) return [login, user] as const
          return [login, yield* quietly(Cache.get(slackUsers, keyOf(repository, login)))] as const
        }),
        { concurrency: 4 }
      )
      const users = new Map(found)
      return (login: string) => users.get(login.toLowerCase())
    }),
    gitHubOf: Effect.fn("People.gitHubOf")(function* (repository, user) {
      const known = configured.gitHubOf(user) ?? (yield* linked).find((link) => link.user === user)?.login
      return known ?? (hasScope ? yield* quietly(Cache.get(logins, keyOf(repository, user))) : undefined)
    })
  }
})

const keyOf = (repository: RepositoryName, name: string) => `${repository} ${name}`

const partsOf = (key: string) => {
  const [repository = "", name = ""] = key.split(" ")
  return { repository: RepositoryName.make(repository), name }
}
