/** The connection to Slack, if one is configured: settings, workspace, and which project has which channel. */

import { repositoryUrl } from "@productbuilding/adapters/github/GitHubWeb"
import type { People } from "@productbuilding/adapters/slack/People"
import { channelOf, type SlackSettings, settingsConfig } from "@productbuilding/adapters/slack/SlackSettings"
import type { Channels, Policies } from "@productbuilding/adapters/slack/SlackSink"
import type { SlackWorkspace } from "@productbuilding/adapters/slack/SlackWorkspace"
import { type UserMap, type UserMapInvalid, userMapConfig } from "@productbuilding/adapters/slack/UserMap"
import { type CodeHost, type EventRoute, ProjectRegistry, UserLinks } from "@productbuilding/core"
import { type Config, Context, Effect, Layer, Option } from "effect"
import { Agent } from "./AgentPort.ts"

// NOTE: the vendor's SDK is loaded only where it is used: without Slack it would be a tenth of the memory.
const loadAgent = Effect.promise(() => import("@productbuilding/agent"))
const loadPeople = Effect.promise(() => import("@productbuilding/adapters/slack/People"))
const loadDraftSlots = Effect.promise(() => import("@productbuilding/adapters/slack/DraftSlots"))
const loadSink = Effect.promise(() => import("@productbuilding/adapters/slack/SlackSink"))
const loadSocket = Effect.promise(() => import("@productbuilding/adapters/slack/SlackSocket"))
const loadWorkspace = Effect.promise(() => import("@productbuilding/adapters/slack/SlackWorkspace"))
const loadTurnRoute = Effect.promise(() => import("@productbuilding/adapters/slack/TurnRoute"))
const loadTurnSink = Effect.promise(() => import("@productbuilding/adapters/slack/TurnSink"))
const loadAgentMessages = Effect.promise(() => import("@productbuilding/adapters/slack/AgentMessages"))
const loadReplies = Effect.promise(() => import("@productbuilding/adapters/slack/ThreadReplies"))

export class Slack extends Context.Service<
  Slack,
  {
    readonly settings: Option.Option<SlackSettings>
    readonly workspace: Option.Option<SlackWorkspace>
    readonly channels: Channels
    readonly policies: Policies
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
      const policies: Policies = (repository) => Option.getOrUndefined(registry.find(repository))?.notifications ?? {}
      const users = yield* userMapConfig
      if (Option.isNone(settings)) {
        return Slack.of({ settings, workspace: Option.none(), channels: () => undefined, policies, users, routes: [] })
      }
      const { channelPrefix } = settings.value
      const channels: Channels = (repository) =>
        Option.getOrUndefined(Option.map(registry.find(repository), (project) => channelOf(project, channelPrefix)))
      const { routeTo } = yield* loadSink
      const { route } = yield* loadTurnRoute
      const workspace = yield* loadWorkspace
      return Slack.of({
        settings,
        workspace: Option.some(yield* workspace.make(settings.value)),
        channels,
        policies,
        users,
        routes: [routeTo(channels, policies), route]
      })
    })
  )
}

/** Who is who, where there is a workspace; all ask the same, so that nobody is looked up twice. */
export class SlackPeople extends Context.Service<SlackPeople, Option.Option<People>>()(
  "@productbuilding/server/SlackPeople"
) {
  static readonly layer: Layer.Layer<SlackPeople, never, Slack | CodeHost | UserLinks> = Layer.effect(
    SlackPeople,
    Effect.gen(function* () {
      const { users, workspace } = yield* Slack
      if (Option.isNone(workspace)) return Option.none()
      const { make } = yield* loadPeople
      return Option.some(yield* make(workspace.value.client, users))
    })
  )
}

/** The sink, where there is a workspace. */
export const sinks = Effect.gen(function* () {
  const { channels, policies, users, workspace } = yield* Slack
  const people = yield* SlackPeople
  if (Option.isNone(workspace) || Option.isNone(people)) return []
  const { make } = yield* loadSink
  const agent = yield* Agent
  const options = { channels, policies, people: people.value }
  if (Option.isNone(agent)) return [yield* make(workspace.value, options)]
  const { TurnDrafts, TurnStore } = yield* loadAgent
  const turnSink = yield* loadTurnSink
  const userOf = (login: string) => users.slackOf(login)
  const turns = yield* turnSink
    .make(workspace.value, { userOf, linkBase: yield* repositoryUrl })
    .pipe(Effect.provideService(TurnStore, agent.value.store), Effect.provideService(TurnDrafts, agent.value.drafts))
  return [yield* make(workspace.value, { ...options, turns })]
})

/** Shows what the agent is writing, where there is a workspace. */
export const drafts = Layer.unwrap(
  Effect.gen(function* () {
    const { workspace } = yield* Slack
    const agent = yield* Agent
    if (Option.isNone(workspace) || Option.isNone(agent)) return Layer.empty
    const { TurnDrafts, TurnStore } = yield* loadAgent
    const { layer } = yield* loadDraftSlots
    const { drafts, store } = agent.value
    return layer.pipe(Layer.provide([Layer.succeed(TurnDrafts, drafts), Layer.succeed(TurnStore, store)]))
  })
)

/** What takes deliveries of Slack, where there is a workspace. */
export const handlers = Effect.gen(function* () {
  const { channels, users, workspace } = yield* Slack
  const people = yield* SlackPeople
  if (Option.isNone(workspace) || Option.isNone(people)) return []
  const replies = yield* loadReplies
  const agent = yield* Agent
  const handler = yield* replies.make(workspace.value, people.value)
  if (Option.isNone(agent)) return [handler]
  const messages = yield* loadAgentMessages
  const { store, turns } = agent.value
  const links = yield* UserLinks
  const loginOf = (user: string) => {
    const configured = users.gitHubOf(user)
    return configured === undefined
      ? links.list.pipe(
          Effect.map((all) => all.find((link) => link.user === user)?.login),
          Effect.tapError((error) => Effect.logWarning("The links of people cannot be read", error)),
          // NOTE: whoever is not known may read only.
          Effect.orElseSucceed(() => undefined)
        )
      : Effect.succeed(configured)
  }
  return [handler, ...(yield* messages.make({ workspace: workspace.value, turns, store, loginOf, channels }))]
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
