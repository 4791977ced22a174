/** The agent as the rest of the server sees it. */
import type { Budget, TurnDrafts, TurnStore, Turns } from "@productbuilding/agent"
import { Context, type Option } from "effect"

export interface AgentParts {
  readonly turns: Turns["Service"]
  readonly store: TurnStore["Service"]
  readonly budget: Budget["Service"]
  readonly drafts: TurnDrafts
}

/** None where nobody can ask: neither Slack nor a model is configured. */
export class Agent extends Context.Service<Agent, Option.Option<AgentParts>>()("@productbuilding/server/Agent") {}
