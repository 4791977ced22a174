/**
 * The entry of every npm script. It runs on any Node 18 or newer, needs no package, installs and bundles what is
 * missing or stale, and then hands over to the Node version that the workspace pins.
 */
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { bundleIsStale, fail, forwarded, node, root } from "./support.mjs"

const pnpm = "pnpm@12.21.0"
/** Of what the installer prints, for somebody whose install fails. */
const keptLines = 40
const bundle = join(root, "apps", "cli", "dist", "main.js")

/** What each npm script runs on the workspace's Node. `bundled` ones need an up-to-date bundle of the apps. */
const commands = {
  start: { bundled: true, args: [bundle, "start"] },
  serve: { bundled: true, args: [bundle, "serve"] },
  pb: { bundled: true, args: [bundle] },
  test: { args: [join(root, "scripts", "test.mjs")] },
  check: { args: [join(root, "scripts", "check.mjs")] },
  build: { args: [join(root, "scripts", "build.mjs")] },
  format: { args: [join(root, "scripts", "format.mjs")] },
  bench: { bundled: true, args: [join(root, "bench", "src", "main.ts")] }
}

const [name = "", ...rest] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (command === undefined) fail(`Usage: node scripts/run.mjs <${Object.keys(commands).join(" | ")}> [arguments]`)
if (Number.parseInt(process.versions.node, 10) < 18) {
  fail(`ProductBuilding needs Node 18 or newer to start; this is ${process.versions.node}. See https://nodejs.org`)
}

await install()
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` }
if (command.bundled && bundleIsStale()) {
  say("Bundling the apps …")
  const done = spawnSync(node, [join(root, "scripts", "bundle.mjs")], { cwd: root, env, stdio: ["ignore", 2, 2] })
  if (done.status !== 0) fail("The apps could not be bundled; the reason is above.")
}
handOver()

/** Installs the packages of the lockfile, unless exactly these were installed before. */
async function install() {
  const stamp = join(root, "node_modules", ".installed")
  const wanted = installKey()
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  say("Installing packages (the first time takes about a minute) …")
  const startedAt = Date.now()
  const { error, isStopped, output, status } = await runInstaller()
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  if (error !== undefined) {
    fail(
      "code" in error && error.code === "ENOENT"
        ? "npx was not found on the PATH. It comes with npm, which comes with Node: https://nodejs.org"
        : `npx could not be started: ${error.message}`
    )
  }
  if (isStopped) fail("The installation was stopped.")
  if (status !== 0) {
    for (const line of output) say(line)
    fail("The packages could not be installed; the reason is above.")
  }
  if (!existsSync(node)) fail(`The packages were installed, but ${node} is missing: delete node_modules and try again.`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  say(`Installed in ${seconds} s.`)
}

/**
 * Says every few seconds how far it is, and keeps the last lines that it prints. Most of them are no news: on an older
 * Node it warns of each package that wants a newer one, and gets it by this very install.
 */
function runInstaller() {
  return new Promise((resolve) => {
    const child = spawn("npx", ["--yes", pnpm, "install", "--frozen-lockfile", "--reporter=append-only"], {
      cwd: root,
      env: { ...process.env, npm_config_update_notifier: "false" },
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = []
    let progress = "getting the installer"
    const startedAt = Date.now()
    const sign = setInterval(() => {
      say(`  ${Math.round((Date.now() - startedAt) / 1000)} s: ${progress} …`)
    }, 5_000)
    const listen = (line) => {
      const [, resolved, added] = /^Progress: resolved (\d+), .*added (\d+)/.exec(line) ?? []
      if (resolved !== undefined) progress = `${added} of ${resolved} packages`
      else if (line.trim() !== "" && !line.includes("Unsupported engine")) output = [...output, line].slice(-keptLines)
    }
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", listen)
    let isStopped = false
    const stop = (signal) => {
      isStopped = true
      child.kill(signal)
    }
    for (const signal of forwarded) process.on(signal, stop)
    const end = (result) => {
      clearInterval(sign)
      for (const signal of forwarded) process.off(signal, stop)
      resolve({ ...result, isStopped, output })
    }
    child.on("error", (error) => end({ error }))
    child.on("close", (status) => end({ status }))
  })
}

/** Names one state of everything that decides what an install puts into node_modules. */
function installKey() {
  const hash = createHash("sha256")
  const patches = readdirSync(join(root, "patches")).map((file) => join("patches", file))
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...patches]) {
    hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.update(`${process.platform}-${process.arch}`).digest("hex")
}

/** Runs the command and ends as it ends. */
function handOver() {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...command.args, ...rest], {
    cwd: name === "pb" ? (process.env.INIT_CWD ?? process.cwd()) : root,
    env,
    stdio: "inherit"
  })
  for (const signal of forwarded) {
    let forwardedAt = 0
    process.on(signal, () => {
      // NOTE: Ctrl-C reaches the child from the terminal itself, and npm repeats every signal to us; once is enough.
      if (signal === "SIGINT" && process.stdin.isTTY) return
      if (Date.now() - forwardedAt < 500) return
      forwardedAt = Date.now()
      child.kill(signal)
    })
  }
  // NOTE: npm passes signals to a shell that ends without passing them on; then we have a new parent.
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill("SIGTERM")
  }, 250)
  watch.unref()
  child.on("error", (error) => fail(`${node} could not be started: ${error.message}`))
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  })
}

/** Progress goes to stderr, so that what a command prints can be piped. */
function say(line) {
  process.stderr.write(`${line}\n`)
}
