/** What a pull request's compose file may not do, what is quietly taken out, and what survives. */
import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { parse } from "yaml"
import { labels, type SanitizeOptions, sanitizeCompose } from "../src/ComposeSanitizer.ts"
import { EnvironmentName, PreviewId } from "../src/Preview.ts"

const checkout = "/srv/checkout"

const options: SanitizeOptions = {
  file: "docker-compose.yml",
  environment: EnvironmentName.make("pb-acme-shop-pr-7"),
  previewId: PreviewId.make("acme/shop#7"),
  mainService: "app",
  port: 8080,
  log: { service: "app", source: "docker" },
  variables: { COMMIT_SHA: "abc", PRICE: "5$" },
  publish: false,
  inside: (path) => {
    if (path.startsWith("~")) return undefined
    const absolute = path.startsWith("/") ? path : `${checkout}/${path}`
    const normal = new URL(`file://${absolute}`).pathname.replace(/\/$/, "")
    return normal === checkout || normal.startsWith(`${checkout}/`) ? normal : undefined
  }
}

const sanitize = (yaml: string, change: Partial<SanitizeOptions> = {}) =>
  sanitizeCompose(parse(yaml), { ...options, ...change })
const service = (text: string) => `services:\n  app:\n    image: a\n${text.replace(/^/gm, "    ")}\n`

