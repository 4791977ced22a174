/** A sandbox for one test, and the vendors' own clients that talk to it. */
import Anthropic from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI from "openai"
import { type ModelSandboxOptions, type RunningModelSandbox, startModelSandbox } from "../../../src/index.ts"
import { complaintsAbout, type Declared } from "./Declarations.ts"

/** With clients that neither retry nor wait. Every answer and every event is checked against its declared type. */
export interface Models extends RunningModelSandbox {
  readonly anthropic: Anthropic
  readonly openai: OpenAI
  readonly gemini: OpenAI
  readonly complaints: Array<string>
}

const declaredFor = (path: string, streams: boolean): Declared | undefined => {
  if (path.endsWith("/v1/messages")) return streams ? "RawMessageStreamEvent" : "Message"
  if (path.endsWith("/count_tokens")) return "MessageTokensCount"
  if (path.endsWith("/chat/completions")) return streams ? "ChatCompletionChunk" : "ChatCompletion"
  if (path.endsWith("/responses")) return streams ? "ResponseStreamEvent" : "Response"
  return undefined
}

const eventsOf = (text: string): ReadonlyArray<unknown> =>
  Array.from(text.matchAll(/^data: (\{.*\})$/gm), ([, json = ""]): unknown => JSON.parse(json))

/** What the SDKs know besides what they declare: pings, and errors in the middle of a stream. */
const isUndeclared = (event: unknown) =>
  typeof event === "object" &&
  event !== null &&
  (("type" in event && event.type === "ping") || ("error" in event && !("sequence_number" in event)))

const clientsOf = (sandbox: RunningModelSandbox): Models => {
  const complaints: Array<string> = []
  const checking: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream") === true
    const declared = declaredFor(new URL(String(input)).pathname, streams)
    if (!response.ok || declared === undefined) return response
    // NOTE: what is cut off has no end to be checked.
    const text = await response
      .clone()
      .text()
      .catch(() => undefined)
    if (text === undefined) return response
    for (const one of streams ? eventsOf(text) : [JSON.parse(text)]) {
      if (!streams || !isUndeclared(one)) complaints.push(...complaintsAbout(declared, one))
    }
    return response
  }
  const shared = { apiKey: "a-key", maxRetries: 0, fetch: checking } as const
  return {
    ...sandbox,
    complaints,
    anthropic: new Anthropic({ ...shared, baseURL: sandbox.url }),
    openai: new OpenAI({ ...shared, baseURL: sandbox.openAiUrl }),
    gemini: new OpenAI({ ...shared, baseURL: sandbox.geminiUrl })
  }
}

/** A test with a sandbox of its own. It fails as well when an answer was not what its type says. */
export const withModels = (
  title: string,
  options: ModelSandboxOptions,
  body: (models: Models) => Promise<void>
): void =>
  it.live(title, () =>
    Effect.acquireUseRelease(
      Effect.promise(() => startModelSandbox(options)),
      (sandbox) =>
        Effect.promise(async () => {
          const models = clientsOf(sandbox)
          await body(models)
          assert.deepStrictEqual(models.complaints, [])
        }),
      (sandbox) => Effect.promise(() => sandbox.stop())
    )
  )

/** The error that a call ends with. */
export const failure = async (call: PromiseLike<unknown>): Promise<Error> => {
  try {
    await call
  } catch (cause) {
    if (cause instanceof Error) return cause
    throw cause
  }
  throw new Error("It did not fail.")
}

/** What an SDK's error tells. */
export const factsOf = (error: Error): Readonly<Record<string, unknown>> => ({ ...error })

/** A clock that stands still until it is moved. */
export const makeClock = () => {
  let atMs = 1_763_900_000_000
  return {
    now: () => atMs,
    pass: (ms: number) => {
      atMs += ms
    }
  }
}
