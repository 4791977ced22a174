/** What a model sandbox remembers. */
import type { ModelFault } from "../../ModelFaults.ts"
import type { ModelMode, ModelRule, ModelScript, ModelTurn } from "../../ModelScript.ts"
import type { ModelCall } from "../../ModelState.ts"
import type { Fields } from "../slack/values.ts"

export interface ModelSettings {
  /** The base URL, once the sandbox listens. */
  readonly url: () => string
  readonly now: () => number
  /** `undefined` accepts any key. */
  readonly apiKeys: ReadonlyArray<string> | undefined
  /** `undefined` knows every model. */
  readonly models: ReadonlyArray<string> | undefined
  readonly mode: ModelMode
  readonly pieceDelayMs: number
  readonly maxCalls: number
}

/** A call that may be under way. */
export type OpenCall = { -readonly [Name in keyof ModelCall]: ModelCall[Name] }

export interface ActiveScript {
  readonly script: ModelScript
  /** By conversation: how many turns have been used up. */
  readonly cursors: Map<string, number>
}

export interface ActiveRule {
  readonly rule: ModelRule
  left: number
}

export interface ActiveFault {
  readonly fault: ModelFault
  left: number
  readonly untilMs: number
}

export interface Replay {
  readonly turns: ReadonlyArray<ModelTurn>
  next: number
}

/** An empty memory. */
export const makeModelState = (settings: ModelSettings) => {
  const calls: Array<OpenCall> = []
  const scripts: Array<ActiveScript> = []
  const rules: Array<ActiveRule> = []
  const faults: Array<ActiveFault> = []
  const watchers = new Set<() => void>()
  let total = 0
  let mode = settings.mode
  let replay: Map<string, Replay> | undefined

  const changed = () => {
    for (const tell of watchers) tell()
  }

  return {
    ...settings,
    calls,
    watchers,
    scripts,
    rules,
    faults,
    changed,
    mode: () => mode,
    setMode: (next: ModelMode) => {
      mode = next
      changed()
    },
    replay: () => replay,
    setReplay: (next: Map<string, Replay> | undefined) => {
      replay = next
    },
    total: () => total,
    /** Begins to remember a request, and forgets the oldest that has ended. */
    begin: (path: string, body: Fields | null): OpenCall => {
      const call: OpenCall = {
        id: ++total,
        atMs: settings.now(),
        tookMs: null,
        path,
        request: null,
        body,
        status: 0,
        reply: null,
        because: "",
        error: null,
        complete: false
      }
      calls.push(call)
      while (calls.length > settings.maxCalls) {
        const ended = calls.findIndex(({ tookMs }) => tookMs !== null)
        if (ended < 0) break
        calls.splice(ended, 1)
      }
      changed()
      return call
    },
    /** Ends it, however it went. */
    end: (call: OpenCall) => {
      call.tookMs = settings.now() - call.atMs
      changed()
    }
  }
}

export type ModelWorkspace = ReturnType<typeof makeModelState>
