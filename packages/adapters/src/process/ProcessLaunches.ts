/** The launches of one workspace's previews, and the processes that belong to them. */
import { type Environment, Refused, RuntimeError } from "@productbuilding/preview"
import { Effect } from "effect"
import { childVariables, problemsOf } from "./ProcessPolicy.ts"
import { type Launch, makeRecords, type ProcessRecord } from "./ProcessRecords.ts"
import { familyOf, marked } from "./ProcessTable.ts"

/** The folder is made where it is missing. Throws when that cannot be done. */
export const makeLaunches = ({ path, workspace }: { readonly path: string; readonly workspace: string }) => {
  const records = makeRecords(workspace)

  const variablesOf = (environment: Environment, { number, port }: Launch) =>
    childVariables(environment, { path, workspace, launch: number, port })

  const familyOfLaunch = (name: string, one: Launch): ReadonlyArray<number> => {
    const identity = records.processOf(name, one)
    return identity === undefined ? [] : familyOf(identity)
  }

  const leadersOf = (name: string, launches: ReadonlyArray<Launch>) =>
    launches.flatMap((one) => records.processOf(name, one) ?? [])

  const strays = (name: string) => marked(workspace).filter(({ environment }) => environment === name)

  /** The launch that answers, or the one that is to answer first. */
  const mainOf = (record: ProcessRecord): Launch | undefined =>
    record.launches.find(({ number }) => number === record.serving) ?? record.launches.at(-1)

  const guard = Effect.fnUntraced(function* (operation: string, environment: Environment) {
    const problems = problemsOf(environment)
    if (problems.length > 0) {
      return yield* new RuntimeError({ operation, environment: environment.name, reason: new Refused({ problems }) })
    }
    // NOTE: never "": its absence is one of the problems.
    return environment.contract.process?.command ?? ""
  })

  return { records, variablesOf, familyOfLaunch, leadersOf, strays, mainOf, guard }
}

/** What `makeLaunches` makes. */
export type Launches = ReturnType<typeof makeLaunches>
