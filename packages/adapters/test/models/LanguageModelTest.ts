/** What every vendor's model must do, over the vendor's own SDK and recordings of its wire format. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Inspectable, Layer, Option, Redacted, Schema, Stream } from "effect"
import { type AiError, LanguageModel, Prompt, type Response, Tool, Toolkit } from "effect/ai"
import { LanguageModels, layer } from "../../src/models/LanguageModels.ts"
import { isContextTooLong, retryAfterOf } from "../../src/models/ModelFailure.ts"
import type { VendorSettings } from "../../src/models/ModelSettings.ts"
import { type Answer, vendor } from "./recorded.ts"

/** A request as the vendor documents it, and what it then answers. */
export interface Recording {
  readonly path: string
  readonly body: unknown
  readonly answer: Answer
}

export interface FailedRequest {
  readonly title: string
  readonly answer: Answer
  /** Where a stream is answered in another way. */
  readonly streamed?: Answer
  readonly reason: AiError.AiErrorReason["_tag"]
  readonly retryAfter?: Duration.Input
  readonly tooLong?: boolean
}

/** What a vendor says on the wire. The conversations are those of the suite. */
export interface Recordings {
  readonly settings: Omit<VendorSettings, "apiKey" | "maxOutputTokens" | "baseUrl">
  /** After the address of the server. */
  readonly basePath: string
  /** That carry the key. */
  readonly auth: Readonly<Record<string, string>>
  readonly text: Recording
  readonly textStream: Recording
  readonly toolCall: Recording
  readonly toolResult: Recording
  readonly toolCallStream: Recording
  /** Whether the arguments of a call come in pieces. */
  readonly argumentPieces: ReadonlyArray<string>
  readonly object: Recording
  readonly count: Option.Option<Recording>
  readonly finishReasons: ReadonlyArray<readonly [Answer, Response.FinishReason]>
  readonly failures: ReadonlyArray<FailedRequest>
  /** A stream that fails before its first content, in the vendor's own way. */
  readonly failedStream: Answer
}

export const key = "sk-ant-SecretKeyThatMustNotBeSeen"

export const system = "You answer questions about issues."

const FindIssue = Tool.make("find_issue", {
  description: "Finds an issue by its number.",
  parameters: Schema.Struct({ number: Schema.Int }),
  success: Schema.Struct({ title: Schema.String })
})

export const toolkit = Toolkit.make(FindIssue)

const handlers = toolkit.toLayer({ find_issue: ({ number }) => Effect.succeed({ title: `Issue ${number}` }) })

const Intent = Schema.Struct({
  intent: Schema.Literals(["status", "close"]),
  confidence: Schema.Finite,
  note: Schema.optionalKey(Schema.String)
})

/** The usage that all recordings of answers report: 12 read anew, 100 from the cache, 7 written of which 2 thinking. */
const usageOf = (usage: Response.Usage) => [
  usage.inputTokens.uncached,
  usage.inputTokens.cacheRead,
  usage.inputTokens.total,
  usage.outputTokens.total
]

const asking = (text: string) =>
  Prompt.make([
    { role: "system", content: system },
    { role: "user", content: [{ type: "text", text }] }
  ])

const deltas = (parts: ReadonlyArray<Response.AnyPart>) =>
  parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : []))

