import { EnvironmentName } from "@productbuilding/preview"
import { Effect, Layer } from "effect"
import { RuntimeWorld, suite } from "../../../preview/test/RuntimeTest.ts"
import { environmentOf, runtimeOf, workspaceOf } from "./support.ts"

let environments = 0

const layer = Layer.unwrap(
  Effect.map(workspaceOf(), (workspace) =>
    Layer.merge(
      runtimeOf(workspace),
      Layer.succeed(
        RuntimeWorld,
        RuntimeWorld.of({
          name: Effect.sync(() => EnvironmentName.make(`pb-shop-pr-${++environments}`)),
          serving: (name, text, variables = {}) =>
            Effect.sync(() => {
              const server = `require("http").createServer((_, r) => r.end(${JSON.stringify(text)})).listen(process.env.PORT)`
              return environmentOf(workspace, `echo "$GREETING"; exec node -e '${server}'`, { name, variables })
            }),
          ending: (name) => Effect.sync(() => environmentOf(workspace, "echo one; echo two; exit 3", { name })),
          refused: (name) => Effect.sync(() => environmentOf(workspace, "true", { name, trusted: false }))
        })
      )
    )
  )
)

suite("process", layer)
