/** What is remembered of started processes, on disk, so that any later server finds them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PreviewId } from "@productbuilding/preview"
import { Option, Schema } from "effect"
import { removeLog } from "./ProcessLog.ts"
import { marked, type ProcessIdentity, startOf } from "./ProcessTable.ts"

/** One start of a preview's command. */
const Launch = Schema.Struct({
  /** Grows by one with each start. */
  number: Schema.Int,
  port: Schema.Int,
  /** `null` from before the process is made until it is known. */
  process: Schema.NullOr(Schema.Struct({ pid: Schema.Int, start: Schema.String }))
})
export type Launch = typeof Launch.Type

const ProcessRecord = Schema.Struct({
  previewId: PreviewId,
  service: Schema.String,
  /** The port that the contract names. The process is given another one, and is shown under this. */
  contractPort: Schema.Int,
  /** The files that the contract calls its log, and where they are looked for. Absent: the output is the log. */
  logFiles: Schema.optionalKey(Schema.Struct({ directory: Schema.String, pattern: Schema.String })),
  /** The launch at which requests are directed; 0 before there is one. */
  serving: Schema.Int,
  launches: Schema.Array(Launch)
})
export type ProcessRecord = typeof ProcessRecord.Type

const Json = Schema.fromJsonString(ProcessRecord)

/** The records below `{workspace}/processes`. Everything here is synchronous: nothing may come in between. */
export interface ProcessRecords {
  /** `undefined` when there is none, or none that can be read. */
  read(name: string): ProcessRecord | undefined
  /** Replaces it at once; without launches the record is removed. */
  write(name: string, record: ProcessRecord): void
  /** Removes the record, and the notes and logs of every launch. */
  remove(name: string): void
  /** Names with a record, readable or not. */
  names(): ReadonlyArray<string>
  has(name: string): boolean
  /** The output of a launch. */
  logOf(name: string, launch: Launch): string
  /** The launcher itself writes `{…}.pid` before it runs the command, and `{…}.exit` after. */
  notesOf(name: string, launch: number): string
  /** The launcher of a launch, also of one that we did not live to record. */
  processOf(name: string, launch: Launch): ProcessIdentity | undefined
  /** With which code the command ended, if it did so by itself. */
  exitCodeOf(name: string, launch: Launch): number | undefined
  /** Removes the notes and the log of a launch that has ended. */
  forget(name: string, launch: Launch): void
}

const numberIn = (file: string): number | undefined => {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, "utf8").trim()
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Opens, and makes where it is missing, the folder of the records. */
export const makeRecords = (workspace: string): ProcessRecords => {
  const folder = join(workspace, "processes")
  mkdirSync(folder, { recursive: true })
  const fileOf = (name: string) => join(folder, `${name}.json`)
  const notesOf = (name: string, launch: number) => join(folder, `${name}.${launch}`)
  const logOf = (name: string, launch: Launch) => `${notesOf(name, launch.number)}.log`

  const remove = (name: string) => {
    for (const file of readdirSync(folder)) {
      const rest = file.startsWith(`${name}.`) ? file.slice(name.length) : ""
      if (/^\.\d+\.(pid|exit|log|log\.1)$/.test(rest) || rest === ".json.new")
        rmSync(join(folder, file), { force: true })
    }
    rmSync(fileOf(name), { force: true })
  }

  return {
    read: (name) =>
      existsSync(fileOf(name))
        ? Option.getOrUndefined(Schema.decodeOption(Json)(readFileSync(fileOf(name), "utf8")))
        : undefined,
    write: (name, record) => {
      if (record.launches.length === 0) return remove(name)
      writeFileSync(`${fileOf(name)}.new`, Schema.encodeSync(Json)(record))
      renameSync(`${fileOf(name)}.new`, fileOf(name))
    },
    remove,
    names: () => readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : [])),
    has: (name) => existsSync(fileOf(name)),
    logOf,
    notesOf,
    processOf: (name, launch) => {
      if (launch.process !== null) return launch.process
      const pid = numberIn(`${notesOf(name, launch.number)}.pid`)
      if (pid === undefined) return undefined
      const start = startOf(pid)
      const ours = process.platform !== "linux" || marked(workspace).some((one) => one.pid === pid)
      return start !== undefined && ours ? { pid, start } : undefined
    },
    exitCodeOf: (name, launch) => numberIn(`${notesOf(name, launch.number)}.exit`),
    forget: (name, launch) => {
      rmSync(`${notesOf(name, launch.number)}.pid`, { force: true })
      rmSync(`${notesOf(name, launch.number)}.exit`, { force: true })
      removeLog(logOf(name, launch))
    }
  }
}