export const suite = (name: string, recordings: Recordings) => {
  const start = (answers: ReadonlyArray<Answer>, more: { maxRetries?: number; pace?: () => Promise<void> } = {}) =>
    Effect.map(vendor(answers, more.pace), ({ asked, url }) => {
      const settings = {
        primary: {
          ...recordings.settings,
          apiKey: Option.some(Redacted.make(key)),
          baseUrl: `${url}${recordings.basePath}`,
          maxOutputTokens: 1024
        },
        fallback: Option.none(),
        requestTimeout: Duration.seconds(5),
        callTimeout: Duration.seconds(10),
        maxRetries: more.maxRetries ?? 0
      }
      return { asked, models: Layer.merge(layer(settings), handlers) }
    })

  const sent = (
    asked: ReadonlyArray<{ method: string; path: string; body: unknown }>,
    recording: Recording,
    at = 0
  ) => {
    const request = asked[at]
    assert.strictEqual(`${request?.method} ${request?.path}`, `POST ${recording.path}`)
    assert.deepStrictEqual(request?.body, recording.body)
  }

  describe(`LanguageModel (${name})`, () => {
    it.live("answers with text, and says what it used and why it stopped", () =>
      Effect.gen(function* () {
        const { asked, models } = yield* start([recordings.text.answer])
        const [response, cost] = yield* Effect.gen(function* () {
          const response = yield* LanguageModel.generateText({ prompt: asking("What is open?") })
          return [response, (yield* LanguageModels).answeredBy(response.content)] as const
        }).pipe(Effect.provide(models))
        assert.strictEqual(response.text, "Two issues are open.")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepStrictEqual(usageOf(response.usage), [12, 100, 112, 7])
        assert.strictEqual(Option.getOrThrow(cost).model, recordings.settings.model)
        sent(asked, recordings.text)
        for (const [header, value] of Object.entries(recordings.auth))
          assert.strictEqual(asked[0]?.headers[header], value)
      })
    )

    it.live("streams text as it comes: a part is here before the next is written", () =>
      Effect.gen(function* () {
        const frames = recordings.textStream.answer.frames ?? []
        const seen: Array<string> = []
        // NOTE: the last frames are held back until the first delta has been seen; a test that buffers would hang.
        const first = Promise.withResolvers<void>()
        let written = 0
        const pace = () => (written++ < Math.ceil(frames.length / 2) ? Promise.resolve() : first.promise)
        const { asked, models } = yield* start([recordings.textStream.answer], { pace })
        const parts = yield* LanguageModel.streamText({ prompt: asking("What is open?") }).pipe(
          Stream.tap((part) => {
            if (part.type === "text-delta") seen.push(part.delta)
            if (seen.length > 0) first.resolve()
            return Effect.void
          }),
          Stream.runCollect,
          Effect.provide(models)
        )
        assert.deepStrictEqual(deltas(parts), ["Two issues ", "are open."])
        const finish = parts.find((part) => part.type === "finish")
        assert.strictEqual(finish?.reason, "stop")
        assert.deepStrictEqual(finish === undefined ? [] : usageOf(finish.usage), [12, 100, 112, 7])
        assert.strictEqual(parts.filter(({ type }) => type === "response-metadata").length, 1)
        sent(asked, recordings.textStream)
      })
    )

    it.live("calls a tool, and gives the model its result in the vendor's form", () =>
      Effect.gen(function* () {
        const { asked, models } = yield* start([recordings.toolCall.answer, recordings.toolResult.answer])
        const second = yield* Effect.gen(function* () {
          const prompt = asking("What is 12?")
          const first = yield* LanguageModel.generateText({ prompt, toolkit })
          assert.strictEqual(first.finishReason, "tool-calls")
          assert.deepStrictEqual(
            first.toolResults.map(({ result }) => result),
            [{ title: "Issue 12" }]
          )
          const conversation = Prompt.concat(prompt, Prompt.fromResponseParts(first.content))
          return yield* LanguageModel.generateText({ prompt: conversation, toolkit })
        }).pipe(Effect.provide(models))
        assert.strictEqual(second.text, "Two issues are open.")
        sent(asked, recordings.toolCall, 0)
        sent(asked, recordings.toolResult, 1)
      })
    )

    it.live("streams a tool call and its arguments, and runs it", () =>
      Effect.gen(function* () {
        const { asked, models } = yield* start([recordings.toolCallStream.answer])
        const parts = yield* LanguageModel.streamText({ prompt: asking("What is 12?"), toolkit }).pipe(
          Stream.runCollect,
          Effect.provide(models)
        )
        const kinds = parts.map(({ type }) => type).filter((type) => type.startsWith("tool-"))
        assert.deepStrictEqual(kinds, [
          "tool-params-start",
          ...recordings.argumentPieces.map(() => "tool-params-delta"),
          "tool-params-end",
          "tool-call",
          "tool-result"
        ])
        assert.deepStrictEqual(
          parts.flatMap((part) => (part.type === "tool-params-delta" ? [part.delta] : [])),
          recordings.argumentPieces
        )
        assert.strictEqual(parts.at(-1)?.type, "finish")
        sent(asked, recordings.toolCallStream)
      })
    )

    it.live("answers with an object of a schema", () =>
      Effect.gen(function* () {
        const { asked, models } = yield* start([recordings.object.answer])
        const { value } = yield* LanguageModel.generateObject({
          prompt: asking("close it"),
          schema: Intent,
          objectName: "intent of message"
        }).pipe(Effect.provide(models))
        assert.deepStrictEqual(value, { intent: "close", confidence: 0.9 })
        sent(asked, recordings.object)
      })
    )

    it.live("counts tokens as the vendor does, or says that it guesses", () =>
      Effect.gen(function* () {
        const answers = Option.match(recordings.count, { onNone: () => [], onSome: ({ answer }) => [answer] })
        const { asked, models } = yield* start(answers)
        const count = yield* Effect.flatMap(LanguageModels, ({ countTokens }) =>
          countTokens(asking("What is 12?"), Object.values(toolkit.tools))
        ).pipe(Effect.provide(models))
        if (Option.isSome(recordings.count)) {
          assert.deepStrictEqual(count, { tokens: 42, exact: true })
          sent(asked, recordings.count.value)
        } else {
          assert.isFalse(count.exact)
          assert.isAbove(count.tokens, 30)
          assert.lengthOf(asked, 0)
        }
      })
    )

    it.live("guesses where the vendor does not count", () =>
      Effect.gen(function* () {
        const { models } = yield* start([{ status: 500, json: { error: { message: "down" } } }])
        const count = yield* Effect.flatMap(LanguageModels, ({ countTokens }) => countTokens("four words, or so")).pipe(
          Effect.provide(models)
        )
        assert.isFalse(count.exact)
      })
    )

    it.live("says why it stopped", () =>
      Effect.forEach(recordings.finishReasons, ([answer, reason]) =>
        Effect.gen(function* () {
          const { models } = yield* start([answer])
          const response = yield* LanguageModel.generateText({ prompt: "Go on." }).pipe(Effect.provide(models))
          assert.strictEqual(response.finishReason, reason)
        }).pipe(Effect.scoped)
      )
    )

    for (const { answer, reason, retryAfter, streamed, title, tooLong = false } of recordings.failures) {
      it.live(`fails with ${reason}: ${title}`, () =>
        Effect.gen(function* () {
          const { asked, models } = yield* start([answer, streamed ?? answer])
          const ask = LanguageModel.generateText({ prompt: "Go on." }).pipe(Effect.flip)
          const stream = LanguageModel.streamText({ prompt: "Go on." }).pipe(Stream.runCollect, Effect.flip)
          for (const error of yield* Effect.all([ask, stream]).pipe(Effect.provide(models))) {
            assert.strictEqual(error.reason._tag, reason)
            assert.strictEqual(error.module, recordings.settings.provider)
            assert.strictEqual(isContextTooLong(error), tooLong)
            assert.deepStrictEqual(
              Option.map(retryAfterOf(error), Duration.toMillis),
              Option.map(Option.fromUndefinedOr(retryAfter), (wait) =>
                Duration.toMillis(Duration.fromInputUnsafe(wait))
              )
            )
            const shown = `${Inspectable.toStringUnknown(error)}${error.message}${String(error.stack)}`
            assert.notInclude(shown, key)
            assert.notInclude(shown, "SecretKey")
          }
          // NOTE: the SDKs would ask again by themselves.
          assert.lengthOf(asked, 2)
        })
      )
    }

    it.live("asks again where a stream fails before it says anything, and gives one answer", () =>
      Effect.gen(function* () {
        const { asked, models } = yield* start([recordings.failedStream, recordings.textStream.answer], {
          maxRetries: 1
        })
        const parts = yield* LanguageModel.streamText({ prompt: asking("What is open?") }).pipe(
          Stream.runCollect,
          Effect.provide(models)
        )
        assert.deepStrictEqual(deltas(parts), ["Two issues ", "are open."])
        assert.lengthOf(asked, 2)
      })
    )

    it.live("does not ask again after a part was shown: the stream fails", () =>
      Effect.gen(function* () {
        const frames = (recordings.textStream.answer.frames ?? []).slice(0, -3)
        const { asked, models } = yield* start([{ frames, close: "cut" }, recordings.textStream.answer], {
          maxRetries: 3
        })
        const seen: Array<string> = []
        const error = yield* LanguageModel.streamText({ prompt: asking("What is open?") }).pipe(
          Stream.runForEach((part) => Effect.sync(() => seen.push(...deltas([part])))),
          Effect.flip,
          Effect.provide(models)
        )
        assert.strictEqual(error.reason._tag, "NetworkError")
        assert.strictEqual(seen[0], "Two issues ")
        assert.lengthOf(asked, 1)
      })
    )

    it.live("a stream that ends without its finish has failed", () =>
      Effect.gen(function* () {
        const frames = (recordings.textStream.answer.frames ?? []).slice(0, -3)
        const { models } = yield* start([{ frames }])
        const error = yield* LanguageModel.streamText({ prompt: "Go on." }).pipe(
          Stream.runDrain,
          Effect.flip,
          Effect.provide(models)
        )
        assert.strictEqual(error.reason._tag, "NetworkError")
      })
    )

    it.live("interruption aborts the request, whether it waits for an answer or reads one", () =>
      Effect.gen(function* () {
        const frames = (recordings.textStream.answer.frames ?? []).slice(0, -3)
        const { asked, models } = yield* start([{ close: "hang" }, { frames, close: "hang" }])
        const until = (check: () => boolean) =>
          Effect.promise(async () => {
            while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
          })
        yield* Effect.gen(function* () {
          const waiting = yield* Effect.forkChild(LanguageModel.generateText({ prompt: "Go on." }))
          yield* until(() => asked.length === 1)
          yield* Fiber.interrupt(waiting)
          yield* until(() => asked[0]?.aborted === true)
          const begun = yield* Deferred.make<void>()
          const streaming = yield* LanguageModel.streamText({ prompt: "Go on." }).pipe(
            Stream.runForEach((part) =>
              part.type === "text-delta" ? Deferred.succeed(begun, undefined) : Effect.void
            ),
            Effect.forkChild
          )
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(streaming)
          yield* until(() => asked[1]?.aborted === true)
        }).pipe(Effect.provide(models))
        assert.lengthOf(asked, 2)
      })
    )
  })
}
