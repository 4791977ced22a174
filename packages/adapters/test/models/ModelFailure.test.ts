/** What failures say, and what they keep to themselves. */
import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Inspectable } from "effect"
import { failureOf, type VendorError } from "../../src/models/ModelFailure.ts"

const nowMs = DateTime.toEpochMillis(DateTime.makeUnsafe("2026-11-21T10:00:00Z"))
const key = "a-key-without-a-telling-form"

const failed = (more: Partial<VendorError>) =>
  failureOf({ status: 429, codes: [], message: "", ...more }, { key, nowMs })

const waited = (headers: Readonly<Record<string, string>>) => {
  const { retryAfter } = failed({ headers: new Headers(headers) })
  return retryAfter === undefined ? undefined : Duration.toMillis(retryAfter)
}

it("no key is repeated, of whatever form, nor an address", () => {
  const failure = failed({
    status: 400,
    message: `key ${key} and\n sk-proj-another123 are wrong, see https://acme.dev/?key=${key}`
  })
  const shown = `${Inspectable.toStringUnknown(failure)}${failure.reason.message}`
  assert.notInclude(shown, key)
  assert.notInclude(shown, "another123")
  assert.include(shown, "key … and … are wrong, see …")
})

it("the wait is the server's: in milliseconds, seconds, or until a date", () => {
  assert.strictEqual(waited({ "retry-after-ms": "250", "retry-after": "9" }), 250)
  assert.strictEqual(waited({ "retry-after": "9" }), 9000)
  assert.strictEqual(waited({ "retry-after": "Sat, 21 Nov 2026 10:00:20 GMT" }), 20_000)
  assert.strictEqual(waited({ "retry-after": "soon" }), undefined)
  assert.strictEqual(waited({}), undefined)
})

it("without one, it lasts until the last limit that is used up is reset", () => {
  const limits = {
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-11-21T10:00:05Z",
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-21T10:00:30Z",
    "anthropic-ratelimit-output-tokens-remaining": "4000",
    "anthropic-ratelimit-output-tokens-reset": "2026-11-21T10:01:00Z"
  }
  assert.strictEqual(waited(limits), 30_000)
})

it("an answer that broke off is the network's fault, and may be asked for again", () => {
  assert.strictEqual(failureOf({ codes: [], message: "" }, { nowMs }).reason._tag, "NetworkError")
})
