/**
 * How the bodies of deliveries lie in the database. One that comes alone is stored as it came, which is soonest done, and
 * compressed once it was decided; those that come together are compressed together, which makes much less of them, as they
 * are alike.
 */
import { Effect, Option, Schema } from "effect"
import { type SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { type BodyCodec, plain } from "../BodyCodec.ts"
import { DeliveryId } from "../Delivery.ts"

/** What a row holds. */
export const StoredBody = Schema.Struct({ codec: Schema.String, body: Schema.Uint8Array })
export type StoredBody = typeof StoredBody.Type

/** The body lies in a bundle, at the place that is stored. */
const bundled = "bundle"

/** Longer ones are no more like others than they are long. */
const maxBundledBytes = 64 * 1024

const Place = Schema.fromJsonString(Schema.Struct({ bundle: Schema.Int, at: Schema.Int, length: Schema.Int }))
const encodePlace = Schema.encodeSync(Place)
const decodePlace = Schema.decodeEffect(Place)

const concat = (bodies: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(bodies.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const body of bodies) {
    whole.set(body, at)
    at += body.length
  }
  return whole
}

export const make = (sql: SqlClient.SqlClient, codec: BodyCodec) => {
  const insertBundle = SqlSchema.findOne({
    Request: StoredBody,
    Result: Schema.Struct({ bundle: Schema.Int }),
    execute: (row) => sql`INSERT INTO delivery_bundles ${sql.insert(row)} RETURNING bundle`
  })
  const selectBundle = SqlSchema.findOneOption({
    Request: Schema.Int,
    Result: StoredBody,
    execute: (bundle) => sql`SELECT codec, body FROM delivery_bundles WHERE bundle = ${bundle}`
  })
  const selectLoose = SqlSchema.findOneOption({
    Request: DeliveryId,
    Result: Schema.Struct({ body: Schema.Uint8Array }),
    execute: (id) => sql`
      SELECT body FROM deliveries
      WHERE id = ${id} AND codec = ${plain.name} AND length(body) >= ${codec.worthwhileBytes}
    `
  })

  const alone = (body: Uint8Array): StoredBody =>
    body.length < codec.worthwhileBytes ? { codec: plain.name, body } : { codec: codec.name, body: codec.encode(body) }

  const isMember = ({ length }: Uint8Array) => length >= codec.worthwhileBytes && length <= maxBundledBytes

  /** The newest that was read: its members are mostly read one after the other. */
  let opened: { readonly bundle: number; readonly bytes: Uint8Array } | undefined

  const open = Effect.fnUntraced(function* (bundle: number) {
    if (opened?.bundle === bundle) return opened.bytes
    const found = yield* selectBundle(bundle)
    const bytes = Option.isSome(found) ? codec.decode(found.value.codec, found.value.body) : undefined
    if (bytes !== undefined) opened = { bundle, bytes }
    return bytes
  })

  return {
    /** Whether these are bundled: then rows and bundle have to be written in one transaction. */
    areBundled: (bodies: ReadonlyArray<Uint8Array>): boolean => bodies.filter(isMember).length > 1,

    /** What the rows of bodies hold that are written together, and the bundle that was written for them. */
    store: Effect.fnUntraced(function* (bodies: ReadonlyArray<Uint8Array>) {
      const members = bodies.filter(isMember)
      if (members.length < 2) return { rows: bodies.map(alone), bundle: undefined }
      const { bundle } = yield* insertBundle({ codec: codec.name, body: codec.encode(concat(members)) })
      let at = 0
      const rows = bodies.map((body): StoredBody => {
        if (!isMember(body)) return alone(body)
        const place = encodePlace({ bundle, at, length: body.length })
        at += body.length
        return { codec: bundled, body: new TextEncoder().encode(place) }
      })
      return { rows, bundle }
    }),

    /** For a bundle none of whose members had to be stored. */
    drop: (bundle: number): Effect.Effect<unknown, SqlError.SqlError> =>
      sql`DELETE FROM delivery_bundles WHERE bundle = ${bundle}`,

    /** The bytes as they came. `undefined` where no codec reads what is stored. */
    read: Effect.fnUntraced(function* ({ body, codec: name }: StoredBody) {
      if (name !== bundled) return codec.decode(name, body)
      const { at, bundle, length } = yield* decodePlace(new TextDecoder().decode(body))
      return (yield* open(bundle))?.slice(at, at + length)
    }),

    /** Compresses a body that was stored as it came. */
    compress: Effect.fnUntraced(function* (id: DeliveryId) {
      if (codec.worthwhileBytes === Number.POSITIVE_INFINITY) return
      const loose = yield* selectLoose(id)
      if (Option.isSome(loose)) {
        yield* sql`UPDATE deliveries SET ${sql.update({ ...alone(loose.value.body) })} WHERE id = ${id}`
      }
    })
  }
}

/** What `make` makes. */
export type DeliveryBodies = ReturnType<typeof make>
