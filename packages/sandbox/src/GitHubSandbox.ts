/** A GitHub on this machine: real HTTP, real signatures, no account. Everything is in memory and gone when it stops. */
import { once } from "node:events"
import { createServer } from "node:http"
import { Context, Effect, Layer, Schema } from "effect"
import { makeListener } from "./internal/listener.ts"
import { makeParts } from "./internal/parts.ts"
import type { SandboxControl } from "./SandboxControl.ts"

/** How a sandbox is set up. */
export interface GitHubSandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`: reachable from this machine alone, for the controls ask for no token. */
  readonly host?: string
  /** Accepted tokens. Default: any. Tokens that the sandbox has issued to an App are accepted as well. */
  readonly tokens?: ReadonlyArray<string>
  /** As whom the tokens act. Default `productbuilding`. */
  readonly login?: string
  /** The App that any well-formed JWT speaks for. Default id 1, slug `productbuilding`; its comments are by `{slug}[bot]`. */
  readonly app?: { readonly id: number; readonly slug: string }
  /** Signs the webhooks of hooks without a secret of their own. Default: such hooks are not signed. */
  readonly webhookSecret?: string
  /** The public addresses of accounts, by login; they also commit with them. Default: GitHub's own for who hides theirs. */
  readonly emails?: Readonly<Record<string, string>>
}

/** A sandbox that listens. */
export interface RunningSandbox extends SandboxControl {
  /** Ends it, with every connection and webhook that is under way. */
  stop(): Promise<void>
}

/** Starts a sandbox, without Effect. Rejects with Node's error, for example with the code `EADDRINUSE`, when it cannot listen. */
export const startGitHubSandbox = async (options: GitHubSandboxOptions = {}): Promise<RunningSandbox> => {
  const { app = { id: 1, slug: "productbuilding" }, host = "127.0.0.1", login = "productbuilding" } = options
  let url = ""
  const parts = makeParts({
    api: () => url,
    login,
    app,
    tokens: options.tokens,
    webhookSecret: options.webhookSecret ?? "",
    emails: options.emails ?? {}
  })
  const { control, webhooks } = parts
  const server = createServer(makeListener(parts))
  server.listen(options.port ?? 0, host)
  await once(server, "listening")
  const address = server.address()
  // NOTE: cannot happen: a server that listens on a host and a port has an address with a port.
  if (address === null || typeof address === "string") throw new Error("The sandbox listens on no port.")
  url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`
  return {
    ...control,
    url,
    stop: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await webhooks.stop()
      await closed
    }
  }
}

/** The sandbox cannot listen there, most often because the port is taken. Choose another. */
export class SandboxNotListening extends Schema.TaggedError<SandboxNotListening>()("SandboxNotListening", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect()
}) {
  override get message() {
    return `The sandbox cannot listen on ${this.host}:${this.port}.`
  }
}

/** The sandbox as a service: its controls, in this process. `SandboxClient` has them as Effects. */
export class GitHubSandbox extends Context.Service<GitHubSandbox, SandboxControl>()(
  "@productbuilding/sandbox/GitHubSandbox"
) {
  /** Listens for the life of the layer. */
  static readonly layer = (options: GitHubSandboxOptions = {}): Layer.Layer<GitHubSandbox, SandboxNotListening> =>
    Layer.effect(
      GitHubSandbox,
      Effect.acquireRelease(
        Effect.tryPromise({
          try: () => startGitHubSandbox(options),
          catch: (cause) =>
            new SandboxNotListening({ host: options.host ?? "127.0.0.1", port: options.port ?? 0, cause })
        }),
        (sandbox) => Effect.promise(() => sandbox.stop())
      )
    )
}
