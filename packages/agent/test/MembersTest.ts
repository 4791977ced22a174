/** The contract of `Members`. An adapter's live test calls `suite` with the port and the world behind it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { includes, Members } from "../src/index.ts"
import { HostWorld, reasonOf, unknown } from "./HostWorld.ts"

type Host = Layer.Layer<Members | HostWorld, unknown>

/** `denied` has credentials that the host does not accept. */
export const suite = (name: string, host: Host, denied: Host) =>
  describe(`Members (${name})`, () => {
    it.live("says what somebody may do, as it is at that moment", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const members = yield* Members
        for (const [role, permission] of [
          ["admin", "admin"],
          ["maintain", "write"],
          ["write", "write"],
          ["triage", "triage"],
          ["read", "read"],
          ["none", "none"]
        ] as const) {
          yield* world.setRole("grace", role)
          assert.strictEqual(yield* members.permission(world.repository, "Grace"), permission, role)
        }
        assert.isFalse(includes("triage", "write"))
      }).pipe(Effect.provide(host))
    )

    it.live("gives nothing to a login that does not exist, or that is no login at all", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const members = yield* Members
        for (const login of ["x".repeat(60), "a b", "", "..", "../../collaborators/grace"]) {
          assert.strictEqual(yield* members.permission(world.repository, login), "none", login)
        }
      }).pipe(Effect.provide(host))
    )

    it.live("fails where it cannot know: for an unknown repository, and without an answer", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const members = yield* Members
        assert.strictEqual(yield* reasonOf(members.permission(unknown, "ada")), "NotFound")
        yield* world.fault({ method: "GET", times: 3, kind: "broken" })
        assert.strictEqual(yield* reasonOf(members.permission(world.repository, "ada")), "Unavailable")
      }).pipe(Effect.provide(host))
    )

    it.live("fails with Denied for credentials that are not accepted", () =>
      Effect.gen(function* () {
        const world = yield* HostWorld
        const members = yield* Members
        assert.strictEqual(yield* reasonOf(members.permission(world.repository, "ada")), "Denied")
      }).pipe(Effect.provide(denied))
    )
  })
