/** Previews in temporary folders. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { CommitSha } from "@productbuilding/core"
import { Contract, type Environment, EnvironmentName, PreviewId, Runtime } from "@productbuilding/preview"
import { ConfigProvider, Effect, Layer, Schema } from "effect"
import * as ProcessRuntime from "../../src/process/ProcessRuntime.ts"
import { marked } from "../../src/process/ProcessTable.ts"

/** A path that finds the Node that runs the tests. */
export const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`

export const name = EnvironmentName.make("pb-shop-pr-1")
export const previewId = PreviewId.make("acme/shop#1")

export const runtimeOf = (workspace: string) =>
  ProcessRuntime.layer({ workspaceDirectory: workspace, path }).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({})))
  )

/** A folder that is removed at the end, with every process that carries its mark. */
export const workspaceOf = (prefix = "pb-process-") =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), prefix))),
    (workspace) =>
      Effect.gen(function* () {
        const runtime = yield* Runtime
        for (const environment of yield* runtime.list) yield* runtime.remove(environment.name)
        rmSync(workspace, { recursive: true, force: true })
      }).pipe(Effect.provide(runtimeOf(workspace)), Effect.orDie)
  )

/** What still runs of a workspace. */
export const survivors = (workspace: string) => marked(workspace).map(({ pid }) => pid)

export const contractOf = (command: string | undefined) =>
  Schema.decodeSync(Contract)({ version: 1, ...(command === undefined ? {} : { process: { command } }) })

/** A release in a workspace, whose command is run in a folder of its own. */
export const environmentOf = (
  workspace: string,
  command: string | undefined,
  more: Partial<Environment> = {}
): Environment => {
  const { name: own = name } = more
  const sourceDirectory = join(workspace, own, "source")
  mkdirSync(sourceDirectory, { recursive: true })
  return {
    name,
    previewId,
    sha: CommitSha.make("0123456789".repeat(4)),
    sourceDirectory,
    stateDirectory: join(workspace, own, "runtime"),
    contract: contractOf(command),
    variables: {},
    trusted: true,
    ...more
  }
}

/** A command that answers every request with a text, and prints a line when it listens. */
export const serverOf = (answer: string, delayMs = 0) =>
  `exec node -e 'setTimeout(() => require("http").createServer((_, r) => r.end(${JSON.stringify(answer)})).listen(process.env.PORT, "127.0.0.1", () => console.log("listening")), ${delayMs})'`
