/** What is answered: a script's turn, a rule's, a recorded one, or what the mode does by itself. */
import { createHash } from "node:crypto"
import type { ModelMatch, ModelTurn } from "../../ModelScript.ts"
import type { ModelRequest } from "../../ModelState.ts"
import { Refused } from "./ask.ts"
import { demo, lastAsked } from "./mind/demo.ts"
import { obey } from "./mind/obey.ts"
import type { ModelWorkspace } from "./state.ts"

export interface Decision {
  readonly turn: ModelTurn
  readonly because: string
  /** Takes back what was used up, where the answer did not go out whole. */
  readonly undo: () => void
}

const nothing = () => undefined

/** What makes a question the same as an earlier one. */
export const keyOf = ({ messages, schema, system, toolChoice, tools }: ModelRequest): string => {
  const said = messages.map(({ role, text, toolCalls, toolName }) => [role, text, toolCalls, toolName])
  return createHash("sha256")
    .update(JSON.stringify([system, said, tools, toolChoice, schema]))
    .digest("hex")
}

const has = (pattern: string, text: string) => new RegExp(pattern, "i").test(text)

/** Whether all that a match asks for holds. */
export const holds = (when: ModelMatch, request: ModelRequest): boolean => {
  const { since, text } = lastAsked(request)
  const results = since.filter(({ role }) => role === "tool")
  const everything = () => [request.system, ...request.messages.map((one) => one.text)].join("\n")
  return (
    (when.api === undefined || when.api === request.api) &&
    (when.model === undefined || has(when.model, request.model)) &&
    (when.text === undefined || has(when.text, text)) &&
    (when.system === undefined || has(when.system, request.system)) &&
    (when.anywhere === undefined || has(when.anywhere, everything())) &&
    (when.tools === undefined || when.tools.every((name) => request.tools.some((tool) => tool.name === name))) &&
    (when.resultOf === undefined || results.some(({ toolName }) => toolName === when.resultOf)) &&
    (when.result === undefined || results.some((one) => has(when.result ?? "", one.text))) &&
    (when.hasResult === undefined || when.hasResult === results.length > 0) &&
    (when.structured === undefined || when.structured === (request.schema !== null))
  )
}

const conversationOf = ({ messages }: ModelRequest): string => messages.find(({ role }) => role === "user")?.text ?? ""

const replayed = (state: ModelWorkspace, request: ModelRequest): Decision | undefined => {
  const replay = state.replay()
  if (replay === undefined) return undefined
  const found = replay.get(keyOf(request))
  const turn = found?.turns[Math.min(found.next, found.turns.length - 1)]
  if (found === undefined || turn === undefined) {
    throw new Refused(400, "The recording that is replayed has no answer to this request.")
  }
  const { next } = found
  found.next = next + 1
  const undo = () => {
    found.next = Math.min(found.next, next)
  }
  return { turn, because: "replay", undo }
}

const scripted = (state: ModelWorkspace, request: ModelRequest): Decision | undefined => {
  for (const { cursors, script } of state.scripts) {
    if (script.when !== undefined && !holds(script.when, request)) continue
    const conversation = script.shared === true ? "" : conversationOf(request)
    const at = cursors.get(conversation) ?? 0
    const turn = script.turns[at]
    if (turn === undefined) continue
    cursors.set(conversation, at + 1)
    const undo = () => {
      if (cursors.get(conversation) === at + 1) cursors.set(conversation, at)
    }
    return { turn, because: "script", undo }
  }
  return undefined
}

const ruled = (state: ModelWorkspace, request: ModelRequest): Decision | undefined => {
  const active = state.rules.find(({ left, rule }) => left > 0 && holds(rule.when, request))
  if (active === undefined) return undefined
  active.left--
  return { turn: active.rule.answer, because: "rule", undo: () => void active.left++ }
}

export const decide = (state: ModelWorkspace, request: ModelRequest): Decision => {
  const obeyed = state.mode() === "obey" ? obey(request) : undefined
  if (obeyed !== undefined) return { turn: obeyed, because: "obeyed", undo: nothing }
  return (
    replayed(state, request) ??
    scripted(state, request) ??
    ruled(state, request) ?? { turn: demo(request), because: "demo", undo: nothing }
  )
}
