/** Checks of what Slack lets us do, of whether it can reach us, and of each project's channel. */
import { settingsConfig } from "@productbuilding/adapters/slack/SlackSettings"
import type { Project } from "@productbuilding/core"
import { slackLooks } from "@productbuilding/server/SlackFindings"
import { Config, Effect, Option } from "effect"
import type { HttpClient } from "effect/http"
import { describeConfigError } from "../ConfigMessage.ts"
import { type Check, error, type Seen } from "./Finding.ts"

const access = (seen: Seen): ReadonlyArray<Check<never>> => [{ name: "Slack access", look: Effect.succeed([seen]) }]

/** What is of no use without a bot token. */
const companions = ["SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"]

const withoutToken = Effect.gen(function* () {
  const set = yield* Effect.filter(companions, (name) =>
    Effect.map(Effect.option(Config.NonEmptyString(name)), Option.isSome)
  )
  return set.length === 0
    ? []
    : access(
        error(
          `${set.join(" and ")} ${set.length === 1 ? "is" : "are"} set, but SLACK_BOT_TOKEN is not, so there is no Slack.`,
          "Set SLACK_BOT_TOKEN to the Bot User OAuth Token from the app's page (api.slack.com/apps), OAuth & Permissions."
        )
      )
})

/** Nothing where no variable of Slack's is set. */
export const slackChecks = Effect.fnUntraced(function* (
  projects: ReadonlyArray<Project>,
  publicUrl: string | undefined
): Effect.fn.Return<ReadonlyArray<Check<never>>, never, HttpClient.HttpClient> {
  const read = yield* Effect.result(settingsConfig)
  if (read._tag === "Failure") {
    return access(error(describeConfigError(read.failure), "Correct the variable that it names."))
  }
  if (Option.isNone(read.success)) return yield* withoutToken
  const { looks } = yield* slackLooks(read.success.value, projects, publicUrl)
  return looks.map(({ look, subject }) => ({ name: `Slack ${subject}`, look }))
})
