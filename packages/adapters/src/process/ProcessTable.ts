/** What the kernel says of processes: Linux through `/proc`, elsewhere only whether a process lives. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The variable by which a process of ours is found again, whoever started it. */
export const markerVariable = "PRODUCTBUILDING_ENVIRONMENT"

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    // NOTE: a process may end between two looks at it; then there is nothing to say of it.
    return undefined
  }
}

/** Fields of `/proc/{pid}/stat` after the command's name, which may itself contain blanks and brackets. */
const statOf = (pid: number): ReadonlyArray<string> | undefined =>
  attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    return text.slice(text.lastIndexOf(")") + 2).split(" ")
  })

const pids = (): ReadonlyArray<number> =>
  (attempt(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name)).map(Number)

/** When a process began, in the kernel's own count: with the pid it names a process for ever. `""` where it is unknown. */
export const startOf = (pid: number): string => statOf(pid)?.[19] ?? ""

/** Whether a process lives; one that has ended and was not yet collected does not. */
export const isAlive = (pid: number): boolean => {
  const state = statOf(pid)?.[0]
  return state === undefined ? attempt(() => process.kill(pid, 0)) === true : state !== "Z" && state !== "X"
}

/** Living processes of a group. */
export const membersOf = (group: number): ReadonlyArray<number> =>
  pids().filter((pid) => {
    const stat = statOf(pid)
    return stat !== undefined && Number(stat[2]) === group && stat[0] !== "Z"
  })

/** Every living process that carries our marker, with its value. */
export const marked = (): ReadonlyArray<{ readonly pid: number; readonly environment: string }> =>
  pids().flatMap((pid) => {
    const environ = attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))
    const entry = environ?.split("\0").find((line) => line.startsWith(`${markerVariable}=`))
    return entry === undefined || !isAlive(pid) ? [] : [{ pid, environment: entry.slice(markerVariable.length + 1) }]
  })

const listenState = "0A"
const loopbackAddress = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/

/** TCP ports on which any of the processes listens; `null` where the kernel does not show it. */
export const listening = (
  members: ReadonlyArray<number>
): ReadonlyArray<{ readonly port: number; readonly loopbackOnly: boolean }> | null => {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => attempt(() => readFileSync(file, "utf8")) ?? [])
  if (tables.length === 0) return null
  const inodes = new Set(
    members.flatMap((pid) =>
      (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
        const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))
        return /^socket:\[(\d+)\]$/.exec(link ?? "")?.[1] ?? []
      })
    )
  )
  return tables.flatMap((table) =>
    table
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        const [address = "", port = ""] = (fields[1] ?? "").split(":")
        return fields[3] === listenState && inodes.has(fields[9] ?? "")
          ? [{ port: Number.parseInt(port, 16), loopbackOnly: loopbackAddress.test(address) }]
          : []
      })
  )
}
