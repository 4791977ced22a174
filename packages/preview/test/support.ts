/** Archives as a code host sends them, and as an attacker would. */
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"

/** The bytes of a tar with these entries. */
export const tarOf = (...entries: ReadonlyArray<Tar.Entry>): Effect.Effect<Uint8Array, Tar.TarError> =>
  Stream.fromIterable(entries).pipe(Stream.pipeThroughChannel(Tar.encode()), Stream.runCollect, Effect.map(join))

/** The bytes, gzipped. */
export const gzipped = (bytes: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("gzip"))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  })

/** A gzipped tar, in pieces of an odd size. */
export const archiveOf = (...entries: ReadonlyArray<Tar.Entry>) =>
  Stream.unwrap(Effect.map(Effect.flatMap(tarOf(...entries), gzipped), inPieces))

/** The bytes as a stream of pieces. */
export const inPieces = (bytes: Uint8Array, size = 1009): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size)
    )
  )

/** One header block as bytes, with whatever name, kind and link target an encoder would refuse. */
export const rawHeader = (name: string, typeflag: string, linkTarget = "", size = 0): Uint8Array => {
  const block = new Uint8Array(512)
  const put = (text: string, offset: number) => block.set(new TextEncoder().encode(text), offset)
  put(name, 0)
  put("0000644\0", 100)
  put("0000000\0", 108)
  put("0000000\0", 116)
  put(`${size.toString(8).padStart(11, "0")}\0`, 124)
  put("00000000000\0", 136)
  put("        ", 148)
  put(typeflag, 156)
  put(linkTarget, 157)
  put("ustar\0" + "00", 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return block
}

/** Blocks as a gzipped tar, with its end. */
export const rawArchive = (...blocks: ReadonlyArray<Uint8Array>) =>
  Stream.unwrap(Effect.map(gzipped(join([...blocks, new Uint8Array(1024)])), inPieces))

const join = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
