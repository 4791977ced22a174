import { NodeCrypto } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Mac, SecureRandom } from "effect/crypto"
import * as NodeMac from "../../src/node/NodeMac.ts"

const algorithms = [Mac.hmacSha1, Mac.hmacSha256, Mac.hmacSha384, Mac.hmacSha512]
const web = Mac.layerWebCrypto.pipe(Layer.provide(SecureRandom.layerWebCrypto))
const tag = (algorithm: Mac.Algorithm, key: Uint8Array, data: Uint8Array) =>
  Effect.gen(function* () {
    const mac = yield* Mac.Mac
    return yield* mac.sign(yield* Mac.key(algorithm, key), data)
  })

it.effect("signs as WebCrypto does, with keys and data of any length", () =>
  Effect.gen(function* () {
    for (const algorithm of algorithms) {
      for (const length of [1, 63, 64, 65, 200]) {
        const key = new Uint8Array(length).fill(length)
        for (const data of [new Uint8Array(0), new Uint8Array(5000).fill(7)]) {
          const ours = yield* Effect.provide(tag(algorithm, key, data), NodeMac.layer)
          assert.deepStrictEqual(ours, yield* Effect.provide(tag(algorithm, key, data), web))
          assert.deepStrictEqual(ours, yield* Effect.provide(tag(algorithm, key, data), NodeCrypto.layerMac))
        }
      }
    }
  })
)

it.effect("verifies what it signed, and nothing else", () =>
  Effect.gen(function* () {
    const mac = yield* Mac.Mac
    const key = yield* Mac.key(Mac.hmacSha256, new TextEncoder().encode("a secret"))
    const other = yield* Mac.key(Mac.hmacSha256, new TextEncoder().encode("another"))
    const data = new TextEncoder().encode("hello")
    const signature = yield* mac.sign(key, data)
    assert.isTrue(yield* mac.verify(key, signature, data))
    assert.isFalse(yield* mac.verify(other, signature, data))
    assert.isFalse(yield* mac.verify(key, signature.subarray(1), data))
    assert.isFalse(yield* mac.verify(key, signature, data.subarray(1)))
  }).pipe(Effect.provide(NodeMac.layer))
)
