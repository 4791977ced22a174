/** A sandbox for one test, and clients of Slack's own that talk to it. */
import { assert, it } from "@effect/vitest"
import { ErrorCode, LogLevel, WebClient, type WebClientOptions } from "@slack/web-api"
import { Effect } from "effect"
import { type RunningSlackSandbox, type SlackSandboxOptions, startSlackSandbox } from "../../../src/index.ts"
import { startApp } from "./App.ts"
import { complaintsAbout } from "./Declarations.ts"

/** A workspace with Ada, Bob, and a channel that the bot is in. */
export interface Workspace extends RunningSlackSandbox {
  readonly ada: string
  readonly bob: string
  readonly general: string
  /** As an app has one. Every answer is checked against its declared type. */
  readonly client: WebClient
  readonly complaints: Array<string>
}

/** A client that neither retries nor waits. */
export const clientOf = (
  sandbox: RunningSlackSandbox,
  options: WebClientOptions & { readonly token?: string } = {}
) => {
  const { token = sandbox.app.botToken, ...more } = options
  return new WebClient(token, {
    slackApiUrl: sandbox.apiUrl,
    logLevel: LogLevel.ERROR,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    ...more
  })
}

const workspaceIn = (sandbox: RunningSlackSandbox): Workspace => {
  const ada = sandbox.addUser({ name: "ada", realName: "Ada Lovelace" }).id
  const bob = sandbox.addUser({ name: "bob" }).id
  const general = sandbox.addChannel({ name: "general" }).id
  sandbox.invite(general)
  const complaints: Array<string> = []
  const checking: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const method = String(input).split("/api/")[1] ?? ""
    const body: unknown = await response.clone().json()
    complaints.push(...complaintsAbout(method, body))
    return response
  }
  return { ...sandbox, ada, bob, general, complaints, client: clientOf(sandbox, { fetch: checking }) }
}

/** A test with a sandbox of its own. It fails as well when an answer was not what its type says. */
export const inSandbox = (
  title: string,
  options: SlackSandboxOptions,
  body: (sandbox: Workspace) => Promise<void>
): void =>
  it.live(title, () =>
    Effect.acquireUseRelease(
      Effect.promise(() => startSlackSandbox(options)),
      (sandbox) =>
        Effect.promise(async () => {
          const workspace = workspaceIn(sandbox)
          await body(workspace)
          assert.deepStrictEqual(workspace.complaints, [])
        }),
      (sandbox) => Effect.promise(() => sandbox.stop())
    )
  )

/** With an app that the events go to. */
export const withApp = async (
  sandbox: Workspace,
  reply: Parameters<typeof startApp>[0],
  body: (app: Awaited<ReturnType<typeof startApp>>) => Promise<void>
) => {
  const app = await startApp(reply)
  try {
    await sandbox.setRequestUrl(app.url)
    await body(app)
  } finally {
    app.stop()
  }
}

/** The error that Slack answered with. */
export const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
  } catch (cause) {
    if (typeof cause !== "object" || cause === null || !("code" in cause)) throw cause
    if (cause.code === ErrorCode.RateLimitedError) return "ratelimited"
    if ("data" in cause && typeof cause.data === "object" && cause.data !== null && "error" in cause.data) {
      return String(cause.data.error)
    }
    throw cause
  }
  return "ok"
}

/** Waits until it holds; the test's own time limit ends the wait. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
