/** The controls of a model sandbox. */
import { Result, Schema } from "effect"
import type { ModelControl } from "../../ModelControl.ts"
import { ModelFault } from "../../ModelFaults.ts"
import { ModelMode, ModelRecording, ModelRule, ModelScript, type ModelTurn } from "../../ModelScript.ts"
import type { ModelReply } from "../../ModelState.ts"
import { SandboxRefused } from "../../SandboxControl.ts"
import { keyOf } from "./decide.ts"
import type { ModelWorkspace, Replay } from "./state.ts"

const checked = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (given: unknown): A => {
    const valid = decode(given)
    if (Result.isFailure(valid)) throw new SandboxRefused({ message: valid.failure.message })
    return valid.success
  }
}

const checkScript = checked(ModelScript)
const checkRule = checked(ModelRule)
const checkFault = checked(ModelFault)
const checkMode = checked(ModelMode)
const checkRecording = checked(ModelRecording)

const turnOf = ({ finish, text, toolCalls, usage }: ModelReply): ModelTurn => ({
  finish,
  text,
  toolCalls,
  outputTokens: usage.outputTokens
})

export const makeModelControl = (state: ModelWorkspace): ModelControl => ({
  get url() {
    return state.url()
  },
  get openAiUrl() {
    return `${state.url()}/v1`
  },
  get geminiUrl() {
    return `${state.url()}/v1beta/openai`
  },
  script: (script) => void state.scripts.push({ script: checkScript(script), cursors: new Map() }),
  rule: (rule) => {
    const valid = checkRule(rule)
    state.rules.push({ rule: valid, left: valid.times ?? Number.POSITIVE_INFINITY })
  },
  clearScripts: () => {
    state.scripts.length = 0
    state.rules.length = 0
    state.setReplay(undefined)
  },
  mode: state.mode,
  setMode: (mode) => state.setMode(checkMode(mode)),
  calls: () => ({
    list: state.calls.map((call) => ({ ...call })),
    total: state.total(),
    open: state.calls.filter(({ tookMs }) => tookMs === null).length
  }),
  clearCalls: () => {
    const open = state.calls.filter(({ tookMs }) => tookMs === null)
    state.calls.splice(0, state.calls.length, ...open)
    state.changed()
  },
  recording: () =>
    state.calls.flatMap(({ complete, reply, request }) =>
      complete && reply !== null && request !== null ? [{ key: keyOf(request), turn: turnOf(reply) }] : []
    ),
  replay: (recording) => {
    const turns = Map.groupBy(checkRecording(recording), ({ key }) => key)
    state.setReplay(
      new Map(
        Array.from(turns, ([key, all]): [string, Replay] => [key, { turns: all.map(({ turn }) => turn), next: 0 }])
      )
    )
  },
  fault: (fault) => {
    const valid = checkFault(fault)
    state.faults.push({
      fault: valid,
      left: valid.times ?? Number.POSITIVE_INFINITY,
      untilMs: valid.forMs === undefined ? Number.POSITIVE_INFINITY : state.now() + valid.forMs
    })
  },
  clearFaults: () => {
    state.faults.length = 0
  },
  settled: () =>
    new Promise((resolve) => {
      const look = () => {
        if (state.calls.some(({ tookMs }) => tookMs === null)) return
        state.watchers.delete(look)
        resolve()
      }
      state.watchers.add(look)
      look()
    })
})
