/** What Slack lets us do, whether it can reach us, and how each project's channel is: for `doctor` and the dashboard. */
import {
  makeSlackProbe,
  type SlackAnswer,
  type SlackProbe,
  type SlackRefused
} from "@productbuilding/adapters/slack/SlackProbe"
import { channelOf, type SlackSettings } from "@productbuilding/adapters/slack/SlackSettings"
import type { Project } from "@productbuilding/core"
import { Effect, Option, Redacted, Schema } from "effect"
import type { HttpClient } from "effect/http"

/** One thing that was seen. */
export interface SlackFinding {
  /** `error`: nothing is told, or nothing comes in. */
  readonly level: "ok" | "warn" | "error"
  readonly found: string
  /** What to do about it. */
  readonly advice: string | null
}

/** One thing to look at. */
export interface SlackLook {
  readonly subject: "access" | "events" | "channels"
  readonly look: Effect.Effect<ReadonlyArray<SlackFinding>>
}

const ok = (found: string): SlackFinding => ({ level: "ok", found, advice: null })
const warn = (found: string, advice: string): SlackFinding => ({ level: "warn", found, advice })
const error = (found: string, advice: string): SlackFinding => ({ level: "error", found, advice })

const Self = Schema.Struct({ team: Schema.String, user: Schema.String, url: Schema.String })

/** The workspace, and who we are in it. */
export type SlackSelf = typeof Self.Type

const Channel = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  is_member: Schema.optionalKey(Schema.Boolean),
  is_archived: Schema.optionalKey(Schema.Boolean)
})
type Channel = typeof Channel.Type

const ChannelPage = Schema.Struct({
  channels: Schema.Array(Channel),
  response_metadata: Schema.optionalKey(Schema.Struct({ next_cursor: Schema.optionalKey(Schema.String) }))
})
const ChannelInfo = Schema.Struct({ channel: Channel })

/** What the server needs; each is the least that suffices. */
export const neededScopes = [
  "chat:write",
  "channels:read",
  "channels:history",
  "groups:read",
  "groups:history",
  "users:read"
]
/**
 * To find people by e-mail, and for the agent: to hear what is said to it alone, to be stopped by a reaction, and to show
 * that it works, as the status of a session or by a reaction.
 */
export const optionalScopes = [
  ...["app_mentions:read", "assistant:write", "im:history", "reactions:read", "reactions:write", "users:read.email"]
]

const scopeAdvice =
  "Add them on the app's page (api.slack.com/apps) under OAuth & Permissions, Bot Token Scopes, then reinstall the app."

/** Slack's words for a token that is of no use. https://docs.slack.dev/reference/methods/auth.test (read 2026-11-21) */
const deadTokens = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "not_allowed_token_type"
])

const refusedBy = (probe: SlackProbe, botToken: string, refused: SlackRefused): SlackFinding => {
  if (deadTokens.has(refused.error)) {
    return error(
      `Slack refuses SLACK_BOT_TOKEN (${refused.error}).`,
      botToken.startsWith("xoxb-")
        ? "Take the Bot User OAuth Token from the app's page, OAuth & Permissions; if it stays so, reinstall the app."
        : "It is no bot token: those begin with xoxb- and stand on the app's page under OAuth & Permissions."
    )
  }
  switch (refused.error) {
    case "ratelimited":
      return warn("Slack's rate limit is spent.", "Wait a minute, and try again.")
    case "no_answer":
      return error(
        `${probe.apiUrl} does not answer.`,
        "Check SLACK_API_URL, the network and the proxy of this machine."
      )
    default:
      return warn(
        `Slack answers ${refused.method} with what was not expected (${refused.error}).`,
        "Check SLACK_API_URL; if it is right, try again later."
      )
  }
}

/** What the token may do. */
export const judgeScopes = (scopes: ReadonlyArray<string>): SlackFinding => {
  const missing = neededScopes.filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) {
    return error(
      `The bot lacks ${missing.length === 1 ? "the scope" : "the scopes"} ${missing.join(", ")}.`,
      scopeAdvice
    )
  }
  const wished = optionalScopes.filter((scope) => !scopes.includes(scope))
  return ok(
    wished.length === 0
      ? "The bot has the scopes that it needs."
      : `The bot has the scopes that it needs; ${wished.join(", ")} is optional, and not there.`
  )
}

/** Slack's signatures are five minutes good. https://docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11-21) */
const signatureSeconds = 300

/** How far the clocks may be apart. */
export const judgeClock = (aheadMs: number): SlackFinding => {
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  const found = `This machine's clock is ${seconds} s ${aheadMs > 0 ? "behind" : "ahead of"} Slack's.`
  const advice = "Let the machine keep its time, for example with `timedatectl set-ntp true`."
  if (seconds >= signatureSeconds) return error(`${found} Every event of Slack is refused.`, advice)
  return seconds >= signatureSeconds / 5
    ? warn(`${found} From ${signatureSeconds} s on every event of Slack is refused.`, advice)
    : ok("This machine's clock agrees with Slack's.")
}

const lookAtToken = ({ aheadMs, data, scopes }: SlackAnswer<typeof Self.Type>): ReadonlyArray<SlackFinding> => [
  ok(`The token is that of @${data.user} in the workspace ${data.team}.`),
  scopes === undefined
    ? warn("Slack does not say which scopes the bot has.", `It needs ${neededScopes.join(", ")}.`)
    : judgeScopes(scopes),
  ...(aheadMs === undefined ? [] : [judgeClock(aheadMs)])
]

const isSet = (secret: Option.Option<Redacted.Redacted<string>>) =>
  Option.isSome(Option.filter(secret, (one) => Redacted.value(one) !== ""))

