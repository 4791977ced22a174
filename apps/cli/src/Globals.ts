/** Flags that every command takes. */
import { Config } from "effect"
import { Flag, GlobalFlag } from "effect/cli"

/** Where the server answers. */
export const Url = GlobalFlag.Setting("url")({
  flag: Flag.String("url").pipe(
    Flag.withMetavar("url"),
    Flag.withDescription("The server (PRODUCTBUILDING_URL, http://127.0.0.1:8080)"),
    Flag.withFallbackConfig(Config.NonEmptyString("PRODUCTBUILDING_URL")),
    Flag.withDefault("http://127.0.0.1:8080")
  )
})

/** What proves that we may write. */
export const Token = GlobalFlag.Setting("token")({
  flag: Flag.Redacted("token").pipe(
    Flag.withMetavar("token"),
    Flag.withDescription("The server's API_TOKEN; safer in that variable"),
    Flag.withFallbackConfig(Config.Redacted("API_TOKEN")),
    Flag.optional
  )
})

/** Read before the command line is parsed, so that it holds for help as well; declared so that it is known. */
export const NoColor = GlobalFlag.Setting("no-color")({
  flag: Flag.Boolean("no-color").pipe(
    Flag.withoutNegation,
    Flag.withDescription("No colours, like NO_COLOR=1"),
    Flag.withDefault(false)
  )
})
