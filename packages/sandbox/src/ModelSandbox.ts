/**
 * A language model on this machine, over the HTTP of Anthropic, OpenAI and Gemini's compatible endpoint: no account, no
 * cost, and the same answers every time. Everything is in memory and gone when it stops.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import { Context, Layer } from "effect"
import { listen, running, type SandboxNotListening } from "./internal/listening.ts"
import { makeModelControl } from "./internal/model/control.ts"
import { makeModelListener } from "./internal/model/listener.ts"
import { makeModelState } from "./internal/model/state.ts"
import { nowMs } from "./internal/slack/state.ts"
import type { ModelControl } from "./ModelControl.ts"
import type { ModelMode, ModelRule, ModelScript } from "./ModelScript.ts"

/** How a sandbox is set up. */
export interface ModelSandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`: reachable from this machine alone, for the controls ask for no token. */
  readonly host?: string
  /** The keys that are accepted. Default: any, but there has to be one. */
  readonly apiKeys?: ReadonlyArray<string>
  /** The models that exist. Default: every name. */
  readonly models?: ReadonlyArray<string>
  /** Default `demo`. */
  readonly mode?: ModelMode
  /** To begin with. */
  readonly scripts?: ReadonlyArray<ModelScript>
  /** To begin with. */
  readonly rules?: ReadonlyArray<ModelRule>
  /** Between the pieces of a stream. Default 0. */
  readonly pieceDelayMs?: number
  /** How many requests are remembered. Default 500. */
  readonly maxCalls?: number
  /** Milliseconds since 1970, for timestamps, faults and the prompt cache. Default: the machine's clock. */
  readonly now?: () => number
}

/** A sandbox that listens. */
export interface RunningModelSandbox extends ModelControl {
  /** Ends it, with every connection and answer that is under way. */
  stop(): Promise<void>
}

/**
 * Starts a sandbox, without Effect. Rejects with Node's error, for example with the code `EADDRINUSE`, when it cannot
 * listen, and with `SandboxRefused` when a script or a rule makes no sense.
 */
export const startModelSandbox = async (options: ModelSandboxOptions = {}): Promise<RunningModelSandbox> => {
  let url = ""
  const state = makeModelState({
    url: () => url,
    now: options.now ?? nowMs,
    apiKeys: options.apiKeys,
    models: options.models,
    mode: options.mode ?? "demo",
    pieceDelayMs: options.pieceDelayMs ?? 0,
    maxCalls: options.maxCalls ?? 500
  })
  const control = makeModelControl(state)
  for (const script of options.scripts ?? []) control.script(script)
  for (const rule of options.rules ?? []) control.rule(rule)
  const server = createServer(makeModelListener(state, control))
  url = await listen(server, options)
  return {
    ...control,
    url,
    openAiUrl: `${url}/v1`,
    geminiUrl: `${url}/v1beta/openai`,
    stop: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

/** The sandbox as a service: its controls, in this process. */
export class ModelSandbox extends Context.Service<ModelSandbox, ModelControl>()(
  "@productbuilding/sandbox/ModelSandbox"
) {
  /** Listens for the life of the layer. */
  static readonly layer = (options: ModelSandboxOptions = {}): Layer.Layer<ModelSandbox, SandboxNotListening> =>
    Layer.effect(
      ModelSandbox,
      running(options, () => startModelSandbox(options))
    )
}
