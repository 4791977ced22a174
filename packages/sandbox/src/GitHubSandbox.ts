/** A GitHub on this machine: real HTTP, real signatures, no account. Everything is in memory and gone when it stops. */
import { once } from "node:events"
import { createServer } from "node:http"
import { Context, Layer } from "effect"
import { makeListener } from "./internal/listener.ts"
import { listen, running, type SandboxNotListening } from "./internal/listening.ts"
import { makeParts } from "./internal/parts.ts"
import type { SandboxControl } from "./SandboxControl.ts"

export { SandboxNotListening } from "./internal/listening.ts"

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
  const { app = { id: 1, slug: "productbuilding" }, login = "productbuilding" } = options
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
  url = await listen(server, options)
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

/** The sandbox as a service: its controls, in this process. `SandboxClient` has them as Effects. */
export class GitHubSandbox extends Context.Service<GitHubSandbox, SandboxControl>()(
  "@productbuilding/sandbox/GitHubSandbox"
) {
  /** Listens for the life of the layer. */
  static readonly layer = (options: GitHubSandboxOptions = {}): Layer.Layer<GitHubSandbox, SandboxNotListening> =>
    Layer.effect(
      GitHubSandbox,
      running(options, () => startGitHubSandbox(options))
    )
}
