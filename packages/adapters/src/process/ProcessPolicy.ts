/** What the process runtime lets run, and what that gets to see. */
import { contractPath, type Environment, Problem } from "@productbuilding/preview"
import { Redacted } from "effect"
import { markerVariables } from "./ProcessTable.ts"

/** Why an environment may not be run; none when it may. */
export const problemsOf = (environment: Environment): ReadonlyArray<Problem> => [
  ...(environment.trusted
    ? []
    : [
        new Problem({
          file: contractPath,
          key: "process",
          message:
            "is not run for a fork: this server has no Docker, and the process runtime would give the fork's code the server's own rights. " +
            "Push the branch to the repository itself, or let an operator set PREVIEW_RUNTIME=docker."
        })
      ]),
  ...(environment.contract.process === undefined
    ? [
        new Problem({
          file: contractPath,
          key: "process.command",
          message:
            "is missing, and this server runs previews without Docker. Write the shell command that starts the app, listening on the port in $PORT, for example: " +
            "process: { command: node server.mjs }"
        })
      ]
    : [])
]

const plain = (value: string | Redacted.Redacted<string>) => (typeof value === "string" ? value : Redacted.value(value))

/** Where and as what a command runs. */
export interface CommandPlace {
  readonly path: string
  readonly workspace: string
  readonly launch: number
  readonly port: number
}

/** What a command sees: nothing of ours but what it needs to find programs, and what its preview is given. */
export const childVariables = (
  environment: Environment,
  { launch, path, port, workspace }: CommandPlace
): Record<string, string> => ({
  PATH: path,
  LANG: "C.UTF-8",
  ...Object.fromEntries(Object.entries(environment.variables).map(([name, value]) => [name, plain(value)])),
  HOME: environment.stateDirectory,
  PORT: String(port),
  [markerVariables.environment]: environment.name,
  [markerVariables.previewId]: environment.previewId,
  [markerVariables.launch]: String(launch),
  [markerVariables.workspace]: workspace
})

/** Hides the values of secrets, longest first. */
export const masker = (environment: Environment) => {
  const secrets = Object.values(environment.variables)
    .flatMap((value) => (typeof value === "string" ? [] : [Redacted.value(value)]))
    .filter((value) => value.length >= 4)
    .toSorted((left, right) => right.length - left.length)
  return (text: string) => secrets.reduce((masked, secret) => masked.replaceAll(secret, "***"), text)
}
