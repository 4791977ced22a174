/** Answers a request of a vendor's API, with the faults that were asked for, and remembers it. */
import { createHash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import type { ModelFault } from "../../ModelFaults.ts"
import { type Fields, isFields, parseJson, textOf } from "../slack/values.ts"
import { readAnthropic } from "./anthropicRead.ts"
import { type Ask, type Dialect, type Issued, Refused, type SentEvent } from "./ask.ts"
import { decide } from "./decide.ts"
import { countInput, issue } from "./issue.ts"
import type { ResponsesDialect } from "./openai/responses.ts"
import { makePromptCache } from "./promptCache.ts"
import type { ActiveFault, ModelWorkspace } from "./state.ts"
import { type Endpoint, endpointOf, type Vendor } from "./vendors.ts"

/** Anthropic's limit, and more than OpenAI takes. https://platform.claude.com/docs/en/api/errors */
const maxBodyBytes = 32 * 1024 * 1024

/** What an API that names no models of its own lists. */
const exampleModels = ["sandbox-large", "sandbox-small"]

/** The body, or `undefined` where it is too large. */
export const readLimited = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size <= maxBodyBytes) chunks.push(bytes)
  }
  return size > maxBodyBytes ? undefined : Buffer.concat(chunks).toString("utf8")
}

