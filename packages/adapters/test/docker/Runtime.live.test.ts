import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { CommitSha } from "@productbuilding/core"
import { Contract, type Environment, EnvironmentName, PreviewId } from "@productbuilding/preview"
import { Effect, Layer, Schema } from "effect"
import { describeWith } from "../../../../test/support/requires.ts"
import { RuntimeWorld, suite } from "../../../preview/test/RuntimeTest.ts"
import * as DockerRuntime from "../../src/docker/DockerRuntime.ts"

const composeFile = "compose.yml"
const contract = Schema.decodeSync(Contract)({ version: 1, compose: { file: composeFile } })

let numbers = 0

const world = Layer.effect(
  RuntimeWorld,
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "pb-docker-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const release = (name: EnvironmentName, compose: object, variables: Environment["variables"] = {}) =>
      Effect.sync((): Environment => {
        const sourceDirectory = join(folder, name, `source-${++numbers}`)
        mkdirSync(sourceDirectory, { recursive: true })
        writeFileSync(join(sourceDirectory, "Dockerfile"), `FROM busybox:1\nLABEL release=${numbers}\n`)
        writeFileSync(join(sourceDirectory, composeFile), JSON.stringify(compose))
        return {
          name,
          previewId: PreviewId.make(`pb-test/run-${process.pid}#${name.replace(/.*-/, "")}`),
          sha: CommitSha.make("0123456789".repeat(4)),
          sourceDirectory,
          stateDirectory: join(folder, name, "state"),
          contract,
          variables,
          trusted: true
        }
      })
    const app = (command: string) => ({ services: { app: { build: ".", init: true, command: ["sh", "-c", command] } } })
    return RuntimeWorld.of({
      name: Effect.sync(() => EnvironmentName.make(`pb-test-run-${process.pid}-pr-${++numbers}`)),
      serving: (name, text, variables) => {
        const serve = `echo "$$GREETING"; mkdir /www; echo -n '${text}' > /www/index.html; exec httpd -f -p 8080 -h /www`
        return release(name, app(serve), variables)
      },
      ending: (name) => release(name, app("echo one; echo two; exit 3")),
      refused: (name) => release(name, { services: { app: { image: "busybox:1", privileged: true } } })
    })
  })
)

const runtime = DockerRuntime.layerConfig.pipe(Layer.provide(NodeServices.layer))

describeWith(["docker"], "the Docker runtime", () => suite("Docker", Layer.merge(runtime, world)))
