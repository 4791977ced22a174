/** The contract of `UserLinks`, run against every adapter. */
import { assert, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { UserLink, UserLinks } from "../src/UserLinks.ts"

export const suite = (name: string, layer: Layer.Layer<UserLinks, unknown>) =>
  it.layer(layer)(`UserLinks (${name})`, (it) => {
    it.effect("everyone has one link at most, under either name, logins in any case", () =>
      Effect.gen(function* () {
        const links = yield* UserLinks
        const all = Effect.map(links.list, (list) => list.map(({ login, user }) => `${login}=${user}`))
        for (const [login, user] of [
          ["ada", "U01"],
          ["grace", "U02"],
          ["ADA", "U03"],
          ["linus", "U02"]
        ] as const) {
          yield* links.put(new UserLink({ login, user }))
        }
        assert.deepStrictEqual(yield* all, ["ADA=U03", "linus=U02"])
        yield* links.remove("U03")
        yield* links.remove("U03")
        assert.deepStrictEqual(yield* all, ["linus=U02"])
      })
    )
  })
