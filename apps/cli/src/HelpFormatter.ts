/** Help that fits 80 columns. */
import { Effect, Layer, Option } from "effect"
import { CliOutput, type HelpDoc, TerminalCapabilities } from "effect/cli"

/** Flags of the library whose own words are too long for a line. */
const shorter: Readonly<Record<string, { readonly type: string; readonly description: string }>> = {
  completions: { type: "shell", description: "Print completions: bash, zsh, fish or powershell" },
  "log-level": { type: "level", description: "Show more or less of what happens inside: debug" }
}

const shorten = (flag: HelpDoc.FlagDoc): HelpDoc.FlagDoc => {
  const words = shorter[flag.name]
  if (words !== undefined) return { ...flag, type: words.type, description: Option.some(words.description) }
  const [, description, choices] = /^(.*) \(choices: (.*)\)$/.exec(Option.getOrElse(flag.description, () => "")) ?? []
  return description === undefined || choices === undefined
    ? flag
    : { ...flag, type: choices.replaceAll(", ", "|"), description: Option.some(description) }
}

/** The library's formatter with shorter words, and global flags in full on the first page only. */
export const layer: Layer.Layer<never> = Layer.unwrap(
  Effect.map(TerminalCapabilities.TerminalCapabilities, ({ canColor }) => {
    const base = CliOutput.defaultFormatter({ colors: canColor, globalFlags: "summary" })
    return CliOutput.layer({
      ...base,
      formatHelpDoc: (doc) =>
        base.formatHelpDoc({
          ...doc,
          flags: doc.flags.map(shorten),
          ...(doc.globalFlags === undefined ? {} : { globalFlags: doc.globalFlags.map(shorten) })
        })
    })
  })
)
