/** What the kernel says of processes: on Linux through `/proc`, elsewhere through signals and `ps`. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The variables by which processes of ours are found again, whoever started them. Children inherit them. */
export const markerVariables = {
  environment: "PRODUCTBUILDING_ENVIRONMENT",
  previewId: "PRODUCTBUILDING_PREVIEW",
  /** The number of the start in which it began. */
  launch: "PRODUCTBUILDING_LAUNCH",
  /** Two servers on one machine must not take each other's processes. */
  workspace: "PRODUCTBUILDING_WORKSPACE"
} as const

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    // NOTE: a process may end between two looks at it; then there is nothing to say of it.
    return undefined
  }
}

interface Stat {
  readonly state: string
  readonly group: number
  readonly session: number
  /** Clock ticks since the machine started. */
  readonly startTicks: number
}

/** Fields after the command's name, which may itself contain blanks and brackets. See proc(5). */
const statOf = (pid: number): Stat | undefined =>
  attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return {
      state: fields[0] ?? "",
      group: Number(fields[2]),
      session: Number(fields[3]),
      startTicks: Number(fields[19])
    }
  })

/** One that has ended and was not yet collected by its parent does not live. */
const lives = ({ state }: Stat) => state !== "Z" && state !== "X"

const bootId = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim())
const hasProc = bootId !== undefined && statOf(process.pid) !== undefined

const allPids = (): ReadonlyArray<number> =>
  (attempt(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name)).map(Number)

/** A process for ever: a pid is given to another one once it has ended, and after a reboot. */
export interface ProcessIdentity {
  readonly pid: number
  readonly start: string
}

/** When a living process began; `undefined` when there is none with this pid. */
export const startOf = (pid: number): string | undefined => {
  if (hasProc) {
    const stat = statOf(pid)
    return stat !== undefined && lives(stat) ? `${bootId}/${stat.startTicks}` : undefined
  }
  const { status, stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" })
  const line = status === 0 ? stdout.trim() : ""
  return line === "" || line.startsWith("Z") ? undefined : line.replace(/^\S+\s+/, "")
}

const signals = (target: number): boolean => attempt(() => process.kill(target, 0)) === true

/**
 * The living processes of the session that a process began, also after it has ended itself: no pid is given away while
 * a group or session still has that number. Off Linux the leader stands for all.
 */
export const familyOf = (leader: ProcessIdentity): ReadonlyArray<number> => {
  const start = startOf(leader.pid)
  if (start !== undefined && start !== leader.start) return []
  if (!hasProc) return signals(-leader.pid) ? [leader.pid] : []
  const [boot, ticks] = leader.start.split("/")
  if (boot !== bootId) return []
  return allPids().filter((pid) => {
    const stat = statOf(pid)
    return (
      stat !== undefined &&
      lives(stat) &&
      (stat.group === leader.pid || stat.session === leader.pid) &&
      stat.startTicks >= Number(ticks)
    )
  })
}

/** A living process that carries our marks. */
export interface MarkedProcess {
  readonly pid: number
  readonly environment: string
  readonly previewId: string
  readonly launch: string
}

/** Every living process with the marks of a workspace; none where the kernel does not show them. */
export const marked = (workspace: string): ReadonlyArray<MarkedProcess> =>
  hasProc
    ? allPids().flatMap((pid) => {
        const text = attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))
        if (text === undefined || !text.includes(`${markerVariables.workspace}=${workspace}\0`)) return []
        const markOf = (name: string) =>
          text
            .split("\0")
            .find((line) => line.startsWith(`${name}=`))
            ?.slice(name.length + 1)
        const environment = markOf(markerVariables.environment)
        return environment === undefined || startOf(pid) === undefined
          ? []
          : [
              {
                pid,
                environment,
                previewId: markOf(markerVariables.previewId) ?? "",
                launch: markOf(markerVariables.launch) ?? ""
              }
            ]
      })
    : []

/** Sends a signal to a process; one that has ended meanwhile is none. */
export const send = (pid: number, signal: "SIGTERM" | "SIGKILL"): void => void attempt(() => process.kill(pid, signal))

/** Sends a signal once to each process of a family. */
export const sendToFamily = (leader: ProcessIdentity, signal: "SIGTERM" | "SIGKILL"): void => {
  const family = familyOf(leader)
  if (!hasProc) {
    if (family.length > 0) send(-leader.pid, signal)
    return
  }
  for (const pid of family) send(pid, signal)
}

/** A TCP port on which a process listens. */
export interface ListeningPort {
  readonly port: number
  readonly loopbackOnly: boolean
  /** `false` when it can be reached by IPv6 only. */
  readonly ipv4: boolean
}

const listenState = "0A"
const anyAddress = /^0+$/
const loopback4 = "0100007F"
const loopback6 = /^(0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/

/** The ports on which any of the processes listens; `null` where the kernel does not show it. */
export const listening = (pids: ReadonlyArray<number>): ReadonlyArray<ListeningPort> | null => {
  if (!hasProc) return null
  const [first] = pids
  if (first === undefined) return []
  const inodes = new Set(
    pids.flatMap((pid) =>
      (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
        const link = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))
        return /^socket:\[(\d+)\]$/.exec(link ?? "")?.[1] ?? []
      })
    )
  )
  return ["tcp", "tcp6"].flatMap((table) =>
    (attempt(() => readFileSync(`/proc/${first}/net/${table}`, "utf8")) ?? "")
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        const [address = "", port = ""] = (fields[1] ?? "").split(":")
        if (fields[3] !== listenState || !inodes.has(fields[9] ?? "")) return []
        const loopbackOnly = table === "tcp" ? address === loopback4 : loopback6.test(address)
        const ipv4 = table === "tcp" || anyAddress.test(address) || address.startsWith("0000000000000000FFFF0000")
        return [{ port: Number.parseInt(port, 16), loopbackOnly, ipv4 }]
      })
  )
}
