/** The Web API: takes a call through token, limits and scopes to its method, with the faults that were asked for. */
import { randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { SlackRequestFault } from "../../SlackFaults.ts"
import { takeFault } from "../state.ts"
import { argsOf, type Method, mustHave, type Parts, SlackRefusal } from "./call.ts"
import { makeLimits } from "./limits.ts"
import { assistantMethods } from "./methods/assistant.ts"
import { chatMethods } from "./methods/chat.ts"
import { conversationMethods } from "./methods/conversations.ts"
import { peopleMethods } from "./methods/people.ts"
import { streamMethods } from "./methods/streams.ts"
import { type Fields, isFields, parseJson, textOf } from "./values.ts"

interface Result {
  readonly status: number
  readonly body: Fields
  readonly retryAfterSeconds?: number
}

const isForm = (type: string) => type === "" || type.startsWith("application/x-www-form-urlencoded")

/** The arguments of a body in either of Slack's forms; `undefined` where it is neither. */
export const fieldsOfBody = async (contentType: string, body: Buffer): Promise<Fields | undefined> => {
  if (body.length === 0) return {}
  if (isForm(contentType)) return Object.fromEntries(new URLSearchParams(body.toString("utf8")))
  if (contentType.startsWith("multipart/form-data")) {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData()
    return Object.fromEntries(
      Array.from(form).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []))
    )
  }
  const json = parseJson(body.toString("utf8"))
  return isFields(json) ? json : undefined
}

export const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export const makeApi = (parts: Parts) => {
  const { state } = parts
  const limits = makeLimits(state.now, state.enforceRateLimits)
  const methods = new Map<string, Method>(
    Object.entries({
      ...chatMethods(parts),
      ...streamMethods(parts),
      ...conversationMethods(parts),
      ...peopleMethods(parts),
      ...assistantMethods(parts)
    })
  )

  /** The id of the channel that a call is about, by whichever name it goes there. */
  const channelIn = (fields: Fields): string => {
    const name = textOf(fields["channel"]) || textOf(fields["channel_id"])
    const direct = Array.from(state.channels.values()).find((one) => one.kind === "im" && one.members.has(name))
    return (name === state.bot.id ? undefined : direct)?.id ?? state.findChannel(name)?.id ?? name
  }

  const checkToken = (token: string, kind: "bot" | "app") => {
    if (token === "") throw new SlackRefusal("not_authed")
    if (token !== state.botToken && token !== state.appToken) throw new SlackRefusal("invalid_auth")
    if (token !== (kind === "bot" ? state.botToken : state.appToken)) throw new SlackRefusal("not_allowed_token_type")
  }

  const run = (name: string, method: Method | undefined, token: string, fields: Fields | undefined): Result => {
    try {
      if (fields === undefined) throw new SlackRefusal("invalid_json")
      if (method === undefined) throw new SlackRefusal("unknown_method", { req_method: name })
      checkToken(token, method.token ?? "bot")
      mustHave(state, method.scopes)
      return { status: 200, body: { ok: true, ...method.handle(argsOf(fields)) } }
    } catch (cause) {
      // NOTE: what is no refusal is a mistake of the sandbox, which its caller is told about.
      if (!(cause instanceof SlackRefusal)) {
        return { status: 500, body: { ok: false, error: "internal_error", detail: String(cause) } }
      }
      return { status: 200, body: { ok: false, error: cause.error, ...cause.more } }
    }
  }

  const faulty = (name: string, fault: SlackRequestFault): Result => {
    if (fault.kind === "error") return { status: 200, body: { ok: false, error: fault.error ?? "internal_error" } }
    const { retryAfterSeconds = 30, status = 500 } = fault
    if (status !== 429)
      return { status, body: { ok: false, error: status === 503 ? "service_unavailable" : "fatal_error" } }
    limits.close(name, retryAfterSeconds)
    return { status, body: { ok: false, error: "ratelimited" }, retryAfterSeconds }
  }

  const write = (response: ServerResponse, { body, retryAfterSeconds, status }: Result, method: Method | undefined) => {
    const bytes = Buffer.from(JSON.stringify(body))
    response
      .writeHead(status, {
        "content-type": "application/json; charset=utf-8",
        "content-length": String(bytes.length),
        "x-slack-req-id": randomBytes(16).toString("hex"),
        "x-oauth-scopes": Array.from(state.scopes).join(","),
        "x-accepted-oauth-scopes": method?.scopes.join(",") ?? "",
        ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) })
      })
      .end(bytes)
  }

  return async (request: IncomingMessage, response: ServerResponse, name: string, query: URLSearchParams) => {
    const body = await readAll(request)
    const given = await fieldsOfBody(request.headers["content-type"] ?? "", body)
    const fields = given === undefined ? undefined : { ...Object.fromEntries(query), ...given }
    const [, bearer] = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "") ?? []
    const token = bearer ?? textOf(fields?.["token"])
    const method = methods.get(name)
    const tier = method?.tier ?? "special"
    const channel = channelIn(fields ?? {})
    const early = limits.isEarly(name, tier, channel)
    const note = (result: Result | undefined, answered: boolean) =>
      void state.calls.push({
        method: name,
        atMs: state.now(),
        channel: channel === "" ? null : channel,
        status: answered ? (result?.status ?? 0) : 0,
        ok: result?.body["ok"] === true,
        error: result === undefined ? null : textOf(result.body["error"]) || null,
        early
      })

    const fault = takeFault(state.requestFaults, (one) => one.method === undefined || one.method === name)
    if (fault?.kind === "hang") return note(undefined, false)
    if (fault?.kind === "drop") {
      note(undefined, false)
      return void request.socket.destroy()
    }
    const limited = fault?.kind === "status" || fault?.kind === "error" ? undefined : limits.take(name, tier, channel)
    const result =
      fault?.kind === "status" || fault?.kind === "error"
        ? faulty(name, fault)
        : limited === undefined
          ? run(name, method, token, fields)
          : { status: 429, body: { ok: false, error: "ratelimited" }, retryAfterSeconds: limited }
    note(result, fault?.kind !== "lost-answer" && fault?.kind !== "no-answer")
    if (fault?.kind === "no-answer") return
    if (fault?.kind === "lost-answer") return void request.socket.destroy()
    write(response, result, method)
  }
}