/** A file, the key that is refused, and a word of the reason. */
const hostile: ReadonlyArray<readonly [name: string, yaml: string, key: string, reason: string]> = [
  ["privileged", service("privileged: true"), "services.app.privileged", "owns the machine"],
  ["capabilities", service("cap_add: [SYS_ADMIN]"), "services.app.cap_add", "beyond"],
  ["devices", service("devices: ['/dev/kvm:/dev/kvm']"), "services.app.devices", "machine"],
  ["device rules", service("device_cgroup_rules: ['c 1:3 mr']"), "services.app.device_cgroup_rules", "machine"],
  ["all GPUs", service("gpus: all"), "services.app.gpus", "machine"],
  [
    "reserved GPUs",
    service("deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } }"),
    "services.app.deploy.resources.reservations.devices",
    "machine"
  ],
  ["security options", service("security_opt: ['seccomp:unconfined']"), "services.app.security_opt", "confinement"],
  ["a parent control group", service("cgroup_parent: /"), "services.app.cgroup_parent", "machine"],
  ["the host's control groups", service("cgroup: host"), "services.app.cgroup", "machine"],
  ["memory that is never taken away", service("oom_kill_disable: true"), "services.app.oom_kill_disable", "machine"],
  ["being the last to be ended", service("oom_score_adj: -1000"), "services.app.oom_score_adj", "machine ends"],
  ["another way to run containers", service("runtime: nvidia"), "services.app.runtime", "operator"],
  ["a program of the machine", service("provider: { type: x }"), "services.app.provider", "runs a program"],
  [
    "credentials of the machine",
    service("credential_spec: { file: x.json }"),
    "services.app.credential_spec",
    "credentials"
  ],
  ["kernel settings", service("sysctls: { net.core.somaxconn: 1024 }"), "services.app.sysctls", "kernel"],
  ["the host's users", service("userns_mode: host"), "services.app.userns_mode", "machine"],
  ["the host's name", service("uts: host"), "services.app.uts", "host"],
  ["the host's network", service("network_mode: host"), "services.app.network_mode", "not the preview's own"],
  [
    "a stranger's network",
    service("network_mode: 'container:db'"),
    "services.app.network_mode",
    "not the preview's own"
  ],
  ["a stranger's processes", service("pid: 'container:db'"), "services.app.pid", "not the preview's own"],
  ["a stranger's shared memory", service("ipc: 'container:db'"), "services.app.ipc", "not the preview's own"],
  ["the host's processes", service("pid: host"), "services.app.pid", "not the preview's own"],
  ["the host's shared memory", service("ipc: host"), "services.app.ipc", "not the preview's own"],
  ["a stranger's volumes", service("volumes_from: ['container:db']"), "services.app.volumes_from", "others"],
  ["a stranger's containers", service("external_links: [db]"), "services.app.external_links", "others"],
  [
    "the engine's socket, in short",
    service("volumes: ['/var/run/docker.sock:/x']"),
    "services.app.volumes[0]",
    "socket"
  ],
  [
    "the engine's socket, at length",
    service("volumes: [{ type: bind, source: /run/docker.sock, target: /x }]"),
    "services.app.volumes[0]",
    "socket"
  ],
  ["the engine's API", service("use_api_socket: true"), "services.app.use_api_socket", "socket"],
  ["a bind of the root", service("volumes: ['/:/host']"), "services.app.volumes[0]", "outside the checkout"],
  [
    "a bind through dots",
    service("volumes: ['./a/../../secret:/x']"),
    "services.app.volumes[0]",
    "outside the checkout"
  ],
  [
    "a bind through dots, at length",
    service("volumes: [{ type: bind, source: ../secret, target: /x }]"),
    "services.app.volumes[0]",
    "outside the checkout"
  ],
  [
    "a bind that pretends to be a declared volume",
    `${service("volumes: ['..:/x']")}volumes: { '..': {} }`,
    "services.app.volumes[0]",
    "outside the checkout"
  ],
  [
    "an undeclared volume, at length",
    service("volumes: [{ type: volume, source: others, target: /x }]"),
    "services.app.volumes[0]",
    "not declared"
  ],
  ["a bind of a home", service("volumes: ['~/.ssh:/x']"), "services.app.volumes[0]", "outside the checkout"],
  ["an undeclared volume", service("volumes: ['others:/x']"), "services.app.volumes[0]", "not declared"],
  [
    "a strange mount",
    service("volumes: [{ type: npipe, source: x, target: /x }]"),
    "services.app.volumes[0]",
    "no kind of mount"
  ],
  ["a log that goes elsewhere", service("logging: { driver: syslog }"), "services.app.logging.driver", "elsewhere"],
  [
    "a privileged hook",
    service("post_start: [{ command: id, privileged: true }]"),
    "services.app.post_start",
    "owns the machine"
  ],
  ["an environment file outside", service("env_file: ['../.env']"), "services.app.env_file[0]", "outside the checkout"],
  ["one environment file outside", service("env_file: ../.env"), "services.app.env_file[0]", "outside the checkout"],
  [
    "an environment file outside, at length",
    service("env_file: [{ path: /etc/passwd, required: false }]"),
    "services.app.env_file[0]",
    "outside the checkout"
  ],
  [
    "a privileged hook at the end",
    service("pre_stop: [{ command: id, privileged: true }]"),
    "services.app.pre_stop",
    "owns the machine"
  ],
  [
    "a build over SSH",
    "services: { app: { build: 'me@evil.example:x.git' } }",
    "services.app.build.context",
    "elsewhere"
  ],
  [
    "a build from GitHub",
    "services: { app: { build: 'github.com/evil/x' } }",
    "services.app.build.context",
    "elsewhere"
  ],
  [
    "a build in a stranger's network",
    "services: { app: { build: { context: ., network: 'container:db' } } }",
    "services.app.build.network",
    "beyond the build"
  ],
  [
    "a build without its usual isolation",
    "services: { app: { build: { context: ., isolation: process } } }",
    "services.app.build.isolation",
    "beyond the build"
  ],
  [
    "a further context outside, in a list",
    "services: { app: { build: { context: ., additional_contexts: ['x=/etc'] } } }",
    "services.app.build.additional_contexts.x",
    "outside"
  ],
  [
    "a further context of elsewhere",
    "services: { app: { build: { context: ., additional_contexts: { x: 'https://evil.example/x.git' } } } }",
    "services.app.build.additional_contexts.x",
    "elsewhere"
  ],
  ["a build outside", "services: { app: { build: .. } }", "services.app.build.context", "outside the checkout"],
  [
    "a build from elsewhere",
    "services: { app: { build: 'https://evil.example/x.git' } }",
    "services.app.build.context",
    "elsewhere"
  ],
  [
    "a Dockerfile outside",
    "services: { app: { build: { context: ., dockerfile: ../D } } }",
    "services.app.build.dockerfile",
    "outside"
  ],
  [
    "an absolute Dockerfile",
    "services: { app: { build: { context: ., dockerfile: /etc/D } } }",
    "services.app.build.dockerfile",
    "outside"
  ],
  [
    "SSH keys of the builder",
    "services: { app: { build: { context: ., ssh: [default] } } }",
    "services.app.build.ssh",
    "beyond the build"
  ],
  [
    "secrets of the builder",
    "services: { app: { build: { context: ., secrets: [npm] } } }",
    "services.app.build.secrets",
    "beyond the build"
  ],
  [
    "a build on the host's network",
    "services: { app: { build: { context: ., network: host } } }",
    "services.app.build.network",
    "beyond the build"
  ],
  [
    "a privileged build",
    "services: { app: { build: { context: ., privileged: true } } }",
    "services.app.build.privileged",
    "beyond the build"
  ],
  [
    "build entitlements",
    "services: { app: { build: { context: ., entitlements: [security.insecure] } } }",
    "services.app.build.entitlements",
    "beyond"
  ],
  [
    "a further context outside",
    "services: { app: { build: { context: ., additional_contexts: { x: /etc } } } }",
    "services.app.build.additional_contexts.x",
    "outside"
  ],
  [
    "a network of others",
    `${service("networks: [n]")}networks: { n: { external: true } }`,
    "networks.n.external",
    "others"
  ],
  [
    "a network on the host",
    `${service("networks: [n]")}networks: { n: { driver: macvlan } }`,
    "networks.n.driver",
    "bridge"
  ],
  [
    "a volume of others",
    `${service("volumes: ['v:/x']")}volumes: { v: { external: true } }`,
    "volumes.v.external",
    "others"
  ],
  [
    "a volume that is a bind",
    `${service("volumes: ['v:/x']")}volumes: { v: { driver_opts: { type: none, o: bind, device: / } } }`,
    "volumes.v.driver_opts",
    "any folder"
  ],
  [
    "a volume of a plugin",
    `${service("volumes: ['v:/x']")}volumes: { v: { driver: nfs } }`,
    "volumes.v.driver",
    "local"
  ],
  ["a secret outside", `${service("secrets: [s]")}secrets: { s: { file: /etc/shadow } }`, "secrets.s.file", "outside"],
  [
    "a secret of others",
    `${service("secrets: [s]")}secrets: { s: { external: true } }`,
    "secrets.s.external",
    "others"
  ],
  ["a config outside", `${service("configs: [c]")}configs: { c: { file: ../c } }`, "configs.c.file", "outside"],
  [
    "a config of others",
    `${service("configs: [c]")}configs: { c: { external: true } }`,
    "configs.c.external",
    "others"
  ],
  [
    "thirty-one services",
    `services: { ${Array.from({ length: 31 }, (_, index) => `s${index}: { image: a }`).join(", ")} }`,
    "services",
    "at most 30"
  ],
  ["no services", "version: '3'", "services", "no services"],
  [
    "another main service",
    "services: { web: { image: a } }",
    "services",
    "(the contract's compose.service); there are web"
  ]
]

