import { generateKeyPairSync } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { CodeHost } from "@productbuilding/core"
import { ConfigProvider, Effect, Exit, Layer } from "effect"
import * as GitHubCodeHost from "../../src/github/GitHubCodeHost.ts"
import { everythingOf } from "./support.ts"

const boot = (variables: Readonly<Record<string, string>>) =>
  Effect.exit(
    CodeHost.pipe(
      Effect.provide(
        GitHubCodeHost.layerConfig.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables))))
      )
    )
  )

const pemOf = (type: "rsa" | "ec") => {
  const { privateKey } =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString()
}

const pem = pemOf("rsa")

describe("GitHub's credentials from the environment", () => {
  it.effect("are a token, or an App's id and key with its line ends written in either way", () =>
    Effect.gen(function* () {
      for (const variables of [
        { GITHUB_TOKEN: "ghp_token\n" },
        { GITHUB_TOKEN: "ghp_token", GITHUB_APP_ID: "", GITHUB_APP_PRIVATE_KEY: "" },
        { GITHUB_APP_ID: "123", GITHUB_APP_PRIVATE_KEY: pem },
        { GITHUB_APP_ID: "123", GITHUB_APP_PRIVATE_KEY: pem.replaceAll("\n", "\\n"), GITHUB_TOKEN: "" },
        { GITHUB_TOKEN: "ghp_token", GITHUB_API_URL: "https://github.acme.dev/api/v3/" }
      ]) {
        assert.isTrue(Exit.isSuccess(yield* boot(variables)))
      }
    })
  )

  it.effect("stop the boot with one line that names the variable, and shows nothing of its value", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
        [{}, /set GITHUB_TOKEN, or both GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY/],
        [{ GITHUB_TOKEN: "  " }, /set GITHUB_TOKEN/],
        [{ GITHUB_TOKEN: "sesame", GITHUB_APP_ID: "123" }, /not both/],
        [{ GITHUB_TOKEN: "sesame\nopen" }, /GITHUB_TOKEN is no token/],
        [{ GITHUB_APP_ID: "123" }, /GITHUB_APP_PRIVATE_KEY is not/],
        [{ GITHUB_APP_PRIVATE_KEY: pem }, /GITHUB_APP_ID is not/],
        [{ GITHUB_APP_ID: "123", GITHUB_APP_PRIVATE_KEY: "sesame" }, /GITHUB_APP_PRIVATE_KEY is no RSA private key/],
        [{ GITHUB_APP_ID: "123", GITHUB_APP_PRIVATE_KEY: pemOf("ec") }, /GITHUB_APP_PRIVATE_KEY is no RSA private key/],
        [{ GITHUB_TOKEN: "sesame", GITHUB_API_URL: "nowhere" }, /GITHUB_API_URL/]
      ]
      for (const [variables, expected] of cases) {
        const exit = yield* boot(variables)
        assert.isTrue(Exit.isFailure(exit))
        const shown = everythingOf(exit)
        assert.match(shown, expected)
        assert.notInclude(shown, "sesame")
        assert.notInclude(shown, pem.split("\n")[3])
      }
    })
  )
})