const lookAtWayIn = (
  { appToken, signingSecret }: SlackSettings,
  publicUrl: string | undefined
): ReadonlyArray<SlackFinding> => {
  const seen: Array<SlackFinding> = []
  if (isSet(appToken)) {
    const token = Option.getOrElse(Option.map(appToken, Redacted.value), () => "")
    seen.push(
      token.startsWith("xapp-")
        ? ok("Events come over Socket Mode.")
        : error(
            "SLACK_APP_TOKEN is no app-level token: those begin with xapp-.",
            "Make one on the app's page under Basic Information, App-Level Tokens, with the scope probes:write."
          )
    )
  }
  if (isSet(signingSecret)) {
    const address = `${publicUrl ?? "PUBLIC_URL"}/slack/events`
    seen.push(ok(`Signed events are taken at ${address}.`))
  }
  return seen.length > 0
    ? seen
    : [
        error(
          "Neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set, so nothing that is said in Slack comes in.",
          "Set SLACK_SIGNING_SECRET (Basic Information, App Credentials), or SLACK_APP_TOKEN for Socket Mode, which needs no public address."
        )
      ]
}

const isChannelId = (name: string) => /^[CDG][A-Z0-9]{6,}$/.test(name)

/** Every channel that the bot can see, by name; of two with the same name the one that is not archived. */
const listChannels = Effect.fnUntraced(function* (probe: SlackProbe) {
  const channels = new Map<string, Channel>()
  let cursor = ""
  do {
    const { data } = yield* probe.ask(
      "conversations.list",
      { limit: "1000", types: "public_channel,private_channel", ...(cursor === "" ? {} : { cursor }) },
      ChannelPage
    )
    for (const channel of data.channels) {
      if (channel.is_archived !== true || !channels.has(channel.name)) channels.set(channel.name, channel)
    }
    cursor = data.response_metadata?.next_cursor ?? ""
  } while (cursor !== "")
  return channels
})

const channelById = (probe: SlackProbe, id: string) =>
  probe.ask("conversations.info", { channel: id }, ChannelInfo).pipe(
    Effect.map(({ data }) => Option.some(data.channel)),
    Effect.catchIf(
      ({ error }) => error === "channel_not_found",
      () => Effect.succeedNone
    )
  )

const judgeChannel = (repository: string, name: string, bot: string, channel: Channel | undefined): SlackFinding => {
  if (channel === undefined) {
    return isChannelId(name)
      ? error(
          `The channel ${name} of ${repository} does not exist, or is private and the bot is not in it.`,
          `Correct slackChannel in the targets file, or type in the channel: /invite @${bot}`
        )
      : error(
          `The channel #${name} of ${repository} does not exist, or is private and the bot is not in it.`,
          `Create it, or name another as slackChannel in the targets file; then type in it: /invite @${bot}`
        )
  }
  const shown = `#${channel.name}`
  if (channel.is_archived === true) {
    return error(
      `The channel ${shown} of ${repository} is archived.`,
      "Unarchive it, or name another in the targets file."
    )
  }
  return channel.is_member === true
    ? ok(`The bot is in ${shown}, the channel of ${repository}.`)
    : error(`The bot is not in ${shown}, the channel of ${repository}.`, `Type in ${shown}: /invite @${bot}`)
}

const lookAtChannels = Effect.fnUntraced(function* (
  probe: SlackProbe,
  projects: ReadonlyArray<Project>,
  prefix: string,
  bot: string
) {
  const wanted = projects.map((project) => ({ repository: project.repository, name: channelOf(project, prefix) }))
  const listed = wanted.some(({ name }) => !isChannelId(name)) ? yield* listChannels(probe) : new Map<string, Channel>()
  return yield* Effect.forEach(
    wanted,
    ({ name, repository }) =>
      Effect.map(
        isChannelId(name) ? channelById(probe, name) : Effect.succeed(Option.fromUndefinedOr(listed.get(name))),
        (channel) => judgeChannel(repository, name, bot, Option.getOrUndefined(channel))
      ),
    { concurrency: 4 }
  )
})

/** What there is to look at. Nothing is asked before one looks; what several looks need is asked once. */
export const slackLooks = Effect.fnUntraced(function* (
  settings: SlackSettings,
  projects: ReadonlyArray<Project>,
  publicUrl: string | undefined
): Effect.fn.Return<
  { readonly looks: ReadonlyArray<SlackLook>; readonly self: Effect.Effect<Option.Option<SlackSelf>> },
  never,
  HttpClient.HttpClient
> {
  const probe = yield* makeSlackProbe(settings)
  const self = yield* Effect.cached(probe.ask("auth.test", {}, Self))
  const refusal = (refused: SlackRefused) => refusedBy(probe, Redacted.value(settings.botToken), refused)
  return {
    self: Effect.option(Effect.map(self, ({ data }) => data)),
    looks: [
      {
        subject: "access",
        look: Effect.match(self, { onFailure: (refused) => [refusal(refused)], onSuccess: lookAtToken })
      },
      { subject: "events", look: Effect.sync(() => lookAtWayIn(settings, publicUrl)) },
      {
        subject: "channels",
        look: Effect.matchEffect(self, {
          // The look at the access has said so.
          onFailure: () => Effect.succeed<ReadonlyArray<SlackFinding>>([]),
          onSuccess: ({ data }) =>
            lookAtChannels(probe, projects, settings.channelPrefix, data.user).pipe(
              Effect.catch((refused) => Effect.succeed(refused.error === "missing_scope" ? [] : [refusal(refused)]))
            )
        })
      }
    ]
  }
})
