import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Redacted, Result } from "effect"
import { Webhook } from "standardwebhooks"
import { makeSigner, parseSecret } from "../../src/callbacks/CallbackSignature.ts"
import * as NodeMac from "../../src/node/NodeMac.ts"

const encoder = new TextEncoder()
const newest = `whsec_${Buffer.alloc(24, 1).toString("base64")}`
const older = `whsec_${Buffer.alloc(64, 2).toString("base64")}`
const stranger = `whsec_${Buffer.alloc(32, 3).toString("base64")}`
const read = (text: string) => Result.getOrThrow(parseSecret(Redacted.make(text)))

describe("Standard Webhooks' signature", () => {
  it.live("is taken by the official library, with each secret of a rotation, and with no other", () =>
    Effect.gen(function* () {
      const signer = yield* makeSigner([read(newest), read(older)])
      const text = JSON.stringify({ type: "state", data: { title: "Tässä – 漢字 🎉" } })
      const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const headers = yield* signer.sign("msg_1", nowSeconds, encoder.encode(text))
      assert.lengthOf((headers["webhook-signature"] ?? "").split(" "), 2)
      for (const secret of [newest, older]) {
        assert.deepStrictEqual(new Webhook(secret).verify(text, headers), JSON.parse(text))
        assert.throws(() => new Webhook(secret).verify(`${text} `, headers))
        assert.throws(() => new Webhook(secret).verify(text, { ...headers, "webhook-id": "msg_2" }))
        const later = String(nowSeconds + 1)
        assert.throws(() => new Webhook(secret).verify(text, { ...headers, "webhook-timestamp": later }))
      }
      assert.throws(() => new Webhook(stranger).verify(text, headers))
    }).pipe(Effect.provide(NodeMac.layer))
  )

  it.effect("is byte for byte the one that the official library makes, the newest secret's first", () =>
    Effect.gen(function* () {
      const signer = yield* makeSigner([read(newest), read(older)])
      const headers = yield* signer.sign("msg_1", 1_674_087_231, encoder.encode("{}"))
      const at = new Date(1_674_087_231_000)
      assert.deepStrictEqual(headers, {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1674087231",
        "webhook-signature": [newest, older].map((secret) => new Webhook(secret).sign("msg_1", at, "{}")).join(" ")
      })
    }).pipe(Effect.provide(NodeMac.layer))
  )

  it("takes secrets of 24 to 64 bytes behind whsec_, and tells nothing of the others", () => {
    for (const length of [24, 32, 64]) read(`whsec_${Buffer.alloc(length, 1).toString("base64")}`)
    for (const [text, why] of [
      [`${Buffer.alloc(24, 1).toString("base64")}`, "must begin with whsec_"],
      ["whsec_!!!!notbase64!!!!", "must be base64 behind whsec_"],
      [`whsec_${Buffer.alloc(23, 1).toString("base64")}`, "must be 24 to 64 bytes in base64; it is 23"],
      [`whsec_${Buffer.alloc(65, 1).toString("base64")}`, "must be 24 to 64 bytes in base64; it is 65"],
      ["whsec_", "must be 24 to 64 bytes in base64; it is 0"]
    ] as const) {
      assert.deepStrictEqual(parseSecret(Redacted.make(text)), Result.fail(why))
    }
  })
})
