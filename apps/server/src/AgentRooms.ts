/** The agent's rooms, put together. Loaded only where there is somewhere to ask it. */
import * as GitHubCode from "@productbuilding/adapters/github/GitHubCode"
import * as GitHubIssues from "@productbuilding/adapters/github/GitHubIssues"
import * as GitHubMembers from "@productbuilding/adapters/github/GitHubMembers"
import * as MentionDelegate from "@productbuilding/adapters/github/MentionDelegate"
import * as AgentModels from "@productbuilding/adapters/models/AgentModels"
import { agentLayer, SlackThreads, specialistsLayer } from "@productbuilding/agent"
import { Effect, Layer } from "effect"
import * as PreviewDesk from "./PreviewDesk.ts"
import { makeSlackUrl } from "./SlackThreadUrl.ts"

const Host = MentionDelegate.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(GitHubCode.layer, GitHubIssues.layer, GitHubMembers.layer))
)

const Threads = Layer.effect(
  SlackThreads,
  Effect.map(makeSlackUrl, (url) => ({ url }))
)

/** Turns, their record and their budgets. Those that were open when the last server ended go on. */
export const layer = agentLayer.pipe(
  Layer.provide(specialistsLayer.pipe(Layer.provide(Threads))),
  Layer.provide(Layer.mergeAll(Host, PreviewDesk.layer, AgentModels.layerConfig))
)
