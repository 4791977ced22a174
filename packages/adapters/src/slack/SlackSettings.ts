/** How a server is connected to Slack, and which project has which channel. */
import type { Project } from "@productbuilding/core"
import { Config, Duration, Effect, Option, Redacted } from "effect"
import type { SlackOptions } from "./SlackClient.ts"

/** What a server knows of Slack before it asks. */
export interface SlackSettings extends SlackOptions {
  /** For requests that Slack sends to us. */
  readonly signingSecret: Option.Option<Redacted.Redacted<string>>
  /** For Socket Mode, which needs no public address. */
  readonly appToken: Option.Option<Redacted.Redacted<string>>
  /** A project without a channel of its own has the one named so and after its repository. */
  readonly channelPrefix: string
  /** What one person says below a card is one comment until they have been quiet for so long. */
  readonly replyWindow: Duration.Duration
}

/**
 * Reads `SLACK_BOT_TOKEN` (without it there is no Slack), `SLACK_SIGNING_SECRET`, `SLACK_APP_TOKEN`, `SLACK_API_URL`
 * (default Slack's own), `SLACK_CHANNEL_PREFIX` (`productbuilding-`) and `SLACK_REPLY_WINDOW` (15 seconds).
 */
export const settingsConfig: Effect.Effect<Option.Option<SlackSettings>, Config.ConfigError> = Effect.gen(function* () {
  const botToken = yield* Config.option(Config.Redacted("SLACK_BOT_TOKEN"))
  const apiUrl = yield* Config.option(Config.URL("SLACK_API_URL"))
  const settings = {
    signingSecret: yield* Config.option(Config.Redacted("SLACK_SIGNING_SECRET")),
    appToken: yield* Config.option(Config.Redacted("SLACK_APP_TOKEN")),
    channelPrefix: yield* Config.NonEmptyString("SLACK_CHANNEL_PREFIX").pipe(Config.withDefault("productbuilding-")),
    replyWindow: yield* Config.Duration("SLACK_REPLY_WINDOW").pipe(Config.withDefault(Duration.seconds(15))),
    ...Option.match(apiUrl, { onNone: () => ({}), onSome: (url) => ({ apiUrl: url.href.replace(/\/?$/, "/") }) })
  }
  return Option.map(
    Option.filter(botToken, (token) => Redacted.value(token) !== ""),
    (token) => ({ ...settings, botToken: token })
  )
})

/** The channel of a project, by id or by name without `#`: its own, or the one that is named after its repository. */
export const channelOf = (project: Project, prefix: string): string =>
  project.slackChannel?.replace(/^#/, "") ?? `${prefix}${project.repository.split("/")[1] ?? ""}`.toLowerCase()
