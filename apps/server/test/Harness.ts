/** A sandbox GitHub and a server on it, in this process or in one of its own that may be killed. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Preview } from "@productbuilding/preview"
import {
  exampleRepository,
  type RunningModelSandbox,
  type RunningSandbox,
  type RunningSlackSandbox,
  startGitHubSandbox
} from "@productbuilding/sandbox"
import { Schema } from "effect"
import { freePort } from "../../../test/support/freePort.ts"
import { quickFolder } from "../../../test/support/quickFolder.ts"

export const repository = "acme/shop"
export const webhookSecret = "It's a Secret to Everybody"

/** A contract and a compose file over the example's, as a change of a pull request. */
export const contract = (text: string): Record<string, string> => ({ ".productbuilding/preview/config.yml": text })

export interface World {
  readonly folder: string
  readonly port: number
  readonly url: string
  readonly sandbox: RunningSandbox
  readonly config: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** What a server has to know of a Slack workspace. `users`: who is who, as `login=user`. */
export const slackSettings = ({ apiUrl, app }: RunningSlackSandbox, users: string) => ({
  SLACK_API_URL: apiUrl,
  SLACK_BOT_TOKEN: app.botToken,
  SLACK_SIGNING_SECRET: app.signingSecret,
  SLACK_USERS: users
})

/** What a server has to know of a language model. */
export const modelSettings = ({ url }: RunningModelSandbox) => ({
  LLM_PROVIDER: "anthropic",
  LLM_API_KEY: "key-of-the-sandbox",
  LLM_BASE_URL: url
})

/** A folder, a sandbox with `acme/shop`, and the configuration of a server that does not run yet. */
export const makeWorld = async (options: {
  readonly runtime: "docker" | "process"
  readonly slug?: string
}): Promise<World> => {
  const name = options.slug ?? repository
  const folder = mkdtempSync(join(tmpdir(), "pb-test-"))
  mkdirSync(join(folder, "workspaces"))
  writeFileSync(join(folder, "targets.json"), JSON.stringify([{ repo: name }]))
  const data = quickFolder("pb-test-data-")
  const port = await freePort()
  const sandbox = await startGitHubSandbox({ tokens: ["token-of-the-sandbox"] })
  sandbox.addRepository(name, exampleRepository)
  sandbox.addHook(name, { url: `http://127.0.0.1:${port}/webhook`, secret: webhookSecret })
  return {
    folder,
    port,
    url: `http://127.0.0.1:${port}`,
    sandbox,
    config: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      // NOTE: where Docker's plugins are, and so which version of Compose is tested.
      ...(process.env["DOCKER_CONFIG"] === undefined ? {} : { DOCKER_CONFIG: process.env["DOCKER_CONFIG"] }),
      PORT: String(port),
      HOST: "127.0.0.1",
      DATABASE_PATH: join(data, "test.db"),
      WORKSPACE_DIR: join(folder, "workspaces"),
      TARGETS_CONFIG_PATH: join(folder, "targets.json"),
      GITHUB_WEBHOOK_SECRET: webhookSecret,
      GITHUB_TOKEN: "token-of-the-sandbox",
      GITHUB_API_URL: sandbox.url,
      PREVIEW_RUNTIME: options.runtime,
      GITHUB_WRITE_INTERVAL: "0 millis",
      RECONCILE_INTERVAL: "1 second"
    },
    stop: async () => {
      await sandbox.stop()
      endPreviews(join(folder, "workspaces", "processes"))
      rmSync(folder, { recursive: true, force: true })
      rmSync(data, { recursive: true, force: true })
    }
  }
}

/** Previews that are processes outlive their server, so that a restart finds them: a test has to end them itself. */
const endPreviews = (folder: string) => {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!name.endsWith(".pid")) continue
    const pid = Number(readFileSync(join(folder, name), "utf8"))
    try {
      if (Number.isInteger(pid) && pid > 1) process.kill(-pid, "SIGKILL")
    } catch (error) {
      // NOTE: it has ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error
    }
  }
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly child: ChildProcess
  /** What it has printed. */
  output(): string
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<void>
}

