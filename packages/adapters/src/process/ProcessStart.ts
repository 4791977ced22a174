/** Starts a release of a preview beside the one that serves, and ends the older one once the newer one listens. */
import { existsSync, mkdirSync } from "node:fs"
import { type Environment, Missing, type Runtime, RuntimeError } from "@productbuilding/preview"
import { Duration, Effect, Schedule, Stream } from "effect"
import { accepts, freePort, launch, stop } from "./ChildProcesses.ts"
import { io, unavailable } from "./ProcessErrors.ts"
import type { Launches } from "./ProcessLaunches.ts"
import { masker } from "./ProcessPolicy.ts"
import type { Launch, ProcessRecord } from "./ProcessRecords.ts"

/** How long the older release goes on serving while the newer one does not yet listen. */
const longestOverlap = Duration.seconds(30)

const logFilesOf = ({ contract, sourceDirectory }: Environment): Pick<ProcessRecord, "logFiles"> => {
  const { path, type } = contract.logging
  return type === "file" && path !== undefined ? { logFiles: { directory: sourceDirectory, pattern: path } } : {}
}

export const makeStart = ({
  familyOfLaunch,
  guard,
  leadersOf,
  records,
  strays,
  variablesOf
}: Launches): Runtime["Service"]["start"] => {
  /** Starts the release, waits until it listens if an older one serves meanwhile, and ends the older one. */
  const replace = Effect.fnUntraced(function* (environment: Environment, command: string) {
    const { name } = environment
    const operation = "start"
    if (!existsSync(environment.sourceDirectory)) {
      return yield* new RuntimeError({ operation, environment: name, reason: new Missing({ what: "The checkout" }) })
    }
    const before = yield* io(operation, name, () => records.read(name))
    const former = before?.launches ?? []
    const port = yield* freePort
    const empty: Launch = { number: Math.max(0, ...former.map(({ number }) => number)) + 1, port, process: null }
    const record: ProcessRecord = {
      previewId: environment.previewId,
      service: environment.contract.compose.service,
      contractPort: environment.contract.runtime.internal_port,
      ...logFilesOf(environment),
      serving: before?.serving ?? 0,
      launches: []
    }
    const write = (serving: number, launches: ReadonlyArray<Launch>) =>
      io(operation, name, () => records.write(name, { ...record, serving, launches }))
    const isOfThisStart = ({ launch: number }: { readonly launch: string }) => number === String(empty.number)

    const abandon = Effect.suspend(() =>
      stop(() => ({ leaders: leadersOf(name, [empty]), strays: strays(name).filter(isOfThisStart) }))
    ).pipe(
      Effect.andThen(io(operation, name, () => records.forget(name, empty))),
      Effect.andThen(
        before === undefined ? io(operation, name, () => records.remove(name)) : write(before.serving, former)
      ),
      // NOTE: what is left of it stays on record, and goes with the next start or removal.
      Effect.catch((error) => Effect.logWarning(`A start of ${name} that was given up is not cleared away`, error))
    )

    const begin = Effect.gen(function* () {
      yield* io(operation, name, () => mkdirSync(environment.stateDirectory, { recursive: true }))
      // NOTE: on record before it exists, so that no crash leaves a process that nobody knows.
      yield* write(record.serving, [...former, empty])
      const process = yield* launch({
        command,
        directory: environment.sourceDirectory,
        variables: variablesOf(environment, empty),
        logFile: records.logOf(name, empty),
        notes: records.notesOf(name, empty.number)
      })
      const started: Launch = { ...empty, process }
      yield* write(record.serving, [...former, started])
      return started
    }).pipe(Effect.uninterruptible)

    const listens = (started: Launch) =>
      Effect.gen(function* () {
        const overlap = Duration.min(
          longestOverlap,
          Duration.seconds(environment.contract.runtime.startup_timeout_seconds)
        )
        yield* Effect.all([accepts(started.port), Effect.sync(() => familyOfLaunch(name, started).length === 0)]).pipe(
          Effect.repeat({ until: ([open, ended]) => open || ended, schedule: Schedule.spaced("50 millis") }),
          Effect.timeoutOption(overlap)
        )
      })

    const started = yield* begin.pipe(
      Effect.tap((one) => (former.some((old) => familyOfLaunch(name, old).length > 0) ? listens(one) : Effect.void)),
      Effect.onError(() => abandon)
    )
    yield* Effect.gen(function* () {
      yield* write(started.number, [...former, started])
      yield* stop(() => ({
        leaders: leadersOf(name, former),
        strays: strays(name).filter((one) => !isOfThisStart(one))
      }))
      yield* write(started.number, [started])
      yield* io(operation, name, () => {
        for (const old of former) records.forget(name, old)
      })
    }).pipe(Effect.uninterruptible)
  })

  return (environment) =>
    Stream.unwrap(
      Effect.map(guard("start", environment), (command) =>
        Stream.concat(
          Stream.make(`▸ ${masker(environment)(command)}`),
          Stream.fromEffectDrain(
            replace(environment, command).pipe(
              Effect.catchTag("ProcessFailed", (error) => Effect.fail(unavailable("start", environment.name)(error)))
            )
          )
        )
      )
    )
}
