/** A defect of ours ends one deployment with a failure that is told, and is not repeated by every reconciliation. */
import { MemoryRuntime, Runtime } from "@productbuilding/preview"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { assert, it } from "vitest"
import { layerWith } from "../src/Serve.ts"
import { makeWorld, previewOf, repository, until, untilState } from "./Harness.ts"

it("a runtime that dies fails the deployment once, in words that leak nothing", async () => {
  const world = await makeWorld({ runtime: "process" })
  let prepared = 0
  const broken = Layer.effect(
    Runtime,
    Effect.map(Runtime, (runtime) =>
      Runtime.of({
        ...runtime,
        prepare: () => Effect.die(new Error(`sesame ${++prepared}`))
      })
    )
  ).pipe(Layer.provide(MemoryRuntime.layer()))
  const scenario = async () => {
    world.sandbox.openPullRequest(repository, { title: "Window" })
    await untilState(world, 1, "failed")
    const preview = await previewOf(world, 1)
    assert.strictEqual(preview?.failure?.stage, "compose")
    assert.include(preview?.failure?.summary, "The server itself made a mistake")
    await until("the comment says so", async () =>
      world.sandbox.comments(repository, 1).some(({ body }) => body.includes("The server itself made a mistake"))
    )
    assert.notInclude(JSON.stringify([preview, world.sandbox.comments(repository, 1)]), "sesame")
    // Three reconciliations pass.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    assert.strictEqual(prepared, 1)
  }
  try {
    await Effect.runPromise(
      Effect.promise(scenario).pipe(
        Effect.provide(
          layerWith(broken).pipe(
            Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(world.config))),
            Layer.provide(Logger.layer([]))
          )
        )
      )
    )
  } finally {
    await world.stop()
  }
})

it("a deployment that fails is not begun again by whoever looks at it in the moment of its end", async () => {
  const made = await makeWorld({ runtime: "process" })
  const world = {
    ...made,
    config: { ...made.config, RECONCILE_INTERVAL: "5 millis" }
  }
  const pulls = 12
  let prepared = 0
  const failing = Layer.effect(
    Runtime,
    Effect.map(Runtime, (runtime) =>
      Runtime.of({
        ...runtime,
        prepare: () =>
          Effect.andThen(Effect.sleep(`${100 + 13 * ++prepared} millis`), Effect.die(new Error("it fails")))
      })
    )
  ).pipe(Layer.provide(MemoryRuntime.layer()))
  const scenario = async () => {
    for (let number = 1; number <= pulls; number++) world.sandbox.openPullRequest(repository, { title: `PR ${number}` })
    for (let number = 1; number <= pulls; number++) await untilState(world, number, "failed")
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.strictEqual(prepared, pulls)
  }
  try {
    await Effect.runPromise(
      Effect.promise(scenario).pipe(
        Effect.provide(
          layerWith(failing).pipe(
            Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(world.config))),
            Layer.provide(Logger.layer([]))
          )
        )
      )
    )
  } finally {
    await world.stop()
  }
})
