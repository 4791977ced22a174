/** The control API under `/_sandbox/model`: the controls, over HTTP. What is wrong with a body the controls say. */
import { Result, Schema } from "effect"
import type { ModelControl } from "../../ModelControl.ts"
import { ModelFault } from "../../ModelFaults.ts"
import { ModelMode, ModelRecording, ModelRule, ModelScript } from "../../ModelScript.ts"
import { SandboxRefused } from "../../SandboxControl.ts"

/** What it answers as JSON; `undefined` for nothing. */
type Handle = (body: unknown) => unknown

const withBody = <A, I>(schema: Schema.Codec<A, I>, handle: (body: A) => unknown): Handle => {
  const decode = Schema.decodeUnknownResult(schema)
  return (body) => {
    const valid = decode(body)
    if (Result.isFailure(valid)) throw new SandboxRefused({ message: valid.failure.message })
    return handle(valid.success)
  }
}

const Mode = Schema.Struct({ mode: ModelMode })

export const modelRoutes = (control: ModelControl): ReadonlyMap<string, Handle> =>
  new Map<string, Handle>([
    ["GET /mode", () => ({ mode: control.mode() })],
    ["PUT /mode", withBody(Mode, ({ mode }) => control.setMode(mode))],
    ["POST /scripts", withBody(ModelScript, (script) => control.script(script))],
    ["DELETE /scripts", () => control.clearScripts()],
    ["POST /rules", withBody(ModelRule, (rule) => control.rule(rule))],
    ["GET /calls", () => control.calls()],
    ["DELETE /calls", () => control.clearCalls()],
    ["GET /recording", () => control.recording()],
    ["PUT /recording", withBody(ModelRecording, (recording) => control.replay(recording))],
    ["POST /faults", withBody(ModelFault, (fault) => control.fault(fault))],
    ["DELETE /faults", () => control.clearFaults()],
    ["POST /settled", () => control.settled()]
  ])