const bytesOf = ({ data, name }: SentEvent) =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${data === "[DONE]" ? data : JSON.stringify(data)}\n\n`

export const makeAnswer = (state: ModelWorkspace, responses: ResponsesDialect) => {
  const cache = makePromptCache(state.now)

  const takeFault = (api: Endpoint["api"], model: string): ModelFault | undefined => {
    const now = state.now()
    const isOver = ({ left, untilMs }: ActiveFault) => left <= 0 || now >= untilMs
    for (const over of state.faults.filter(isOver)) state.faults.splice(state.faults.indexOf(over), 1)
    const active = state.faults.find(
      ({ fault }) =>
        (fault.api === undefined || fault.api === api) &&
        (fault.model === undefined || new RegExp(fault.model).test(model))
    )
    if (active !== undefined) active.left--
    return active?.fault
  }

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> => {
    const method = request.method ?? "GET"
    const endpoint = endpointOf(method, url.pathname, request.headers, responses)
    if (endpoint === undefined) return false
    const text = await readLimited(request)
    const json = parseJson(text ?? "")
    const body = isFields(json) ? json : null
    const call = state.begin(url.pathname, body)
    const requestId = `req_${createHash("sha256").update(`${call.id}`).digest("hex").slice(0, 24)}`
    const fault = takeFault(endpoint.api, endpoint.does === "models" ? (endpoint.id ?? "") : textOf(body?.["model"]))
    const gone = new AbortController()
    response.on("close", () => gone.abort())

    const wait = async (ms: number) => {
      if (ms <= 0) return
      // NOTE: that the caller is gone ends the wait; what is written then goes nowhere.
      await pause(ms, undefined, { signal: gone.signal }).catch(() => undefined)
    }
    /** Until what was written is on its way, or the caller is gone. */
    const written = (write: (done: () => void) => void) =>
      new Promise<void>((resolve) => {
        response.once("close", resolve)
        write(resolve)
      })
    const headersOf = ({ headers }: Vendor) => headers(requestId, state.now() - call.atMs)
    const sendJson = (status: number, value: unknown, more: Readonly<Record<string, string>> = {}) => {
      call.status = status
      const bytes = Buffer.from(JSON.stringify(value))
      response
        .writeHead(status, {
          "content-type": "application/json",
          "content-length": String(bytes.length),
          ...headersOf(endpoint.vendor),
          ...more
        })
        .end(bytes)
    }
    const refuse = (refused: Refused, because: string) => {
      call.because = because
      call.error = refused.message
      call.complete = true
      const after = refused.retryAfterSeconds
      sendJson(
        refused.status,
        endpoint.vendor.error(refused, requestId),
        after === undefined ? {} : { "retry-after": String(after) }
      )
    }
    const faulty = ({ retryAfterSeconds, status }: ModelFault) =>
      endpoint.vendor.failure(status, undefined, retryAfterSeconds ?? (status === 429 ? 30 : undefined))
    const leave = (because: string, error: string) => {
      call.because = because
      call.error = error
      response.destroy()
    }

    /** Whether all of it went out. */
    const stream = async (dialect: Dialect, ask: Ask, issued: Issued, pieceDelayMs: number): Promise<boolean> => {
      const events = dialect.events(ask, issued)
      const breaks = fault?.kind === "cut" || fault?.kind === "error-in-stream"
      const stopAt = breaks
        ? Math.min(events.length - 1, fault.afterEvents ?? Math.floor(events.length / 2))
        : events.length
      call.status = 200
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        ...headersOf(endpoint.vendor)
      })
      response.flushHeaders()
      for (const event of events.slice(0, stopAt)) {
        if (event.piece === true) await wait(pieceDelayMs)
        if (gone.signal.aborted) return false
        response.write(bytesOf(event))
      }
      if (fault?.kind === "error-in-stream") {
        const refused = faulty(fault)
        call.error = refused.message
        response.end(bytesOf(dialect.errorEvent(refused, { ask, issued, sent: stopAt })))
        return false
      }
      if (breaks) {
        call.error = "cut"
        // NOTE: what was written has to reach the caller first.
        await written((done) => void response.write(": cut\n\n", done))
        await wait(1)
        response.destroy()
        return false
      }
      await written((done) => void response.end(done))
      return response.writableFinished
    }

    const whole = async (dialect: Dialect, ask: Ask, issued: Issued): Promise<boolean> => {
      if (fault?.kind !== "cut") {
        sendJson(200, dialect.whole(ask, issued))
        return true
      }
      const bytes = Buffer.from(JSON.stringify(dialect.whole(ask, issued)))
      call.status = 200
      call.error = "cut"
      response.writeHead(200, { "content-type": "application/json", "content-length": String(bytes.length) })
      await written((done) => void response.write(bytes.subarray(0, bytes.length / 2), done))
      response.destroy()
      return false
    }

    const respond = async (endpoint: Extract<Endpoint, { does: "answer" }>, body: Fields) => {
      const ask = endpoint.dialect.read(body)
      call.request = ask.request
      const { model } = ask.request
      if (state.models !== undefined && !state.models.includes(model)) throw endpoint.vendor.unknownModel(model)
      const { because, turn, undo } = decide(state, ask.request)
      call.because = because
      await wait(turn.delayMs ?? 0)
      if (turn.status !== undefined) {
        return refuse(endpoint.vendor.failure(turn.status, turn.message, turn.retryAfterSeconds), because)
      }
      const use = endpoint.api === "anthropic-messages" ? cache.marked : cache.automatic
      const issued = issue(ask, turn, use(`${endpoint.api} ${model}`, ask.segments), call.id, state.now())
      const { finish, text, toolCalls, usage } = issued
      call.reply = {
        text,
        finish,
        usage,
        toolCalls: toolCalls.map((one) => ({ name: one.name, arguments: one.arguments }))
      }
      state.changed()
      if (fault?.kind === "lost-answer") {
        undo()
        return leave(because, "The answer was lost.")
      }
      const slow = fault?.kind === "slow" ? (fault.delayMs ?? 500) : (turn.pieceDelayMs ?? state.pieceDelayMs)
      if (!ask.request.stream && fault?.kind === "slow") await wait(slow)
      const complete = ask.request.stream
        ? await stream(endpoint.dialect, ask, issued, slow)
        : !gone.signal.aborted && (await whole(endpoint.dialect, ask, issued))
      call.complete = complete
      if (!complete) return undo()
      if (endpoint.dialect === responses) responses.store(ask, issued)
    }

    const serve = async () => {
      const { vendor } = endpoint
      vendor.authorize(request.headers, state.apiKeys)
      if (endpoint.does === "nothing") throw vendor.unknownPath(method, url.pathname)
      if (endpoint.does === "models") {
        const ids = state.models ?? exampleModels
        if (endpoint.id !== undefined && state.models !== undefined && !ids.includes(endpoint.id)) {
          throw vendor.unknownModel(endpoint.id)
        }
        call.because = "models"
        call.complete = true
        return sendJson(200, endpoint.id === undefined ? vendor.models(ids) : vendor.model(endpoint.id))
      }
      if (text === undefined) throw vendor.tooLarge
      if (body === null) throw vendor.notJson
      if (endpoint.does === "answer") return await respond(endpoint, body)
      const ask = readAnthropic(body, true)
      call.request = ask.request
      call.because = "count"
      call.complete = true
      return sendJson(200, { input_tokens: countInput(ask) })
    }

    /** What a request that a fault stopped had asked, as far as it can be read. */
    const peek = () => {
      if (endpoint.does !== "answer" || body === null) return
      try {
        call.request = endpoint.dialect.read(body).request
      } catch {
        // NOTE: that it is no good request is not what it is answered with.
      }
    }

    try {
      if (fault !== undefined) peek()
      if (fault?.kind === "hang") {
        call.because = "fault"
        call.error = "It hangs."
        return true
      }
      if (fault?.kind === "drop") leave("fault", "The connection was broken.")
      else if (fault?.kind === "status") refuse(faulty(fault), "fault")
      else if (fault?.kind === "error-in-stream" && body?.["stream"] !== true) refuse(faulty(fault), "fault")
      else await serve()
    } catch (cause) {
      // NOTE: what is no refusal is a mistake of the sandbox, which its caller is told about.
      refuse(cause instanceof Refused ? cause : endpoint.vendor.failure(500, String(cause)), "refused")
    } finally {
      state.end(call)
    }
    return true
  }
}
