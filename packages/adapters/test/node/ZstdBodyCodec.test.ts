import { assert, it } from "@effect/vitest"
import { plain } from "@productbuilding/core"
import { zstd } from "../../src/node/ZstdBodyCodec.ts"

it("reads back whatever it or `plain` has written, and makes less of it", () => {
  for (const length of [0, 1, 4096, 30_000, 3_000_000]) {
    const body = Uint8Array.from({ length }, (_, index) => index % 251)
    assert.deepStrictEqual(new Uint8Array(zstd.decode(zstd.name, zstd.encode(body)) ?? []), body)
    assert.deepStrictEqual(zstd.decode(plain.name, plain.encode(body)), body)
  }
  assert.isBelow(zstd.encode(new Uint8Array(30_000)).length, 300)
  assert.isUndefined(zstd.decode("lost in time", new Uint8Array(1)))
})
