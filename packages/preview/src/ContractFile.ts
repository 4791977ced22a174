/** Reads a contract from its text. Every mistake has its place, what was found, and what is allowed. */
import { Result } from "effect"
import { type Contract, contractPath } from "./Contract.ts"
import { type ContractMistake, decodeContract, keyText } from "./internal/contractMistakes.ts"
import { readYaml } from "./internal/contractYaml.ts"
import { codeSpan, inlineText } from "./internal/markdown.ts"
import { Problem } from "./Runtime.ts"

/** A contract is a page of text; anything larger is a mistake or an attack. In bytes of UTF-8. */
export const maxContractBytes = 64 * 1024

/** So many mistakes are told; a last one says how many more there are. */
const maxProblems = 50

/** What to do about a repository without a contract. */
export const missingContractMessage = `Create ${contractPath}, for example:

version: 1
compose:
  file: .productbuilding/preview/docker-compose.yml
  service: app
runtime:
  internal_port: 8080
  healthcheck_path: /healthz`

/**
 * The contract with all defaults, or every mistake in the order of the file, at most 51. A mapping without keys is
 * allowed where all its keys are optional (`database: {}`); a key without a value (`database:`) is a mistake. Never
 * throws, whatever the text.
 */
export const parseContract = (text: string): Result.Result<Contract, ReadonlyArray<Problem>> => {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > maxContractBytes) {
    return fail([{ path: [], message: `The file has ${bytes} bytes; at most ${maxContractBytes} are read.` }])
  }
  const read = readYaml(text)
  if (read.value === undefined) return fail(read.mistakes)
  const decoded = decodeContract(read.value.js)
  if (Result.isSuccess(decoded)) {
    return read.mistakes.length === 0 ? Result.succeed(decoded.success) : fail(read.mistakes)
  }
  const { placeOf } = read.value
  return fail([
    ...read.mistakes,
    ...decoded.failure.map((mistake) => ({ ...mistake, place: placeOf(mistake.path, mistake.at ?? "value") }))
  ])
}

/** A line for each problem: `file:line:column key message`. */
export const renderProblems = (problems: ReadonlyArray<Problem>): string =>
  problems
    .map((problem) =>
      [placeText(problem), problem.key, problem.message]
        .map((part) => part.replace(/\s+/g, " ").trim())
        .filter((part) => part !== "")
        .join(" ")
    )
    .join("\n")

/** A Markdown list with an item for each problem, which nothing in the problems can break out of. */
export const renderProblemsMarkdown = (problems: ReadonlyArray<Problem>): string =>
  problems
    .map((problem) => {
      const key = problem.key === "" ? "" : ` **${codeSpan(problem.key)}**`
      return `- ${codeSpan(placeText(problem))}${key} ${inlineText(problem.message)}`
    })
    .join("\n")

const placeText = ({ column, file, line }: Problem): string =>
  [file, line, column].filter((part) => part !== undefined).join(":")

const fail = (mistakes: ReadonlyArray<ContractMistake>): Result.Result<never, ReadonlyArray<Problem>> => {
  const problems = mistakes
    .map(
      ({ message, path, place }) =>
        new Problem({
          file: contractPath,
          key: keyText(path),
          message,
          ...(place === undefined ? {} : { line: place.line, column: place.col })
        })
    )
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  const rest = problems.length - maxProblems
  return Result.fail(
    rest <= 0
      ? problems
      : [
          ...problems.slice(0, maxProblems),
          new Problem({ file: contractPath, key: "", message: `There are ${rest} more mistakes.` })
        ]
  )
}
