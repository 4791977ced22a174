/** Who on GitHub is who in Slack. */
import { Config, Effect, Option, Result, Schema } from "effect"

/** People by both of their names. */
export interface UserMap {
  /** The Slack user id of a GitHub login, in any case. */
  slackOf(login: string): string | undefined
  /** The GitHub login of a Slack user id. */
  gitHubOf(user: string): string | undefined
}

/** `SLACK_USERS` is not what it should be. Fails the boot. */
export class UserMapInvalid extends Schema.TaggedError<UserMapInvalid>()("UserMapInvalid", { found: Schema.String }) {
  override get message(): string {
    return `SLACK_USERS has “${this.found}” where a pair is wanted: a GitHub login, =, and a Slack member id, for example ada=U012ABC,grace=W345DEF.`
  }
}

const pair = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:_[A-Za-z0-9]+)?)=([UW][A-Z0-9]{2,})$/

/** Reads pairs such as `ada=U012ABC`, separated by commas. The last pair of a login counts. */
export const parseUserMap = (text: string): Result.Result<UserMap, UserMapInvalid> => {
  const slack = new Map<string, string>()
  const gitHub = new Map<string, string>()
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue
    const [, login, user] = pair.exec(part) ?? []
    if (login === undefined || user === undefined) return Result.fail(new UserMapInvalid({ found: part.slice(0, 80) }))
    slack.set(login.toLowerCase(), user)
    gitHub.set(user, login)
  }
  return Result.succeed({
    slackOf: (login) => slack.get(login.toLowerCase()),
    gitHubOf: (user) => gitHub.get(user)
  })
}

/** Reads `SLACK_USERS`; without it nobody is known. */
export const userMapConfig: Effect.Effect<UserMap, Config.ConfigError | UserMapInvalid> = Effect.gen(function* () {
  const text = yield* Config.option(Config.String("SLACK_USERS"))
  return yield* Effect.fromResult(parseUserMap(Option.getOrElse(text, () => "")))
})
