/** The front door against httpxy and against no proxy at all, in front of the same upstream. */
import { join } from "node:path"
import { type LoadResult, load } from "../Load.ts"
import { median, type Result } from "../Report.ts"
import { type Subject, start } from "../Subject.ts"

const rounds = 3
const seconds = 4

const script = (name: string) => join(import.meta.dirname, "..", "subjects", `${name}.ts`)

/** Subjects take turns within a round, so that a machine that slows down slows all of them. */
export const frontDoor = async (): Promise<Result> => {
  const upstream = await start((port) => [script("upstream"), String(port)])
  const subjects: Array<{ readonly name: string; readonly subject: Subject; readonly results: Array<LoadResult> }> = [
    { name: "direct", subject: upstream, results: [] }
  ]
  try {
    for (const [name, file] of [
      ["productbuilding", "frontDoor"],
      ["httpxy", "httpxyProxy"]
    ] as const) {
      subjects.push({
        name,
        subject: await start((port) => [script(file), String(port), String(upstream.port)]),
        results: []
      })
    }
    for (let round = 0; round < rounds; round++) {
      for (const { results, subject } of subjects) {
        results.push(await load({ url: `http://127.0.0.1:${subject.port}/`, connections: 16, seconds }))
      }
    }
    const figures = subjects.map(({ name, results }) => ({
      subject: name,
      figures: {
        "req/s, 16 conn": median(results.map(({ perSecond }) => perSecond)),
        "p50 ms": median(results.map(({ p50Ms }) => p50Ms)),
        "p99 ms": median(results.map(({ p99Ms }) => p99Ms))
      }
    }))
    const [direct, ours, httpxy] = figures
    if (direct === undefined || ours === undefined || httpxy === undefined) throw new Error("a subject is missing")
    const added = (one: typeof ours, figure: "p50 ms" | "p99 ms") => one.figures[figure] - direct.figures[figure]
    return {
      suite: "front door",
      rows: figures,
      ratios: [
        {
          name: "req/s, ours / httpxy",
          value: ours.figures["req/s, 16 conn"] / httpxy.figures["req/s, 16 conn"],
          goal: { kind: "at least", value: 1 }
        },
        {
          name: "added p50, ours / httpxy",
          value: added(ours, "p50 ms") / added(httpxy, "p50 ms"),
          goal: { kind: "at most", value: 1 }
        },
        {
          name: "added p99, ours / httpxy",
          value: added(ours, "p99 ms") / added(httpxy, "p99 ms"),
          goal: { kind: "at most", value: 1.1 }
        }
      ]
    }
  } finally {
    await Promise.all(subjects.map(({ subject }) => subject.stop()))
  }
}
