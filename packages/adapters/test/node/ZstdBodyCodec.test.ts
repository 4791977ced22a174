import { assert, it } from "@effect/vitest"
import { plain } from "@productbuilding/core"
import { zstd } from "../../src/node/ZstdBodyCodec.ts"

it("compresses what is longer than a page, and reads back whatever it or `plain` has written", () => {
  for (const length of [0, 1, 4095, 4096, 30_000]) {
    const body = Uint8Array.from({ length }, (_, index) => index % 251)
    const { codec, stored } = zstd.encode(body)
    assert.strictEqual(codec, length < 4096 ? "plain" : "zstd")
    assert.deepStrictEqual(new Uint8Array(zstd.decode(codec, stored) ?? []), body)
    const asItIs = plain.encode(body)
    assert.deepStrictEqual(zstd.decode(asItIs.codec, asItIs.stored), body)
  }
  assert.isBelow(zstd.encode(new Uint8Array(30_000)).stored.length, 300)
  assert.isUndefined(zstd.decode("lost in time", new Uint8Array(1)))
})
