/** The control API under `/_sandbox/slack`: the controls, over HTTP. */
import { Result, Schema } from "effect"
import { SandboxRefused } from "../../SandboxControl.ts"
import type { SlackControl } from "../../SlackControl.ts"
import { SlackEventFault, SlackRequestFault } from "../../SlackFaults.ts"
import type { Fields } from "./values.ts"

type Params = Readonly<Record<string, string>>

export interface ControlRoute {
  readonly method: string
  readonly pattern: RegExp
  /** What it answers as JSON; `undefined` for nothing. */
  readonly handle: (params: Params, body: Fields) => unknown
}

const text = Schema.optionalKey(Schema.String)
const flag = Schema.optionalKey(Schema.Boolean)
const texts = Schema.Array(Schema.String)

const Nothing = Schema.Struct({})
const User = Schema.Struct({
  name: Schema.String,
  realName: text,
  email: text,
  isBot: flag,
  isAdmin: flag,
  isRestricted: flag,
  isUltraRestricted: flag,
  tz: text
})
const Channel = Schema.Struct({ name: Schema.String, isPrivate: flag, topic: text, members: Schema.optionalKey(texts) })
const Member = Schema.Struct({ user: text })
const Saying = Schema.Struct({
  user: Schema.String,
  text: Schema.String,
  threadTs: text,
  broadcast: flag,
  typed: flag
})
const Text = Schema.Struct({ text: Schema.String })
const Reaction = Schema.Struct({ user: Schema.String, emoji: Schema.String })
const Click = Schema.Struct({ user: Schema.String, actionId: Schema.String, value: text })
const Submission = Schema.Struct({
  user: Schema.String,
  values: Schema.optionalKey(Schema.Record(Schema.String, Schema.Union([Schema.String, texts])))
})
const Stop = Schema.Struct({ user: Schema.String })
const Scopes = Schema.Struct({ scopes: texts })
const Url = Schema.Struct({ url: Schema.String })
const Disconnect = Schema.Struct({ reason: Schema.Literals(["warning", "refresh_requested", "link_disabled"]) })
const OwnEvent = Schema.StructWithRest(Schema.Struct({ type: Schema.String }), [
  Schema.Record(Schema.String, Schema.Json)
])

/** `:name` is one segment of the path. */
const route = (method: string, path: string, handle: (params: Params) => unknown): ControlRoute => ({
  method,
  pattern: new RegExp(`^/_sandbox/slack${path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
  handle
})

const withBody = <A, I>(
  method: string,
  path: string,
  schema: Schema.Codec<A, I>,
  handle: (params: Params, body: A) => unknown
): ControlRoute => {
  const decode = Schema.decodeUnknownResult(schema)
  return {
    ...route(method, path, () => undefined),
    handle: (params, body) => {
      const valid = decode(body)
      if (Result.isFailure(valid)) throw new SandboxRefused({ message: valid.failure.message })
      return handle(params, valid.success)
    }
  }
}

const of = (params: Params, name: string) => params[name] ?? ""

export const controlRoutes = (control: SlackControl): ReadonlyArray<ControlRoute> => [
  route("GET", "/app", () => ({ ...control.app, apiUrl: control.apiUrl })),
  route("GET", "/users", () => control.users()),
  withBody("POST", "/users", User, (_params, body) => control.addUser(body)),
  route("GET", "/channels", () => control.channels()),
  withBody("POST", "/channels", Channel, (_params, body) => control.addChannel(body)),
  withBody("POST", "/users/:user/dm", Nothing, (params) => control.directMessage(of(params, "user"))),
  withBody("POST", "/channels/:channel/invite", Member, (params, { user }) =>
    control.invite(of(params, "channel"), user)
  ),
  withBody("POST", "/channels/:channel/kick", Member, (params, { user }) => control.kick(of(params, "channel"), user)),
  route("GET", "/channels/:channel/messages", (params) => control.messages(of(params, "channel"))),
  withBody("POST", "/channels/:channel/messages", Saying, (params, { text, user, ...how }) =>
    control.say(user, of(params, "channel"), text, how)
  ),
  route("GET", "/channels/:channel/threads/:ts", (params) => control.thread(of(params, "channel"), of(params, "ts"))),
  route("GET", "/channels/:channel/threads/:ts/status", (params) =>
    control.threadStatus(of(params, "channel"), of(params, "ts"))
  ),
  withBody("POST", "/channels/:channel/threads/:ts/stop", Stop, (params, { user }) =>
    control.stopSession(user, of(params, "channel"), of(params, "ts"))
  ),
  withBody("PATCH", "/messages/:ts", Text, (params, body) => control.edit(of(params, "ts"), body.text)),
  route("DELETE", "/messages/:ts", (params) => control.remove(of(params, "ts"))),
  withBody("POST", "/messages/:ts/reactions", Reaction, (params, { emoji, user }) =>
    control.react(user, of(params, "ts"), emoji)
  ),
  withBody("DELETE", "/messages/:ts/reactions", Reaction, (params, { emoji, user }) =>
    control.unreact(user, of(params, "ts"), emoji)
  ),
  withBody("POST", "/messages/:ts/click", Click, (params, { actionId, user, value }) =>
    control.click(user, of(params, "ts"), actionId, value)
  ),
  route("GET", "/views", () => control.views()),
  withBody("POST", "/views/:id/submit", Submission, (params, { user, values }) =>
    control.submitView(user, of(params, "id"), values)
  ),
  withBody("POST", "/views/:id/close", Stop, async (params, { user }) => ({
    delivery: (await control.closeView(user, of(params, "id"))) ?? null
  })),
  withBody("PUT", "/scopes", Scopes, (_params, { scopes }) => control.setScopes(scopes)),
  withBody("PUT", "/request-url", Url, (_params, { url }) => control.setRequestUrl(url)),
  withBody("PUT", "/interactivity-url", Url, (_params, { url }) => control.setInteractivityUrl(url)),
  withBody("POST", "/socket-mode", Nothing, () => control.useSocketMode()),
  withBody("POST", "/sockets/disconnect", Disconnect, (_params, { reason }) => control.disconnectSockets(reason)),
  route("GET", "/sockets", () => ({ open: control.sockets() })),
  withBody("POST", "/events", OwnEvent, (_params, event) => control.emit(event)),
  route("GET", "/calls", () => control.calls()),
  route("DELETE", "/calls", () => control.clearCalls()),
  route("GET", "/deliveries", () => control.deliveries()),
  withBody("POST", "/faults", SlackRequestFault, (_params, fault) => control.fault(fault)),
  withBody("POST", "/event-faults", SlackEventFault, (_params, fault) => control.eventFault(fault)),
  route("DELETE", "/faults", () => control.clearFaults()),
  withBody("POST", "/settled", Nothing, () => control.settled())
]
