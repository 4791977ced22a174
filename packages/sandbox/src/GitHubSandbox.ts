/** A GitHub on this machine: real HTTP, real signatures, no account. Everything is in memory and gone when it stops. */
import { createServer, type Server } from "node:http"
import { Context, Effect, Layer } from "effect"
import { makeListener } from "./GitHubRoutes.ts"
import { makeControl, type SandboxControl } from "./SandboxControl.ts"

export interface GitHubSandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Accepted tokens. Default: any. */
  readonly tokens?: ReadonlyArray<string>
}

/** A sandbox that listens. */
export interface RunningSandbox extends SandboxControl {
  stop(): Promise<void>
}

/** Starts a sandbox, without Effect. It stops, with everything in it, when `stop` is called. */
export const startGitHubSandbox = async (options: GitHubSandboxOptions = {}): Promise<RunningSandbox> => {
  let url = ""
  const state = makeControl(() => url)
  const server: Server = createServer(makeListener(state, () => url, options.tokens))
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve)
  })
  const address = server.address()
  // NOTE: cannot happen: a server that listens on host and port has an address with a port.
  if (address === null || typeof address === "string") throw new Error("The sandbox listens on no port.")
  url = `http://${options.host ?? "127.0.0.1"}:${address.port}`
  return {
    ...state.control,
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** The sandbox as a service. */
export class GitHubSandbox extends Context.Service<GitHubSandbox, SandboxControl>()(
  "@productbuilding/sandbox/GitHubSandbox"
) {
  /** Listens for the life of the layer. A port that is taken is a defect that names it. */
  static readonly layer = (options: GitHubSandboxOptions = {}): Layer.Layer<GitHubSandbox> =>
    Layer.effect(
      GitHubSandbox,
      Effect.acquireRelease(
        Effect.promise(() => startGitHubSandbox(options)),
        (sandbox) => Effect.promise(() => sandbox.stop())
      )
    )
}
