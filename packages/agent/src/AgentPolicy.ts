/** What a proposed call needs before it runs: nothing, somebody's consent, or it does not run at all. */
import type { AgentRules, RepositoryName, ThreadId } from "@productbuilding/core"
import { sameRepository } from "@productbuilding/core"
import type { AgentTool, PreparedCall } from "./AgentTool.ts"
import type { Asker } from "./Conversation.ts"
import { includes, type Permission } from "./Members.ts"

/** One project's rules, whole. */
export type AgentPolicy = Required<AgentRules>

/** What counts where a project says nothing. */
export const defaultPolicy: AgentPolicy = {
  repositories: [],
  labels: null,
  maxWritesPerTurn: 10,
  planFrom: 2,
  guests: false,
  sharedChannels: false
}

/** A project's rules over the defaults. */
export const policyOf = (rules: AgentRules = {}): AgentPolicy => ({ ...defaultPolicy, ...rules })

export type Verdict =
  | { readonly kind: "allow" }
  | { readonly kind: "ask"; readonly permission: Exclude<Permission, "none" | "read"> }
  | { readonly kind: "deny"; readonly reason: string }

/** Why an asker is not answered at all, for them to read; `undefined` if they are. */
export const refusalOf = (policy: AgentPolicy, asker: Asker): string | undefined => {
  if (asker.guest && !policy.guests) return "Guests of this workspace cannot ask me. Somebody of the team can."
  if (asker.sharedChannel && !policy.sharedChannels) {
    return "This channel is shared with another organisation, so I do not act here. Ask me in one of your own."
  }
  return undefined
}

/** What is known when a call is judged. */
export interface Circumstances {
  readonly policy: AgentPolicy
  /** The conversation's own. */
  readonly repository: RepositoryName | null
  readonly asker: Asker
  /** The asker's own permission in the call's repository, looked up now. */
  readonly permission: Permission
  /** Writes that this turn has done or asks for, and that were proposed together with this one. */
  readonly writesDone: number
  readonly writesTogether: number
  /** Whether the model has read what others wrote: from a tool, in a quotation, or earlier in the conversation. */
  readonly readOutside: boolean
  /** Threads that the asker has chosen: the conversation's own, and those that their own words name. */
  readonly threads: ReadonlyArray<ThreadId>
}

const sameThread = (left: ThreadId, right: ThreadId | null): boolean => left.toLowerCase() === right?.toLowerCase()

/** Why these labels may not be set, for people and models to read; `undefined` if they may. */
export const refusedLabel = ({ labels: allowed }: AgentPolicy, labels: ReadonlyArray<string>): string | undefined => {
  const refused = allowed === null ? undefined : labels.find((label) => !allowed.includes(label))
  return refused === undefined
    ? undefined
    : `The label ${refused} may not be set here. Allowed: ${allowed?.join(", ") || "none"}.`
}

const deny = (reason: string): Verdict => ({ kind: "deny", reason })

/** Whether a call may run. Only code decides here: nothing that a model says has any weight. */
export const judge = (
  tool: Pick<AgentTool, "name" | "effect" | "permission">,
  call: Pick<PreparedCall, "repository" | "target" | "labels">,
  circumstances: Circumstances
): Verdict => {
  const { asker, permission, policy, readOutside, repository, threads, writesDone, writesTogether } = circumstances
  if (call.repository === null) return deny("No repository belongs to this place. Name one, as owner/name.")
  const target = call.repository
  const own = repository !== null && sameRepository(target, repository)
  if (!own && !policy.repositories.some((one) => sameRepository(one, target))) {
    return deny(`${target} is not a repository that this conversation may use.`)
  }
  if (tool.effect === "read") return { kind: "allow" }
  if (asker.login === null) {
    return deny(
      `Nobody has told me which account on the code host ${asker.name} has, so I cannot tell what they may do. An operator can link it.`
    )
  }
  if (!includes(permission, tool.permission)) {
    return deny(
      `${asker.login} has the permission "${permission}" in ${target}; ${tool.name} needs "${tool.permission}".`
    )
  }
  const label = refusedLabel(policy, call.labels)
  if (label !== undefined) return deny(label)
  if (writesDone >= policy.maxWritesPerTurn) {
    return deny(
      `This turn has made or proposed ${writesDone} changes, which is as many as one may. Ask again for the rest.`
    )
  }
  const consent: Verdict = {
    kind: "ask",
    permission: tool.permission === "none" || tool.permission === "read" ? "triage" : tool.permission
  }
  if (tool.effect === "destructive") return consent
  if (writesTogether >= policy.planFrom) return consent
  if (!readOutside) return { kind: "allow" }
  // NOTE: what others wrote may have told the model to do it. Then one note may be made without a person looking at it,
  // where the asker has chosen: a new issue, or a thread that is theirs or that they named.
  const isChosen = call.target === null || threads.some((one) => sameThread(one, call.target))
  const isFirst = writesDone + writesTogether < policy.planFrom
  return tool.effect === "note" && isChosen && isFirst ? { kind: "allow" } : consent
}
