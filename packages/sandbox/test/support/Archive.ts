/** Reads an archive as a client would. */
import { gunzipSync } from "node:zlib"
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"

/** The header of an entry, with its text. */
export interface ArchiveEntry {
  readonly header: Tar.Header
  readonly text: string
}

/** Every entry of a gzipped tar, in its order. */
export const entriesOf = (archive: Uint8Array): Effect.Effect<ReadonlyArray<ArchiveEntry>, Tar.TarError> =>
  Stream.make(new Uint8Array(gunzipSync(archive))).pipe(
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.mapEffect(({ body, header }) =>
      Effect.map(Stream.runCollect(body), (chunks) => ({ header, text: Buffer.concat(chunks).toString("utf8") }))
    ),
    Stream.runCollect
  )