export const startServer = async (world: World): Promise<ServerProcess> => {
  const entry = process.env["PB_BUNDLED"] === "1" ? "../dist/main.js" : "../src/main.ts"
  const child = spawn(process.execPath, [join(import.meta.dirname, entry)], {
    env: { ...world.config },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  const exited = once(child, "exit")
  await until("the server listens", async () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output}`)
    return (await fetch(`${world.url}/readyz`).catch(() => null))?.ok === true
  })
  return {
    child,
    output: () => output,
    kill: async (signal) => {
      child.kill(signal)
      await exited
    }
  }
}

/** Looks again until it is so. A deadline that names what was waited for, not a measure of speed. */
export const until = async (what: string, check: () => Promise<boolean>, seconds = 60): Promise<void> => {
  const deadline = Date.now() + seconds * 1000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const decodePreviews = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Preview)))

export const previews = async (world: World): Promise<ReadonlyArray<Preview>> =>
  decodePreviews(await (await fetch(`${world.url}/previews?deleted=true`)).text())

export const previewOf = async (world: World, number: number): Promise<Preview | undefined> =>
  (await previews(world)).find(({ pullRequest }) => pullRequest === number)

/** Waits for a state, and fails early when the preview fails instead. */
export const untilState = (world: World, number: number, state: Preview["state"], sha?: string): Promise<void> =>
  until(`pull request #${number} is ${state}`, async () => {
    const preview = await previewOf(world, number)
    if (preview?.state === "failed" && state === "ready" && (sha === undefined || preview.sha === sha)) {
      throw new Error(`the preview failed: ${JSON.stringify(preview.failure)}`)
    }
    return preview?.state === state && (sha === undefined || preview.sha === sha)
  })

/** What a preview's host answers through the front door. */
export const visit = async (
  world: World,
  host: string,
  path = "/"
): Promise<{ readonly status: number; readonly body: string }> => {
  const { get } = await import("node:http")
  return await new Promise((resolve, reject) => {
    get(
      { host: "127.0.0.1", port: world.port, path, headers: { host: `${host}:${world.port}` }, agent: false },
      (response) => {
        let body = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => {
          body += chunk
        })
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }))
      }
    ).on("error", reject)
  })
}

/** Living processes that were started for previews of a world's workspace. */
export const strayProcesses = (world: World): ReadonlyArray<string> => {
  const { readdirSync } = process.getBuiltinModule("node:fs")
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8")
        return environment.includes("PRODUCTBUILDING_ENVIRONMENT=") && environment.includes(world.folder)
      } catch {
        return false
      }
    })
}

/** Every stage takes long enough to be seen, so that each can be hit. */
export const slow = contract(`version: 1
runtime: { healthcheck_path: /healthz, startup_timeout_seconds: 30 }
database: { migrate_command: "sleep 0.4; echo migrated >> migrations.txt" }
post_deploy_commands: [{ command: "sleep 0.4; echo seeded" }]
process: { command: "sleep 0.5; exec node server.mjs" }
`)

/** Resolves at the first sight of a stage or state in the stream of previews. */
export const sight = async (world: World, wanted: string): Promise<void> => {
  const response = await fetch(`${world.url}/previews/stream`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error("the stream has no body")
  let text = ""
  while (true) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended before ${wanted}`)
    text += value
    const frames = text.split("\n\n")
    text = frames.pop() ?? ""
    for (const frame of frames) {
      const data = /^data: ?(.*)$/m.exec(frame)?.[1]
      if (data === undefined || !/^event: ?preview$/m.test(frame)) continue
      const preview: { readonly state: string; readonly stages: ReadonlyArray<{ readonly stage: string }> } =
        JSON.parse(data)
      if (preview.state === wanted || preview.stages.at(-1)?.stage === wanted) {
        void reader.cancel()
        return
      }
    }
  }
}