type Rendered = ReturnType<typeof sanitized>

const sanitized = (yaml: string, change: Partial<SanitizeOptions> = {}) => {
  const result = sanitize(yaml, change)
  if (Result.isFailure(result))
    throw new Error(result.failure.map(({ key, message }) => `${key}: ${message}`).join("\n"))
  return JSON.parse(JSON.stringify(result.success))
}

describe("sanitizeCompose", () => {
  for (const [name, yaml, key, reason] of hostile) {
    it(`refuses ${name}, with its key and the reason`, () => {
      const result = sanitize(yaml)
      if (Result.isSuccess(result)) throw new Error("it was accepted")
      const problem = result.failure.find((one) => one.key === key)
      assert.include(problem?.message, reason)
    })
  }

  it("refuses a log of a service that is not there", () => {
    const result = sanitize(service("command: x"), { log: { service: "worker", source: "docker" } })
    if (Result.isSuccess(result)) throw new Error("it was accepted")
    assert.deepStrictEqual(
      result.failure.map(({ key, message }) => [key, message]),
      [["services", "there is no service worker (the contract's logging.service); there are app"]]
    )
  })

  it("refuses everything at once, each by itself", () => {
    const result = sanitize(service("privileged: true\npid: host\ncap_add: [ALL]"))
    assert.deepStrictEqual(Result.isFailure(result) && result.failure.map(({ key }) => key), [
      "services.app.privileged",
      "services.app.cap_add",
      "services.app.pid"
    ])
  })

  it("takes out what two previews would fight over", () => {
    const { networks, services, volumes } = sanitized(`
services:
  app:
    image: a
    container_name: shop
    ports: ["80:8080"]
    networks: { front: { ipv4_address: 10.0.0.7, aliases: [web] } }
    volumes: ["data:/data"]
networks: { front: { name: shared, ipam: { config: [{ subnet: 10.0.0.0/24 }] } } }
volumes: { data: { name: shop-data } }
`)
    assert.notProperty(services.app, "container_name")
    assert.notProperty(services.app, "ports")
    assert.deepStrictEqual(services.app.networks, { front: { aliases: ["web"] } })
    assert.notProperty(networks.front, "name")
    assert.notProperty(networks.front, "ipam")
    assert.notProperty(volumes.data, "name")
  })

  it.each([
    [
      "a mapping",
      "labels: { traefik.enable: 'true', productbuilding.preview: evil/one#1, Traefik.http: x, team: shop }"
    ],
    ["a list", "labels: ['traefik.enable=true', 'productbuilding.preview=evil/one#1', 'Traefik.http=x', 'team=shop']"]
  ])("takes out labels that claim to be ours or the proxy's, in %s", (_form, yaml) => {
    assert.deepStrictEqual(sanitized(service(yaml)).services.app.labels, {
      team: "shop",
      "traefik.enable": "false",
      [labels.managed]: "true",
      [labels.preview]: "acme/shop#7",
      [labels.environment]: "pb-acme-shop-pr-7",
      [labels.port]: "8080",
      [labels.log]: "docker"
    })
  })

  it.each([
    [
      "services",
      (document: Rendered) => document.services.app.build.labels,
      "build: { context: ., labels: { traefik.x: y, team: shop } }"
    ],
    ["networks", (document: Rendered) => document.networks.n.labels, "image: a"],
    ["volumes", (document: Rendered) => document.volumes.v.labels, "image: a"]
  ])("takes them out of builds, networks and volumes too: %s", (_section, labelsOf, app) => {
    const labelled = "labels: ['traefik.x=y', 'productbuilding.preview=evil/one#1', 'team=shop']"
    const document = sanitized(
      `services: { app: { ${app} } }\nnetworks: { n: { ${labelled} } }\nvolumes: { v: { ${labelled} } }`
    )
    assert.deepStrictEqual(labelsOf(document), {
      team: "shop",
      [labels.managed]: "true",
      [labels.preview]: "acme/shop#7",
      [labels.environment]: "pb-acme-shop-pr-7"
    })
  })

  it("keeps a service from the proxy even if its image brings labels", () => {
    const { services } = sanitized("services: { app: { image: a }, db: { image: b } }")
    assert.strictEqual(services.app.labels["traefik.enable"], "false")
    assert.strictEqual(services.db.labels["traefik.enable"], "false")
  })

  it("takes out what only swarms and development use", () => {
    const { services } = sanitized(
      service(
        "develop: { watch: [] }\nprofiles: [x]\nscale: 9\nmac_address: 02:42:ac:11:00:02\nannotations: { a: b }\nlabel_file: x\ndeploy: { replicas: 9, labels: { traefik.enable: 'true' }, resources: { limits: { memory: 1G } } }"
      )
    )
    assert.deepStrictEqual(Object.keys(services.app).toSorted(), ["deploy", "environment", "image", "init", "labels"])
    assert.deepStrictEqual(services.app.deploy, { resources: { limits: { memory: "1G" } } })
  })

  it("takes out of a build what others could see or overwrite", () => {
    const { services } = sanitized(
      service("build: { context: ., tags: ['acme/other'], cache_from: [x], cache_to: ['type=local,dest=/etc'] }")
    )
    assert.deepStrictEqual(Object.keys(services.app.build).toSorted(), ["context", "labels"])
  })

  it("marks everything that the engine will hold", () => {
    const document = sanitized("services: { app: { build: . , volumes: ['v:/x'] } }\nvolumes: { v: {} }")
    for (const one of [
      document.services.app,
      document.services.app.build,
      document.networks.default,
      document.volumes.v
    ]) {
      assert.strictEqual(one.labels[labels.environment], "pb-acme-shop-pr-7")
    }
  })

  it("keeps what an app needs", () => {
    const { services, "x-common": extension } = sanitized(`
services:
  app:
    build: { context: ./app, args: { A: b }, target: web }
    depends_on: { db: { condition: service_healthy } }
    environment: ["MODE=preview"]
    healthcheck: { test: [CMD, "true"] }
    command: ["a", "$$HOME"]
    networks: { front: { aliases: [web] }, back: }
    logging: { driver: json-file, options: { max-size: 1m } }
    security_opt: []
    privileged: false
    tmpfs: /tmp
    ulimits: { nofile: 1024 }
  db:
    image: postgres
    volumes: ["data:/var/lib", "./init:/init:ro"]
    pid: "service:app"
    network_mode: none
volumes: { data: {} }
networks: { front: { driver: bridge, internal: true }, back: }
x-common: { a: b }
`)
    assert.deepStrictEqual(services.app.networks, { front: { aliases: ["web"] }, back: null })
    assert.deepStrictEqual(services.app.healthcheck, { test: ["CMD", "true"] })
    assert.deepStrictEqual(services.app.logging, { driver: "json-file", options: { "max-size": "1m" } })
    assert.deepStrictEqual(services.app.ulimits, { nofile: 1024 })
    assert.strictEqual(services.app.tmpfs, "/tmp")
    assert.deepStrictEqual([services.db.pid, services.db.network_mode], ["service:app", "none"])
    assert.deepStrictEqual(services.app.depends_on, { db: { condition: "service_healthy" } })
    assert.strictEqual(services.app.build.target, "web")
    assert.deepStrictEqual(services.app.command, ["a", "$$HOME"])
    assert.deepStrictEqual(services.db.volumes, ["data:/var/lib", "./init:/init:ro"])
    assert.strictEqual(services.app.environment.MODE, "preview")
    assert.isUndefined(extension)
  })

  it("gives services their variables, literally, and never over their own", () => {
    const { services } = sanitized(service("environment: { COMMIT_SHA: mine }"))
    assert.strictEqual(services.app.environment.COMMIT_SHA, "mine")
    assert.strictEqual(services.app.environment.PRICE, "5$$")
  })

  it("puts an init in front, unless the file says otherwise", () => {
    assert.isTrue(sanitized(service("command: x")).services.app.init)
    assert.isFalse(sanitized(service("init: false")).services.app.init)
  })

  it("gives built images names of their own, also where another service uses them", () => {
    const { services } = sanitized("services: { app: { build: ., image: 'acme/app' }, worker: { image: 'acme/app' } }")
    assert.strictEqual(services.app.image, "pb-acme-shop-pr-7-app")
    assert.strictEqual(services.worker.image, "pb-acme-shop-pr-7-app")
  })

  it("publishes the main service on a free loopback port, only where containers have no address", () => {
    assert.deepStrictEqual(sanitized(service("ports: ['80:80']"), { publish: true }).services.app.ports, [
      "127.0.0.1::8080"
    ])
  })

  it("answers anything with a result", () => {
    for (const input of [
      null,
      1,
      "x",
      [],
      { services: 1 },
      { services: { app: null } },
      { services: { app: { build: 5, volumes: "x" } } }
    ]) {
      sanitizeCompose(input, options)
    }
  })
})
