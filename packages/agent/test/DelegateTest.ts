/** The contract of `Delegate`. An adapter's live test calls `suite` with the port and the world behind it. */
import { assert, describe, it } from "@effect/vitest"
import { threadId } from "@productbuilding/core"
import { Effect, type Layer } from "effect"
import { Delegate } from "../src/index.ts"
import { HostWorld, reasonOf } from "./HostWorld.ts"

type Host = Layer.Layer<Delegate | HostWorld, unknown>

/** In `mentioned` and `assigned` the project has a coding agent, in `alone` it has none. */
export const suite = (
  name: string,
  agents: {
    /** It is called by a mention of this login. */
    readonly mentioned: { readonly login: string; readonly host: Host }
    /** It is called by being assigned, under this login. */
    readonly assigned: { readonly login: string; readonly host: Host }
    readonly alone: Host
  }
) =>
  describe(`Delegate (${name})`, () => {
    const setUp = Effect.gen(function* () {
      const world = yield* HostWorld
      const delegate = yield* Delegate
      const number = yield* world.openIssue({ title: "A mug leaks" })
      const handOver = (ownerKey: string, instructions = "Glue it.\nThen test it.") =>
        delegate.handOver({
          issue: threadId(world.repository, number),
          instructions,
          requester: "Ada",
          ownerKey
        })
      return { world, number, handOver }
    })

    const mentioned = agents.mentioned
    it.live("hands an issue over by one comment that mentions the agent, however often it is asked", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        const first = yield* handOver("one")
        assert.strictEqual(first.to, mentioned.login)
        assert.include(first.url, String(number))
        const [body = "", ...others] = yield* world.bodies(number)
        assert.deepStrictEqual(others, [])
        assert.include(body, `@${mentioned.login}`)
        assert.include(body, "Glue it.\nThen test it.")
        assert.include(body, "Ada")
        assert.deepStrictEqual(yield* handOver("one"), first)
        assert.strictEqual((yield* world.bodies(number)).length, 1)
        yield* handOver("another")
        assert.strictEqual((yield* world.bodies(number)).length, 2)
      }).pipe(Effect.provide(mentioned.host))
    )

    it.live("writes one comment though the answer is lost", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        yield* world.fault({ method: "POST", times: 1, kind: "lost" })
        const told = yield* handOver("lost")
        assert.strictEqual((yield* world.bodies(number)).length, 1)
        assert.deepStrictEqual(yield* handOver("lost"), told)
      }).pipe(Effect.provide(mentioned.host))
    )

    it.live("is not fooled by a comment of somebody else that bears its mark", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        yield* world.fault({ method: "POST", times: 2, kind: "broken" })
        assert.strictEqual(yield* reasonOf(handOver("forged")), "Unavailable")
        yield* handOver("model")
        const [model = ""] = yield* world.bodies(number)
        yield* world.comment(number, "mallory", model.replace("model", "forged"))
        yield* handOver("forged")
        assert.strictEqual((yield* world.bodies(number)).length, 3)
      }).pipe(Effect.provide(mentioned.host))
    )

    const assigned = agents.assigned
    it.live("assigns an agent that is called so, once, with one comment", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        yield* world.setRole(assigned.login, "write")
        assert.strictEqual((yield* handOver("one")).to, assigned.login)
        assert.deepStrictEqual((yield* world.issue(number)).assignees, [assigned.login])
        const bodies = yield* world.bodies(number)
        assert.strictEqual(bodies.length, 1)
        assert.include(bodies[0], "Glue it.")
        yield* world.unassign(number, assigned.login)
        yield* handOver("one")
        assert.deepStrictEqual((yield* world.issue(number)).assignees, [], "whoever took it away meant it")
        assert.strictEqual((yield* world.bodies(number)).length, 1)
      }).pipe(Effect.provide(assigned.host))
    )

    it.live("says so when the host does not assign the agent, and goes on once it may", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        assert.strictEqual(yield* reasonOf(handOver("one")), "Rejected")
        yield* world.setRole(assigned.login, "write")
        yield* handOver("one")
        assert.deepStrictEqual((yield* world.issue(number)).assignees, [assigned.login])
        assert.strictEqual((yield* world.bodies(number)).length, 1)
      }).pipe(Effect.provide(assigned.host))
    )

    it.live("fails with NoDelegate where the project has no agent, and writes nothing", () =>
      Effect.gen(function* () {
        const { handOver, number, world } = yield* setUp
        assert.strictEqual((yield* Effect.flip(handOver("one")))._tag, "NoDelegate")
        assert.deepStrictEqual(yield* world.bodies(number), [])
      }).pipe(Effect.provide(agents.alone))
    )

    it.live("fails with NotFound for an issue that is not there", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const delegate = yield* Delegate
        const request = { issue: threadId(world.repository, 99), instructions: "x", requester: "Ada", ownerKey: "x" }
        assert.strictEqual(yield* reasonOf(delegate.handOver(request)), "NotFound")
      }).pipe(Effect.provide(mentioned.host))
    )
  })
