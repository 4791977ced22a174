/** The contract of `ResourceLedger`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { ResourceLedger } from "../src/Resource.ts"

export const suite = (name: string, layer: Layer.Layer<ResourceLedger, unknown>) =>
  it.layer(layer, { excludeTestServices: true })(`ResourceLedger (${name})`, (it) => {
    const claim = (ownerKey: string) => ({ ownerKey, kind: "comment", subject: "acme/shop#1" })

    it.effect("a claim is pending before the object exists, and keeps one that lives", () =>
      Effect.gen(function* () {
        const ledger = yield* ResourceLedger
        assert.strictEqual((yield* ledger.claim(claim("one"))).state, "pending")
        yield* ledger.live("one", "42")
        const again = yield* ledger.claim(claim("one"))
        assert.deepStrictEqual([again.state, again.externalId], ["live", "42"])
      })
    )

    it.effect("what was removed can be claimed anew, and forgets its former id", () =>
      Effect.gen(function* () {
        const ledger = yield* ResourceLedger
        yield* ledger.claim(claim("two"))
        yield* ledger.live("two", "42")
        yield* ledger.removed("two")
        yield* ledger.removed("two")
        assert.isTrue(Option.exists(yield* ledger.find("two"), ({ state }) => state === "removed"))
        const again = yield* ledger.claim(claim("two"))
        assert.deepStrictEqual([again.state, again.externalId], ["pending", null])
      })
    )

    it.effect("standing lists what is not removed", () =>
      Effect.gen(function* () {
        const ledger = yield* ResourceLedger
        for (const key of ["a", "b", "c"]) yield* ledger.claim({ ownerKey: key, kind: "x", subject: "standing" })
        yield* ledger.removed("b")
        yield* ledger.ambiguous("c")
        const standing = yield* ledger.standing("standing")
        assert.deepStrictEqual(
          standing.map(({ ownerKey, state }) => [ownerKey, state]),
          [
            ["a", "pending"],
            ["c", "ambiguous"]
          ]
        )
      })
    )
  })
