/** How a model sandbox is steered from within its process. */
import type { ModelFault } from "./ModelFaults.ts"
import type { ModelMode, ModelRecording, ModelRule, ModelScript } from "./ModelScript.ts"
import type { ModelCalls } from "./ModelState.ts"

/**
 * The sandbox's own controls. What answers a request is, in this order: a fault, in the mode `obey` an instruction found in
 * the request, the recording, the oldest script that has a turn left for the conversation, the oldest rule that matches,
 * and what the mode does by itself.
 *
 * Every method that is given something throws `SandboxRefused` when it makes no sense.
 */
export interface ModelControl {
  /** Where its page is, and `baseURL` of `@anthropic-ai/sdk`. No slash at its end. */
  readonly url: string
  /** `baseURL` of `openai`. */
  readonly openAiUrl: string
  /** `baseURL` of `openai` for Gemini's compatible endpoint. */
  readonly geminiUrl: string
  /** Adds a script. */
  script(script: ModelScript): void
  /** Adds a rule. */
  rule(rule: ModelRule): void
  /** Forgets scripts, rules and the recording. */
  clearScripts(): void
  mode(): ModelMode
  setMode(mode: ModelMode): void
  calls(): ModelCalls
  /** Forgets those that have ended. */
  clearCalls(): void
  /** Every answer that is still remembered and was no error, to be given again by `replay`. */
  recording(): ModelRecording
  /**
   * From now on only what is recorded is answered: the same question gets the same answer, and one that was recorded
   * several times gets its answers in their order, the last of them again and again. Any other is a 400.
   */
  replay(recording: ModelRecording): void
  fault(fault: ModelFault): void
  /** Forgets the faults that are left. Requests that hang stay without an answer. */
  clearFaults(): void
  /** Resolves when no request is under way. Those that a fault made hang do not count. */
  settled(): Promise<void>
}
