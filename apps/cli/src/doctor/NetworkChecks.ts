/** Checks of names and addresses: whether previews and webhooks can be reached. */
import { lookup } from "node:dns/promises"
import { Effect, Random } from "effect"
import { HttpClient } from "effect/http"
import { type Check, error, ok, type Seen, warn } from "./Finding.ts"

const isLocalName = (domain: string) => domain === "localhost" || domain.endsWith(".localhost")

const resolveName = (name: string) =>
  Effect.option(Effect.tryPromise(() => lookup(name, { all: true }))).pipe(
    Effect.map((found) => (found._tag === "Some" ? found.value.map(({ address }) => address) : []))
  )

/** Whether every name below each preview domain resolves. */
export const domainsCheck = (domains: ReadonlyArray<string>): Check<never> => ({
  name: "Preview domain",
  look: Effect.forEach(
    Array.from(new Set(domains)),
    Effect.fnUntraced(function* (domain): Effect.fn.Return<Seen> {
      if (isLocalName(domain)) return ok(`*.${domain} is this machine, in every browser.`)
      const label = `pr-${yield* Random.nextIntBetween(100_000_000, 999_999_999)}-preview`
      const addresses = yield* resolveName(`${label}.${domain}`)
      return addresses.length === 0
        ? error(
            `${label}.${domain} does not resolve.`,
            `Add a wildcard record *.${domain} that points at this server, with a certificate for *.${domain}.`
          )
        : ok(`*.${domain} resolves to ${addresses.join(", ")}.`)
    }),
    { concurrency: 4 }
  )
})

/** Whether the server answers where people and webhooks look for it. */
export const publicUrlCheck = (publicUrl: string): Check<HttpClient.HttpClient> => ({
  name: "Public address",
  look: Effect.gen(function* () {
    const url = `${publicUrl}/healthz`
    const http = yield* HttpClient.HttpClient
    const answer = yield* Effect.option(Effect.timeout(http.get(url), "5 seconds"))
    if (answer._tag === "None") {
      return [
        warn(
          `Nothing answers at ${url}.`,
          "Start the server; if it runs, check PUBLIC_URL, the proxy in front of it and the firewall."
        )
      ]
    }
    const { status } = answer.value
    return [
      status === 200
        ? ok(`${url} answers.`)
        : error(
            `${url} answers ${status}.`,
            "Something else than the server answers there: check PUBLIC_URL and the proxy."
          )
    ]
  })
})
