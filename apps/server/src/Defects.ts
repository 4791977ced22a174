/** What went wrong in the server itself: an operator finds it in the log, whoever asked is told to look there. */
import { Cause, Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"

const words = "The server itself made a mistake here, or its database cannot be used. Its log has the details."

const answer = (request: HttpServerRequest.HttpServerRequest) =>
  request.headers["accept"]?.includes("text/html") === true
    ? HttpServerResponse.text(words, { status: 500 })
    : HttpServerResponse.jsonUnsafe({ message: words }, { status: 500 })

/** Some defects are answers, as of a request that is too large. */
const isAnswer = (defect: unknown) =>
  HttpServerResponse.isHttpServerResponse(defect) || HttpServerRespondable.isRespondable(defect)

/** For all routes. Typed errors of the API are answered as it says; what it does not name, and defects, are logged. */
export const layer = HttpRouter.middleware(
  (handled) =>
    Effect.catchCause(handled, (cause) => {
      const told = cause.reasons.some(
        (reason) =>
          (reason._tag === "Fail" && HttpServerRespondable.isRespondable(reason.error)) ||
          (reason._tag === "Die" && isAnswer(reason.defect))
      )
      if (told || Cause.hasInterrupts(cause)) return Effect.failCause(cause)
      return Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        yield* Effect.logError(`${request.method} ${request.url.split("?")[0]} failed`, cause)
        return answer(request)
      })
    }),
  { global: true }
)
