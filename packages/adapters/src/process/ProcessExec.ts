/** Runs a command beside the process of a preview, with its variables. */
import { CommandFailed, type Runtime, RuntimeError } from "@productbuilding/preview"
import { Effect, Stream } from "effect"
import { child } from "./ChildProcesses.ts"
import { io, missing, onlyService, unavailable } from "./ProcessErrors.ts"
import type { Launches } from "./ProcessLaunches.ts"
import { masker } from "./ProcessPolicy.ts"

/** Lines of a failed command's output that are kept as evidence. */
const tailLines = 40

export const makeExec = ({
  familyOfLaunch,
  guard,
  mainOf,
  records,
  variablesOf
}: Launches): Runtime["Service"]["exec"] => {
  return (environment, service, command) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { name } = environment
        const operation = "exec"
        yield* guard(operation, environment)
        const record = yield* io(operation, name, () => records.read(name))
        const main = record === undefined ? undefined : mainOf(record)
        if (service !== environment.contract.compose.service) {
          return yield* missing(operation, name, onlyService(service, environment.contract.compose.service))
        }
        if (main === undefined || familyOfLaunch(name, main).length === 0)
          return yield* missing(operation, name, `A running ${service}`)
        const mask = masker(environment)
        const tail: Array<string> = []
        const { exitCode, output } = yield* child({
          command,
          directory: environment.sourceDirectory,
          variables: variablesOf(environment, main)
        }).pipe(Effect.mapError(unavailable(operation, name)))
        const lines = output.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.map((line) => {
            const masked = mask(line)
            tail.push(masked)
            if (tail.length > tailLines) tail.shift()
            return masked
          })
        )
        const end = Effect.flatMap(exitCode, (code) =>
          code === 0
            ? Effect.void
            : new RuntimeError({
                operation,
                environment: name,
                reason: new CommandFailed({ command: mask(command), exitCode: code, output: tail.join("\n") })
              })
        )
        return Stream.concat(lines, Stream.fromEffectDrain(end))
      })
    )
}
