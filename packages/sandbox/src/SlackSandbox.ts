/** A Slack on this machine: real HTTP, real signatures, real sockets, no account. Everything is in memory and gone when it stops. */
import { once } from "node:events"
import { createServer } from "node:http"
import { Context, Layer } from "effect"
import { listen, running, type SandboxNotListening } from "./internal/listening.ts"
import type { Parts } from "./internal/slack/call.ts"
import { makeSlackControl } from "./internal/slack/control.ts"
import { makeDeliver } from "./internal/slack/deliver.ts"
import { makeInteractions } from "./internal/slack/interactions.ts"
import { makeSlackListener } from "./internal/slack/listener.ts"
import { makeMessages } from "./internal/slack/messages.ts"
import { makeSockets } from "./internal/slack/sockets.ts"
import { makeSlackState, nowMs } from "./internal/slack/state.ts"
import type { SlackControl } from "./SlackControl.ts"

/** How a sandbox is set up. */
export interface SlackSandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`: reachable from this machine alone, for the controls ask for no token. */
  readonly host?: string
  /** Default `Sandbox`. */
  readonly teamName?: string
  /** The bot's handle. Default `productbuilding`. */
  readonly botName?: string
  /** The one that is accepted. Default `xoxb-sandbox`. */
  readonly botToken?: string
  /** The one that opens sockets. Default `xapp-sandbox`. */
  readonly appToken?: string
  /** Signs what is sent to the app. Default `sandbox-signing-secret`. */
  readonly signingSecret?: string
  /** What the bot's token may do. Default: `slackBotScopes`. */
  readonly scopes?: ReadonlyArray<string>
  /** Default `enforced`. */
  readonly rateLimits?: "enforced" | "off"
  /** Milliseconds since 1970, for timestamps, limits and lifetimes. Default: the machine's clock. */
  readonly now?: () => number
  /** When an event that the app did not take is sent again. Default Slack's: at once, after one minute, after five. */
  readonly retryDelaysMs?: ReadonlyArray<number>
  /** How long the app has for its 2xx or its acknowledgement. Default Slack's: 3000. */
  readonly ackDeadlineMs?: number
  /** After so many within an hour `app_rate_limited` is sent instead. Default Slack's: 30,000. */
  readonly eventsPerHour?: number
  /** How old a message may be that `chat.update` changes: `edit_window_closed` after that. Default: any age. */
  readonly editWindowMs?: number
  /** How long a stream stays open without `chat.appendStream`. Slack does not say. Default: five minutes. */
  readonly streamIdleMs?: number
}

/** A sandbox that listens. */
export interface RunningSlackSandbox extends SlackControl {
  /** Ends it, with every connection, socket and event that is under way. */
  stop(): Promise<void>
}

/** What a bot's token may do unless it is set up otherwise: all that the sandbox knows. */
export const slackBotScopes: ReadonlyArray<string> = [
  ...["app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:manage", "channels:read"],
  ...["chat:write", "chat:write.customize", "groups:history", "groups:read", "groups:write", "im:history", "im:read"],
  ...["im:write", "links:read", "links:write", "reactions:read", "reactions:write", "users:read", "users:read.email"]
]

/** Starts a sandbox, without Effect. Rejects with Node's error, for example with the code `EADDRINUSE`, when it cannot listen. */
export const startSlackSandbox = async (options: SlackSandboxOptions = {}): Promise<RunningSlackSandbox> => {
  let url = ""
  const state = makeSlackState({
    url: () => url,
    now: options.now ?? nowMs,
    teamName: options.teamName ?? "Sandbox",
    botName: options.botName ?? "productbuilding",
    botToken: options.botToken ?? "xoxb-sandbox",
    appToken: options.appToken ?? "xapp-sandbox",
    signingSecret: options.signingSecret ?? "sandbox-signing-secret",
    scopes: options.scopes ?? slackBotScopes,
    enforceRateLimits: options.rateLimits !== "off",
    retryDelaysMs: options.retryDelaysMs ?? [0, 60_000, 300_000],
    ackDeadlineMs: options.ackDeadlineMs ?? 3000,
    eventsPerHour: options.eventsPerHour ?? 30_000,
    editWindowMs: options.editWindowMs ?? Number.POSITIVE_INFINITY,
    streamIdleMs: options.streamIdleMs ?? 300_000
  })
  const sockets = makeSockets(state)
  const deliver = makeDeliver(state, sockets)
  const parts: Parts = { state, sockets, deliver, messages: makeMessages(state, deliver) }
  const interactions = makeInteractions(parts)
  const control = makeSlackControl(parts, interactions)
  const server = createServer(makeSlackListener(parts, control, interactions))
  server.on("upgrade", sockets.upgrade)
  url = await listen(server, options)
  return {
    ...control,
    url,
    apiUrl: `${url}/api/`,
    stop: async () => {
      const closed = once(server, "close")
      server.close()
      await sockets.stop()
      server.closeAllConnections()
      await deliver.stop()
      await closed
    }
  }
}

/** The sandbox as a service: its controls, in this process. */
export class SlackSandbox extends Context.Service<SlackSandbox, SlackControl>()(
  "@productbuilding/sandbox/SlackSandbox"
) {
  /** Listens for the life of the layer. */
  static readonly layer = (options: SlackSandboxOptions = {}): Layer.Layer<SlackSandbox, SandboxNotListening> =>
    Layer.effect(
      SlackSandbox,
      running(options, () => startSlackSandbox(options))
    )
}
