/** A Slack sandbox's controls over HTTP: for another process, and for Effect. */
import { Context, Effect, Layer, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { type Body, makeWire, type SandboxClientError } from "./internal/wire.ts"
import type { NewSlackChannel, NewSlackUser, SlackSaying, SlackSubmission } from "./SlackControl.ts"
import type { SlackEventFault, SlackRequestFault } from "./SlackFaults.ts"
import { SlackSandbox } from "./SlackSandbox.ts"
import {
  SlackCalls,
  SlackChannel,
  SlackDelivery,
  SlackMessage,
  SlackThreadStatus,
  SlackUser,
  SlackView
} from "./SlackState.ts"

type Answer<A> = Effect.Effect<A, SandboxClientError>

/** The workspace and the app, as the sandbox describes them to another process. */
export const SlackSandboxApp = Schema.Struct({
  teamId: Schema.String,
  appId: Schema.String,
  botId: Schema.String,
  botUserId: Schema.String,
  botToken: Schema.String,
  appToken: Schema.String,
  signingSecret: Schema.String,
  /** The base URL of the Web API, with a slash at its end. */
  apiUrl: Schema.String
})
export type SlackSandboxApp = typeof SlackSandboxApp.Type

/** What `SlackControl` does, at a distance. Its documentation holds for the methods here. */
export class SlackSandboxClient extends Context.Service<
  SlackSandboxClient,
  {
    /** Where the sandbox's page is. */
    readonly url: string
    readonly app: Answer<SlackSandboxApp>
    addUser(user: NewSlackUser): Answer<SlackUser>
    readonly users: Answer<ReadonlyArray<SlackUser>>
    addChannel(channel: NewSlackChannel): Answer<SlackChannel>
    readonly channels: Answer<ReadonlyArray<SlackChannel>>
    directMessage(user: string): Answer<SlackChannel>
    invite(channel: string, user?: string): Answer<void>
    kick(channel: string, user?: string): Answer<void>
    say(user: string, channel: string, text: string, how?: SlackSaying): Answer<SlackMessage>
    edit(ts: string, text: string): Answer<SlackMessage>
    remove(ts: string): Answer<void>
    react(user: string, ts: string, emoji: string): Answer<void>
    unreact(user: string, ts: string, emoji: string): Answer<void>
    click(user: string, ts: string, actionId: string, value?: string): Answer<SlackDelivery>
    readonly views: Answer<ReadonlyArray<SlackView>>
    submitView(
      user: string,
      viewId: string,
      values?: Readonly<Record<string, string | ReadonlyArray<string>>>
    ): Answer<SlackSubmission>
    closeView(user: string, viewId: string): Answer<SlackDelivery | undefined>
    stopSession(user: string, channel: string, threadTs: string): Answer<void>
    messages(channel: string): Answer<ReadonlyArray<SlackMessage>>
    thread(channel: string, ts: string): Answer<ReadonlyArray<SlackMessage>>
    threadStatus(channel: string, ts: string): Answer<SlackThreadStatus>
    setScopes(scopes: ReadonlyArray<string>): Answer<void>
    setRequestUrl(url: string): Answer<void>
    setInteractivityUrl(url: string): Answer<void>
    readonly useSocketMode: Answer<void>
    disconnectSockets(reason: "warning" | "refresh_requested" | "link_disabled"): Answer<void>
    readonly sockets: Answer<number>
    emit(event: Schema.JsonObject & { readonly type: string }): Answer<void>
    readonly calls: Answer<SlackCalls>
    readonly clearCalls: Answer<void>
    readonly deliveries: Answer<ReadonlyArray<SlackDelivery>>
    fault(fault: SlackRequestFault): Answer<void>
    eventFault(fault: SlackEventFault): Answer<void>
    readonly clearFaults: Answer<void>
    readonly settled: Answer<void>
  }
>()("@productbuilding/sandbox/SlackSandboxClient") {
  /** The sandbox whose page is at the URL. */
  static readonly layer = (url: string): Layer.Layer<SlackSandboxClient> =>
    Layer.effect(SlackSandboxClient, Effect.map(HttpClient.HttpClient, make(url))).pipe(
      Layer.provide(FetchHttpClient.layer)
    )

  /** The sandbox of this process. */
  static readonly layerSandbox: Layer.Layer<SlackSandboxClient, never, SlackSandbox> = Layer.unwrap(
    Effect.map(SlackSandbox, ({ url }) => SlackSandboxClient.layer(url))
  )
}

const Sockets = Schema.Struct({ open: Schema.Int })
const Closing = Schema.Struct({ delivery: Schema.NullOr(SlackDelivery) })
const Submission = Schema.Struct({ delivery: SlackDelivery, errors: Schema.Record(Schema.String, Schema.String) })

const make =
  (address: string) =>
  (http: HttpClient.HttpClient): SlackSandboxClient["Service"] => {
    const url = address.replace(/\/+$/, "")
    const wire = makeWire(http, `${url}/_sandbox/slack`)
    const { get } = wire
    const post = <A, I>(path: string, answer: Schema.Codec<A, I>, body?: Body) => wire.write("POST", path, answer, body)
    const tell = (path: string, body?: Body) => wire.tell("POST", path, body)
    const set = (path: string, body: Body) => wire.tell("PUT", path, body)
    const forget = (path: string, body?: Body) => wire.tell("DELETE", path, body)

    const at = (channel: string) => `/channels/${encodeURIComponent(channel.replace(/^#/, ""))}`
    const on = (ts: string) => `/messages/${encodeURIComponent(ts)}`

    return SlackSandboxClient.of({
      url,
      app: get("/app", SlackSandboxApp),
      addUser: (user) => post("/users", SlackUser, { ...user }),
      users: get("/users", Schema.Array(SlackUser)),
      addChannel: (channel) => post("/channels", SlackChannel, { ...channel }),
      channels: get("/channels", Schema.Array(SlackChannel)),
      directMessage: (user) => post(`/users/${encodeURIComponent(user)}/dm`, SlackChannel),
      invite: (channel, user) => tell(`${at(channel)}/invite`, { user }),
      kick: (channel, user) => tell(`${at(channel)}/kick`, { user }),
      say: (user, channel, text, how) => post(`${at(channel)}/messages`, SlackMessage, { ...how, user, text }),
      edit: (ts, text) => wire.write("PATCH", on(ts), SlackMessage, { text }),
      remove: (ts) => forget(on(ts)),
      react: (user, ts, emoji) => tell(`${on(ts)}/reactions`, { user, emoji }),
      unreact: (user, ts, emoji) => forget(`${on(ts)}/reactions`, { user, emoji }),
      click: (user, ts, actionId, value) => post(`${on(ts)}/click`, SlackDelivery, { user, actionId, value }),
      views: get("/views", Schema.Array(SlackView)),
      submitView: (user, viewId, values) =>
        post(`/views/${encodeURIComponent(viewId)}/submit`, Submission, { user, values }),
      closeView: (user, viewId) =>
        Effect.map(
          post(`/views/${encodeURIComponent(viewId)}/close`, Closing, { user }),
          ({ delivery }) => delivery ?? undefined
        ),
      stopSession: (user, channel, threadTs) => tell(`${at(channel)}/threads/${threadTs}/stop`, { user }),
      messages: (channel) => get(`${at(channel)}/messages`, Schema.Array(SlackMessage)),
      thread: (channel, ts) => get(`${at(channel)}/threads/${ts}`, Schema.Array(SlackMessage)),
      threadStatus: (channel, ts) => get(`${at(channel)}/threads/${ts}/status`, SlackThreadStatus),
      setScopes: (scopes) => set("/scopes", { scopes }),
      setRequestUrl: (requestUrl) => set("/request-url", { url: requestUrl }),
      setInteractivityUrl: (interactivityUrl) => set("/interactivity-url", { url: interactivityUrl }),
      useSocketMode: tell("/socket-mode"),
      disconnectSockets: (reason) => tell("/sockets/disconnect", { reason }),
      sockets: Effect.map(get("/sockets", Sockets), ({ open }) => open),
      emit: (event) => tell("/events", { ...event }),
      calls: get("/calls", SlackCalls),
      clearCalls: forget("/calls"),
      deliveries: get("/deliveries", Schema.Array(SlackDelivery)),
      fault: (fault) => tell("/faults", { ...fault }),
      eventFault: (fault) => tell("/event-faults", { ...fault }),
      clearFaults: forget("/faults"),
      settled: tell("/settled")
    })
  }
