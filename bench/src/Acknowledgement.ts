/** How fast servers acknowledge what is posted to them, over one connection and over sixteen. */
import { type LoadOptions, type LoadResult, load } from "./Load.ts"
import { median, type Row } from "./Report.ts"
import type { Subject } from "./Subject.ts"

const rounds = 6
const seconds = 3

export interface Contender {
  readonly name: string
  readonly subject: Subject
  readonly one: Array<LoadResult>
  readonly sixteen: Array<LoadResult>
}

export const contender = (name: string, subject: Subject): Contender => ({ name, subject, one: [], sixteen: [] })

/**
 * Contenders take turns within a round, so that a machine that slows down slows all of them. None is kept from the
 * machine by what another, or it itself, still does about an earlier load.
 */
export const measure = async (
  contenders: ReadonlyArray<Contender>,
  options: { readonly path: string; readonly request: Required<LoadOptions>["request"] }
): Promise<void> => {
  const { path, request } = options
  const run = async ({ subject }: Contender, connections: number) => {
    const result = await load({ url: `http://127.0.0.1:${subject.port}${path}`, connections, seconds, request })
    await subject.idle()
    return result
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) contender.one.push(await run(contender, 1))
    for (const contender of contenders) contender.sixteen.push(await run(contender, 16))
  }
}

export const rowOf = ({ name, one, sixteen }: Contender): Row => ({
  subject: name,
  figures: {
    "p50 ms, 1 conn": median(one.map(({ p50Ms }) => p50Ms)),
    "p99 ms, 1 conn": median(one.map(({ p99Ms }) => p99Ms)),
    "req/s, 16 conn": median(sixteen.map(({ perSecond }) => perSecond)),
    "p99 ms, 16 conn": median(sixteen.map(({ p99Ms }) => p99Ms))
  }
})

/** The median of what each round's two figures are to each other. */
const ratio = (
  ours: ReadonlyArray<LoadResult>,
  theirs: ReadonlyArray<LoadResult>,
  figure: (result: LoadResult) => number
): number =>
  median(
    ours.flatMap((result, round) => {
      const other = theirs[round]
      return other === undefined ? [] : [figure(result) / figure(other)]
    })
  )

export const latency = (ours: Contender, theirs: Contender): number => ratio(ours.one, theirs.one, ({ p50Ms }) => p50Ms)

export const rate = (ours: Contender, theirs: Contender): number =>
  ratio(ours.sixteen, theirs.sixteen, ({ perSecond }) => perSecond)
