/** What we know of a workspace: who we are there, its channels by name, its people. Asked once, and again when it may have changed. */
import { NeverPossible, SinkError } from "@productbuilding/core"
import { Cache, Duration, Effect, Exit, Option } from "effect"
import { callSlack, makeClient, type SlackClient, type SlackOptions, sinkName } from "./SlackClient.ts"
import type { OwnIdentity } from "./SlackMessage.ts"

const isChannelId = (name: string) => /^[CDG][A-Z0-9]{6,}$/.test(name)

/** A workspace, through its client. */
export interface SlackWorkspace {
  readonly client: SlackClient
  readonly identity: Effect.Effect<OwnIdentity, SinkError>
  /** The id of a channel. Fails with `NeverPossible` where no channel that we can see has the name. */
  channelId(name: string): Effect.Effect<string, SinkError>
  /** How people are called there; the id of whom we cannot see. */
  userName(id: string): Effect.Effect<string>
  /**
   * Somebody's name, and whether they are a guest. `guest` is true as well for whoever is of another workspace, or whom Slack
   * does not let us see. Fails where Slack does not answer: nobody is trusted, nor refused, for want of an answer.
   * https://docs.slack.dev/reference/objects/user-object (read 2026-11-21)
   */
  user(id: string): Effect.Effect<{ readonly name: string; readonly guest: boolean }, SinkError>
}

/** Remembers what succeeded; what failed is asked again. */
const remembered = (timeToLive: Duration.Duration) => ({
  capacity: 10_000,
  timeToLive: (exit: Exit.Exit<unknown, unknown>) => (Exit.isSuccess(exit) ? timeToLive : Duration.zero)
})

/** A workspace with the given credentials. Nothing is asked before it is needed. */
export const make = Effect.fnUntraced(function* (options: SlackOptions): Effect.fn.Return<SlackWorkspace> {
  const client = makeClient(options)

  const findChannel = Effect.fnUntraced(function* (name: string) {
    let cursor: string | undefined
    do {
      const page = yield* callSlack(() =>
        client.conversations.list({
          limit: 1000,
          exclude_archived: true,
          types: "public_channel,private_channel",
          ...(cursor === undefined ? {} : { cursor })
        })
      )
      const id = page.channels?.find((channel) => channel.name === name)?.id
      if (id !== undefined) return id
      const next = page.response_metadata?.next_cursor
      cursor = next === "" ? undefined : next
    } while (cursor !== undefined)
    return yield* new SinkError({
      sink: sinkName,
      reason: new NeverPossible({
        detail: `there is no channel #${name} that the bot can see: create it and invite the bot`
      })
    })
  })

  const channels = yield* Cache.makeWith(findChannel, remembered(Duration.minutes(10)))
  const identities = yield* Cache.makeWith(
    Effect.fnUntraced(function* (_: "self") {
      const self = yield* callSlack(() => client.auth.test())
      const bot = self.bot_id
      const app = bot === undefined ? undefined : yield* callSlack(() => client.bots.info({ bot })).pipe(Effect.option)
      const appId = Option.getOrUndefined(Option.fromUndefinedOr(app).pipe(Option.flatten))?.bot?.app_id ?? ""
      return { botUserId: self.user_id ?? "", botId: bot ?? "", appId }
    }),
    remembered(Duration.hours(1))
  )
  const users = yield* Cache.makeWith(
    (user: string) =>
      Effect.map(
        callSlack(() => client.users.info({ user })),
        ({ user: found }) => {
          const display = found?.profile?.display_name
          return {
            name: (display === "" ? undefined : display) ?? found?.real_name ?? found?.name ?? user,
            guest:
              found === undefined ||
              found.is_restricted === true ||
              found.is_ultra_restricted === true ||
              found.is_stranger === true
          }
        }
      ),
    remembered(Duration.minutes(10))
  )
  const userOf = (id: string): Effect.Effect<{ readonly name: string; readonly guest: boolean }, SinkError> =>
    Effect.catchIf(
      Cache.get(users, id),
      ({ reason }: SinkError) => reason._tag === "NeverPossible",
      () => Effect.succeed({ name: id, guest: true })
    )
  return {
    client,
    identity: Cache.get(identities, "self"),
    channelId: (name) => (isChannelId(name) ? Effect.succeed(name) : Cache.get(channels, name)),
    user: userOf,
    userName: (id) =>
      Effect.orElseSucceed(
        Effect.map(userOf(id), ({ name }) => name),
        () => id
      )
  }
})
