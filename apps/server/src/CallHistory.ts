/** How many calls were made in each of the last 60 minutes, by name, from counters that only grow. In memory alone. */

const minutes = 60

interface Counted {
  /** The counter when it was last read. */
  total: number
  /** The minute of the last entry. */
  minute: number
  /** The oldest first. */
  readonly calls: Array<number>
}

export interface CallHistory {
  /** Reads a counter: what it grew by since the last reading belongs to the current minute. */
  note(name: string, total: number, nowMs: number): void
  /** 60 numbers; the last one is the current minute's. */
  calls(name: string, nowMs: number): ReadonlyArray<number>
}

export const makeCallHistory = (): CallHistory => {
  const counters = new Map<string, Counted>()

  const moved = (name: string, nowMs: number): Counted => {
    const minute = Math.floor(nowMs / 60_000)
    const known = counters.get(name) ?? { total: 0, minute, calls: Array.from({ length: minutes }, () => 0) }
    counters.set(name, known)
    const passed = Math.min(minutes, Math.max(0, minute - known.minute))
    known.calls.splice(0, passed)
    for (let index = 0; index < passed; index++) known.calls.push(0)
    known.minute = Math.max(known.minute, minute)
    return known
  }

  return {
    note: (name, total, nowMs) => {
      const known = moved(name, nowMs)
      known.calls[minutes - 1] = (known.calls[minutes - 1] ?? 0) + Math.max(0, total - known.total)
      known.total = total
    },
    calls: (name, nowMs) => [...moved(name, nowMs).calls]
  }
}
