/** `preview lint` */
import { checkComposeSource } from "@productbuilding/adapters/docker/ComposeSource"
import { type Contract, contractPath, missingContractMessage, Problem } from "@productbuilding/preview"
import { Console, Effect, FileSystem, Option, Path, Result, Schema } from "effect"
import { checkoutRoot, readContract, renderCompose } from "../Checkout.ts"
import { CommandFailure, saidWrong } from "../CommandFailure.ts"
import { withPlaces } from "../ComposePlaces.ts"
import { describeConfigError } from "../ConfigMessage.ts"
import { hint, palette, printJson } from "../Output.ts"
import { checkWrittenCompose } from "../WrittenCompose.ts"

/** What `--json` prints. */
export const LintReport = Schema.Struct({
  problems: Schema.Array(Problem),
  /** Checks that this machine could not make, and why. */
  notChecked: Schema.Array(Schema.String)
})

/** Checks what the server would check before it builds; nothing is started. */
export const previewLint = Effect.fnUntraced(function* (options: { readonly path: string; readonly json: boolean }) {
  const root = yield* checkoutRoot(options.path)
  const read = yield* readContract(root)
  const report = Option.isNone(read)
    ? {
        problems: [new Problem({ file: contractPath, key: "", message: "the file does not exist" })],
        notChecked: ["the compose file, which the contract names"]
      }
    : Result.isFailure(read.value)
      ? { problems: read.value.failure, notChecked: ["the compose file, until the contract is right"] }
      : yield* lintCompose(root, read.value.success)
  if (options.json) {
    yield* printJson(LintReport, report)
  } else {
    yield* printReport(report)
    if (Option.isNone(read)) yield* hint(`\n${missingContractMessage}`)
  }
  if (report.problems.length > 0) return yield* saidWrong
})

type Report = typeof LintReport.Type

const problemsOnly = (problems: ReadonlyArray<Problem>): Report => ({ problems, notChecked: [] })

const lintCompose = Effect.fnUntraced(function* (root: string, contract: Contract) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = contract.compose.file
  const unreadable = (cause: { readonly message: string }) =>
    new CommandFailure({ kind: "wrong", message: `${root} cannot be read: ${cause.message}` })
  const source = yield* Effect.mapError(checkComposeSource(root, file), unreadable)
  if (source.length > 0) return problemsOnly(source)
  const text = yield* Effect.mapError(fs.readFileString(path.join(root, file)), unreadable)
  const asWritten = (why: string) =>
    Effect.map(checkWrittenCompose(root, contract, text, why), ({ notChecked, problems }) => ({
      problems: withPlaces(text, problems),
      notChecked
    }))
  const resolved: Effect.Effect<
    Report,
    CommandFailure,
    Effect.Services<ReturnType<typeof renderCompose>>
  > = renderCompose({
    root,
    contract,
    pullRequest: 1
  }).pipe(
    Effect.as(problemsOnly([])),
    Effect.catchTags({
      ComposeMissing: () => asWritten("there is no Docker Compose here"),
      RuntimeError: ({ reason }) => {
        switch (reason._tag) {
          case "Refused":
            return Effect.succeed(problemsOnly(withPlaces(text, reason.problems)))
          case "CommandFailed":
            return Effect.succeed(problemsOnly([new Problem({ file, key: "", message: lastLines(reason.output) })]))
          case "EngineUnavailable":
            return asWritten(reason.detail)
          case "Missing":
            return asWritten(`${reason.what} is missing`)
        }
      },
      PlatformError: (error) => Effect.fail(unreadable(error)),
      ConfigError: (error) => Effect.fail(new CommandFailure({ kind: "wrong", message: describeConfigError(error) }))
    })
  )
  return yield* resolved
})

/** Compose's own sentence, without the blank lines around it. */
const lastLines = (output: string): string =>
  output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-5)
    .join(" ")

/** `file:line:column key: message`, as editors and terminals link it. */
const lineOf = ({ column, file, key, line, message }: Problem): string =>
  `${[file, line, column].filter((part) => part !== undefined).join(":")} ${key === "" ? "" : `${key}: `}${message}`

const printReport = Effect.fnUntraced(function* ({ notChecked, problems }: Report) {
  const colors = yield* palette
  if (problems.length > 0) yield* Console.log(problems.map(lineOf).join("\n"))
  else if (notChecked.length === 0) yield* Console.log(colors.good("The contract and the compose file are right."))
  else yield* Console.log("No mistake found.")
  for (const check of notChecked) yield* Console.error(colors.wait(`Not checked: ${check}.`))
})
