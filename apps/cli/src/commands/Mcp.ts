/**
 * `productbuilding mcp`: MCP over standard input and output, passed on to the server's `/mcp`. It adds nothing and leaves
 * nothing out, but it begins a new session when the server has forgotten the old one, as after a restart.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
import { Effect, Option, Ref, Schema, Semaphore, Stdio, Stream } from "effect"
import { Base64, Sse } from "effect/encoding"
import { HttpClientRequest, type HttpClientResponse } from "effect/http"
import { CommandFailure } from "../CommandFailure.ts"
import { Server } from "../Server.ts"

const Id = Schema.Union([Schema.String, Schema.Finite])

const Message = Schema.Struct({ id: Schema.optionalKey(Schema.NullOr(Id)), method: Schema.optionalKey(Schema.String) })
const decodeMessage = Schema.decodeUnknownOption(Schema.fromJsonString(Message))

/** Requests of the protocol without sessions name their version themselves. */
const Sessionless = Schema.Struct({
  method: Schema.String,
  params: Schema.Struct({
    name: Schema.optionalKey(Schema.String),
    uri: Schema.optionalKey(Schema.String),
    _meta: Schema.Struct({ "io.modelcontextprotocol/protocolVersion": Schema.String })
  })
})
const decodeSessionless = Schema.decodeUnknownOption(Schema.fromJsonString(Sessionless))

/** What HTTP wants to know without reading the body. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http */
const routingHeaders = ({ method, params }: typeof Sessionless.Type): Record<string, string> => {
  const name = method === "resources/read" ? params.uri : params.name
  return {
    "mcp-protocol-version": params._meta["io.modelcontextprotocol/protocolVersion"],
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": headerValue(name) })
  }
}

const headerValue = (name: string) => (/^[\x21-\x7e]+$/.test(name) ? name : `=?base64?${Base64.encode(name)}?=`)

const decodeRefusal = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
)
const decodeInitialized = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ result: Schema.Struct({ protocolVersion: Schema.String }) }))
)

/** What every message after the first carries. */
interface Session {
  readonly id: string
  readonly version: string
  /** The client's own first message, to say it again. */
  readonly initialize: string
}

const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })

const refusal = (id: string | number, message: string) =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message } })

const broken = new CommandFailure({
  kind: "unreachable",
  message: "The connection to the server was lost before it had answered. Ask again."
})

/** The messages of an answer, one a line. */
const messagesOf = (response: HttpClientResponse.HttpClientResponse) => {
  const text = response.stream.pipe(Stream.decodeText())
  const isStream = (response.headers["content-type"] ?? "").startsWith("text/event-stream")
  return (
    isStream
      ? text.pipe(
          Stream.pipeThroughChannel(Sse.decode()),
          Stream.map(({ data }) => data)
        )
      : Stream.fromEffect(Stream.mkString(text)).pipe(Stream.filter((body) => body.trim() !== ""))
  ).pipe(Stream.mapError(() => broken))
}

/** Ends with standard input. */
export const mcp = Effect.gen(function* () {
  const server = yield* Server
  const stdio = yield* Stdio.Stdio
  const session = yield* Ref.make<Session | null>(null)
  const renewal = yield* Semaphore.make(1)

  const sessionHeaders = (current: Session | null): Record<string, string> =>
    current === null ? {} : { "mcp-session-id": current.id, "mcp-protocol-version": current.version }

  const post = (line: string, current: Session | null) =>
    server.exchange("/mcp", (request) =>
      request.pipe(
        HttpClientRequest.setMethod("POST"),
        HttpClientRequest.setHeaders({
          accept: "application/json, text/event-stream",
          ...Option.match(decodeSessionless(line), {
            onNone: () => sessionHeaders(current),
            onSome: routingHeaders
          })
        }),
        HttpClientRequest.bodyText(line, "application/json")
      )
    )

  const initialize = Effect.fnUntraced(function* (line: string) {
    const response = yield* post(line, null)
    if (response.status !== 200) return { response, messages: [] }
    const messages = yield* Stream.runCollect(messagesOf(response))
    const version = messages.flatMap((message) => Option.toArray(decodeInitialized(message)))[0]?.result.protocolVersion
    const id = response.headers["mcp-session-id"]
    if (version !== undefined && id !== undefined) yield* Ref.set(session, { id, version, initialize: line })
    return { response, messages }
  })

  /** The server has forgotten the session: say again who we are, then what was to be said. */
  const resume = Effect.fnUntraced(function* (line: string, lost: Session) {
    // NOTE: of several calls that find it lost, the first begins the new one and the others wait for it.
    yield* renewal.withPermit(
      Effect.gen(function* () {
        if ((yield* Ref.get(session)) !== lost) return
        yield* initialize(lost.initialize)
        yield* post(initialized, yield* Ref.get(session))
      })
    )
    return yield* post(line, yield* Ref.get(session))
  })

  const send = Effect.fnUntraced(function* (line: string) {
    const current = yield* Ref.get(session)
    const response = yield* post(line, current)
    return response.status === 404 && current !== null ? yield* resume(line, current) : response
  })

  const answer = Effect.fnUntraced(function* (id: string | number, response: HttpClientResponse.HttpClientResponse) {
    if (response.status === 200) return messagesOf(response)
    const text = yield* Effect.mapError(response.text, () => broken)
    const said = Option.map(decodeRefusal(text), ({ error }) => error.message)
    const advice = response.status === 401 ? " Here, set API_TOKEN or pass --token." : ""
    const message = Option.getOrElse(said, () => "Is it a ProductBuilding server of this version?")
    return Stream.make(refusal(id, `${server.url} answered ${response.status}: ${message}${advice}`))
  })

  const failed =
    (id: string | number) =>
    ({ message }: CommandFailure) =>
      Stream.make(refusal(id, message))

  /** What comes back for one line. Requests are under way at once; anything else is done before the next line is read. */
  const handle = Effect.fnUntraced(function* (line: string) {
    const message = Option.getOrElse(decodeMessage(line), (): typeof Message.Type => ({}))
    const { id, method } = message
    if (id === undefined || id === null || method === undefined) {
      // Nobody waits for an answer to a notification; the next request meets what is wrong, and says so.
      yield* Effect.ignore(send(line))
      return Stream.empty
    }
    if (method !== "initialize") {
      return Stream.unwrap(Effect.flatMap(send(line), (response) => answer(id, response))).pipe(
        Stream.catch(failed(id))
      )
    }
    return yield* Effect.flatMap(initialize(line), ({ messages, response }) =>
      response.status === 200 ? Effect.succeed(Stream.fromIterable(messages)) : answer(id, response)
    ).pipe(Effect.catch((error) => Effect.succeed(failed(id)(error))))
  })

  yield* stdio.stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filter((line) => line.trim() !== ""),
    Stream.mapEffect(handle),
    Stream.flatMap((messages) => messages, { concurrency: "unbounded" }),
    Stream.map((message) => `${message.trimEnd()}\n`),
    Stream.run(stdio.stdout())
  )
})
