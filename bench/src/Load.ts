/** HTTP load from one process over keep-alive connections; every request is counted, none is dropped silently. */
import autocannon from "autocannon"

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** Builds each request anew, for ids that may not repeat. */
  readonly request?: () => {
    readonly method: "POST" | "GET"
    readonly headers: Record<string, string>
    readonly body?: string | Buffer
  }
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Fails when any answer is not a 2xx: a fast refusal is no result. */
export const load = async ({ connections, request, seconds, url }: LoadOptions): Promise<LoadResult> => {
  const latencies: Array<number> = []
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        ...(request === undefined
          ? {}
          : { requests: [{ method: "POST", setupRequest: (base) => ({ ...base, ...request() }) }] })
      },
      (error, done) => (error ? reject(error) : resolve(done))
    )
    instance.on("response", (_client, _status, _bytes, milliseconds) => void latencies.push(milliseconds))
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were no 2xx, ${result.errors} failed`)
  const sorted = latencies.toSorted((left, right) => left - right)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { perSecond: result.requests.average, p50Ms: at(0.5), p99Ms: at(0.99) }
}
