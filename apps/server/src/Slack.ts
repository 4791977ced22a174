/** The connection to Slack, if one is configured: settings, workspace, and which project has which channel. */

import { channelOf, type SlackSettings, settingsConfig } from "@productbuilding/adapters/slack/SlackSettings"
import type { Channels } from "@productbuilding/adapters/slack/SlackSink"
import type { SlackWorkspace } from "@productbuilding/adapters/slack/SlackWorkspace"
import { type UserMap, type UserMapInvalid, userMapConfig } from "@productbuilding/adapters/slack/UserMap"
import { type EventRoute, ProjectRegistry } from "@productbuilding/core"
import { type Config, Context, Effect, Layer, Option } from "effect"

// NOTE: the vendor's SDK is loaded only where it is used: without Slack it would be a tenth of the memory.
const loadSink = Effect.promise(() => import("@productbuilding/adapters/slack/SlackSink"))
const loadSocket = Effect.promise(() => import("@productbuilding/adapters/slack/SlackSocket"))
const loadWorkspace = Effect.promise(() => import("@productbuilding/adapters/slack/SlackWorkspace"))
const loadReplies = Effect.promise(() => import("@productbuilding/adapters/slack/ThreadReplies"))

export class Slack extends Context.Service<
  Slack,
  {
    readonly settings: Option.Option<SlackSettings>
    readonly workspace: Option.Option<SlackWorkspace>
    readonly channels: Channels
    readonly users: UserMap
    /** What events mean to Slack: nothing without it. */
    readonly routes: ReadonlyArray<EventRoute>
  }
>()("@productbuilding/server/Slack") {
  /** Reads the variables of `settingsConfig`, and `SLACK_USERS`. */
  static readonly layer: Layer.Layer<Slack, Config.ConfigError | UserMapInvalid, ProjectRegistry> = Layer.effect(
    Slack,
    Effect.gen(function* () {
      const registry = yield* ProjectRegistry
      const settings = yield* settingsConfig
      const users = yield* userMapConfig
      if (Option.isNone(settings)) {
        return Slack.of({ settings, workspace: Option.none(), channels: () => undefined, users, routes: [] })
      }
      const { channelPrefix } = settings.value
      const channels: Channels = (repository) =>
        Option.getOrUndefined(Option.map(registry.find(repository), (project) => channelOf(project, channelPrefix)))
      const { routeTo } = yield* loadSink
      const workspace = yield* loadWorkspace
      return Slack.of({
        settings,
        workspace: Option.some(yield* workspace.make(settings.value)),
        channels,
        users,
        routes: [routeTo(channels)]
      })
    })
  )
}

/** The sink, where there is a workspace. */
export const sinks = Effect.gen(function* () {
  const { channels, users, workspace } = yield* Slack
  if (Option.isNone(workspace)) return []
  const { make } = yield* loadSink
  return [yield* make(workspace.value, { channels, userOf: (login) => users.slackOf(login) })]
})

/** What takes deliveries of Slack, where there is a workspace. */
export const handlers = Effect.gen(function* () {
  const { users, workspace } = yield* Slack
  if (Option.isNone(workspace)) return []
  const { make } = yield* loadReplies
  return [yield* make(workspace.value, users)]
})

/** Sockets, where there is a token for them. */
export const socket = Layer.unwrap(
  Effect.gen(function* () {
    const { settings } = yield* Slack
    if (Option.isNone(settings) || Option.isNone(settings.value.appToken)) return Layer.empty
    const { apiUrl, appToken } = settings.value
    const { layer } = yield* loadSocket
    return layer({ appToken: appToken.value, ...(apiUrl === undefined ? {} : { apiUrl }) })
  })
)
