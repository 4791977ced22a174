import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { afterAll } from "vitest"
import { settingsConfig, sinkNameOf } from "../../src/callbacks/CallbackSettings.ts"
import { Callbacks } from "../../src/callbacks/Callbacks.ts"

const folder = mkdtempSync(join(tmpdir(), "pb-callbacks-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bytes = Buffer.alloc(24, 7)
const secret = `whsec_${bytes.toString("base64")}`
const environment = { NEW: secret, OLD: `whsec_${Buffer.alloc(24, 8).toString("base64")}`, SHORT: "whsec_c2hvcnQ=" }

const platform = (variables: Record<string, string>) =>
  Layer.mergeAll(NodeServices.layer, ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

let files = 0
const load = (text: string, more: Record<string, string> = {}) => {
  const file = join(folder, `${++files}.json`)
  writeFileSync(file, text)
  return settingsConfig.pipe(Effect.provide(platform({ ...environment, CALLBACKS_CONFIG_PATH: file, ...more })))
}

const problems = (value: unknown, more?: Record<string, string>) =>
  Effect.map(Effect.flip(load(typeof value === "string" ? value : JSON.stringify(value), more)), (error) => {
    assert.strictEqual(error._tag, "CallbacksFileError")
    return error._tag === "CallbacksFileError" ? error.problems : []
  })

const url = "https://example.com/hook/s3cret-path?token=s3cret-token"
const secrets = [{ env: "NEW" }]

describe("the callbacks file", () => {
  it.effect("names endpoints, their secrets and what they are told", () =>
    Effect.gen(function* () {
      const { allowPrivate, endpoints } = yield* load(
        JSON.stringify([
          { url, secrets: [{ env: "NEW" }, { env: "OLD" }], subjects: ["acme/*"], types: ["state"] },
          { url: "https://example.com", secrets }
        ])
      )
      assert.isFalse(allowPrivate)
      const [first, second] = endpoints
      assert.deepStrictEqual(
        first?.secrets.map((one) => Buffer.from(Redacted.value(one))),
        [bytes, Buffer.alloc(24, 8)]
      )
      assert.deepStrictEqual([first?.url, first?.subjects, first?.types], [url, ["acme/*"], ["state"]])
      assert.deepStrictEqual([second?.url, second?.subjects, second?.types], ["https://example.com/", [], []])
      assert.match(first?.name ?? "", /^callback:example\.com-[0-9a-f]{12}$/)
      assert.notStrictEqual(first?.name, second?.name)
      assert.notInclude(JSON.stringify(endpoints), bytes.toString("base64"))
    })
  )

  it.effect("without CALLBACKS_CONFIG_PATH there are none", () =>
    Effect.gen(function* () {
      const settings = yield* Effect.provide(settingsConfig, platform({}))
      assert.deepStrictEqual(settings, { endpoints: [], allowPrivate: false })
      const { routes } = yield* Effect.provide(Callbacks, Layer.provide(Callbacks.layer, platform({})))
      assert.deepStrictEqual(routes, [])
    })
  )

  it.effect("a wrong file is refused with all its mistakes, and with nothing that may be a secret", () =>
    Effect.gen(function* () {
      const pasted = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      assert.deepStrictEqual(
        yield* problems([
          { url: 1, secrets: [pasted] },
          { url, secrets: [], hidden: pasted },
          { url, secrets: [{ env: pasted }] },
          { url, secrets: [...secrets, ...secrets, ...secrets, ...secrets], subjects: [] },
          { url, secrets: [{ env: "NEW" }, { env: "SHORT" }, { env: "MISSING" }] },
          { url, secrets },
          pasted
        ]),
        [
          "[0].url: Expected string; found 1.",
          "[0].secrets[0]: Expected object; found a text of 38 characters.",
          "[1].hidden is not a known key. Known: url, secrets, subjects, types.",
          "[1].secrets[0]: Missing key; found nothing.",
          "[2].secrets[0].env: Expected the name of an environment variable that holds the secret; found a text of 38 characters.",
          "[3].secrets: Expected a value with a length of at most 3; found an array of 4.",
          "[3].subjects: Expected a value with a length of at least 1; found an array of 0.",
          "[4].secrets[1].env: the variable SHORT must be 24 to 64 bytes in base64; it is 5.",
          "[4].secrets[2].env: the variable MISSING is not set.",
          "[5].url: is listed already, at [4].",
          "[6]: Expected object; found a text of 38 characters."
        ]
      )
      assert.match((yield* problems(`[{ "url": "${pasted}", }]`)).join(), /^is not JSON.* It must be an array such as/)
      assert.notInclude((yield* problems(`[{ "url": ${pasted}`)).join(), "MfKQ")
      assert.match((yield* problems({})).join(), /^must be an array such as .*; found an object\.$/)
      assert.match((yield* problems([], { CALLBACKS_CONFIG_PATH: join(folder, "none") })).join(), /^does not exist\./)
    })
  )

  const refused = [
    ["http://example.com", "must begin with https://; found http://"],
    ["ftp://example.com", "must begin with https://; found ftp://"],
    ["example.com/hook", "must be a URL such as https://example.com/hook"],
    ["https://ada:s3cret@example.com", "must have no user and no password in it"],
    ["https://example.com/#s3cret", "must have no fragment (#) in it"],
    ["http://127.0.0.1", "must begin with https://; found http://"],
    ["https://localhost", "found the host localhost"],
    ["https://[::1]", "found the host [::1]"],
    ["https://169.254.169.254", "found the host 169.254.169.254"],
    ["https://2130706433", "found the host 127.0.0.1"],
    ["https://0xa9fea9fe", "found the host 169.254.169.254"],
    ["https://[::ffff:10.0.0.1]", "found the host [::ffff:a00:1]"]
  ] as const
  for (const [address, why] of refused) {
    it.effect(`${address} is refused`, () =>
      Effect.map(problems([{ url: address, secrets }]), ([first = "", ...more]) => {
        assert.include(first, why)
        assert.notInclude(first, "s3cret")
        assert.deepStrictEqual(more, [])
      })
    )
  }

  it.effect("for development, private addresses and http on this machine are allowed", () =>
    Effect.gen(function* () {
      const allowed = { CALLBACKS_ALLOW_PRIVATE: "true" }
      const urls = ["http://localhost:3000/", "http://127.0.0.1/", "http://[::1]/", "https://10.0.0.1/"]
      const { allowPrivate, endpoints } = yield* load(
        JSON.stringify(urls.map((one) => ({ url: one, secrets }))),
        allowed
      )
      assert.isTrue(allowPrivate)
      assert.deepStrictEqual(
        endpoints.map((one) => [one.url, one.name]),
        urls.map((one) => [one, sinkNameOf(one)])
      )
      const [first] = yield* problems([{ url: "http://10.0.0.1", secrets }], allowed)
      assert.include(first ?? "", "must begin with https://, or be http on this machine; found http://")
      const [metadata] = yield* problems([{ url: "https://169.254.169.254", secrets }], allowed)
      assert.include(metadata ?? "", "must be on the public Internet, or in a private network; found the host 169.254")
    })
  )
})
