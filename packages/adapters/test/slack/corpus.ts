/** Comments as people and bots write them on GitHub, by what is special about them. */
export const corpus: ReadonlyArray<readonly [name: string, markdown: string]> = [
  [
    "dependabot's pull request",
    `Bumps [undici](https://github.com/nodejs/undici) from 7.16.0 to 7.18.2.
<details>
<summary>Release notes</summary>
<p><em>Sourced from <a href="https://github.com/nodejs/undici/releases">undici's releases</a>.</em></p>
<blockquote>
<h2>v7.18.2</h2>
<h2>What's Changed</h2>
<ul>
<li>fix: abort when headers &gt; limit by <a href="https://github.com/mcollina"><code>@​mcollina</code></a> in <a href="https://redirect.github.com/nodejs/undici/pull/4711">nodejs/undici#4711</a></li>
<li>docs: &quot;fetch&quot; &amp; friends</li>
</ul>
</blockquote>
</details>
<details>
<summary>Commits</summary>
<ul>
<li><a href="https://github.com/nodejs/undici/commit/b04e3cbb569c1596f86c108e9b52c79d8475dcb3"><code>b04e3cb</code></a> Bumped v7.18.2</li>
<li>See full diff in <a href="https://github.com/nodejs/undici/compare/v7.16.0...v7.18.2">compare view</a></li>
</ul>
</details>
<br />

[![Dependabot compatibility score](https://dependabot-badges.githubapp.com/badges/compatibility_score?dependency-name=undici&package-manager=npm_and_yarn)](https://docs.github.com/en/github/managing-security-vulnerabilities)

Dependabot will resolve any conflicts with this PR as long as you don't alter it yourself. You can also trigger a rebase manually by commenting \`@dependabot rebase\`.

[//]: # (dependabot-automerge-start)
[//]: # (dependabot-automerge-end)

---

<details>
<summary>Dependabot commands and options</summary>
<br />

You can trigger Dependabot actions by commenting on this PR:
- \`@dependabot rebase\` will rebase this PR
- \`@dependabot ignore <dependency name> major version\` will close this group

</details>`
  ],
  [
    "renovate's table",
    `This PR contains the following updates:

| Package | Change | Age | Confidence |
|---|---|---|---|
| [typescript](https://www.typescriptlang.org/) ([source](https://redirect.github.com/microsoft/TypeScript)) | [\`5.9.2\` → \`6.0.1\`](https://renovatebot.com/diffs/npm/typescript/5.9.2/6.0.1) | ![age](https://developer.mend.io/api/mc/badges/age/npm/typescript/6.0.1?slim=true) | ![confidence](https://developer.mend.io/api/mc/badges/confidence/npm/typescript/5.9.2/6.0.1?slim=true) |

---

- [ ] <!-- rebase-check -->If you want to rebase/retry this PR, check this box

<!--renovate-debug:eyJjcmVhdGVkSW5WZXIiOiI0MS45Ny4xMCJ9-->`
  ],
  [
    "review with a suggestion",
    "This leaks the handle when `open` throws, see #41:\n\n```suggestion\n    const file = yield* Effect.acquireRelease(open(path), (file) => file.close)\n```\n\nWDYT @ada?"
  ],
  [
    "checklist",
    "## Before merge\n\n- [x] Tests for `a && b`\n- [ ] Docs\n  - [x] README\n  - [ ] `CHANGELOG.md`\n1. [ ] Release\n2. Announce in #general"
  ],
  ["Japanese", "これは**とても重要**な変更です。`main`ブランチに*必ず*マージしてください。~~後で~~ #12 を参照。"],
  ["Chinese table", "| 名称 | 状态 | 数量 |\n|:--|:-:|--:|\n| 构建 | ✅ 成功 | 12 |\n| deploy | ❌ | 3 |"],
  ["Korean", "**수정**했습니다! [문서](https://example.com/한국어?q=값)를 보세요 👍🏽"],
  ["Arabic", "مرحبا @ada، هذا **مهم** جدا: `npm test` يفشل في #7\n\n> اقتباس"],
  ["Hebrew with direction marks", "\u200fשלום **עולם** \u202eevil\u202c (ראה #3)"],
  ["emoji", ":tada: :+1: 👨‍👩‍👧‍👦 **:rocket: shipped** 🇩🇪 1️⃣ :white_check_mark:"],
  [
    "huge table",
    `| Test | Result | Message |\n| --- | --- | --- |\n${Array.from({ length: 400 }, (_, index) => `| suite ${index} › renders <b>${index}</b> & co | ❌ | expected \`${index}\` to equal **${index + 1}** at file_${index}.ts |`).join("\n")}`
  ],
  [
    "60 kB log in a fence",
    `CI failed:\n\n\`\`\`text\n${Array.from({ length: 1000 }, (_, index) => `2026-11-21T07:00:00.000Z [${index}] GET /a?b=1&c=<x> @here ok`).join("\n")}\n\`\`\`\n\nRerun?`
  ],
  [
    "pings",
    "@here @channel @everyone <!here> &lt;!channel&gt; <@U024BE7LH> <#C024BE7LR> `@here` <!subteam^S1> @HERE, @everyone."
  ],
  [
    "links of all kinds",
    "[a](javascript:alert(1)) [b](https://x.y/?a=1&b=<2>|3) [c](docs/a.md) [d](../blob/main/x.ts#L3) [e](#anchor) <https://z.y> www.example.com me@example.com [f](data:text/html,x) [g](slack://open) [ref][1] [h](//evil.example)\n\n[1]: https://example.com 'Title'"
  ],
  [
    "references",
    "Fixes #12, acme/docs#3, GH-7, 0123abc, b04e3cbb569c1596f86c108e9b52c79d8475dcb3, acme/x@b04e3cb and https://github.com/acme/shop/pull/9 but not 20261121, defaced, a#1 or x/y/z#2"
  ],
  ["alert", "> [!WARNING]\n> Migrations run **twice**.\n>\n> See below.\n\n> [!note]\n> lower case"],
  ["quoted reply", "> > first\n> second `x`\n> - item\n> ```sh\n> rm -rf <dir>\n> ```\n\nAgreed."],
  [
    "nested lists",
    "1. one\n   - two\n     1. three\n        para\n\n        ```\n        code\n        ```\n   - four\n\n     second paragraph\n7. five"
  ],
  [
    "footnotes",
    "A claim[^1] and another[^big], again[^1].\n\n[^1]: Source: <https://example.com>\n[^big]: Two paragraphs.\n\n    ```\n    code\n    ```"
  ],
  [
    "coverage bot",
    "## [Codecov](https://app.codecov.io/gh/acme/shop/pull/9) Report\n:x: Patch coverage is `0%` with `3 lines` missing.\n\n```diff\n@@           Coverage Diff           @@\n##             main       #9   +/-   ##\n=======================================\n- Coverage   91.20%   91.01%   -0.19%\n+ Hits         1200     1198       -2\n```"
  ],
  [
    "text that looks like marks",
    "a * b * c, \\*no bold\\*, \\_no\\_, 2 ~ 3, ~/x and ~/y, `*code*`, snake_case_name, __init__, *.ts and *.js, \\`x\\`"
  ],
  [
    "nested emphasis",
    "***both*** **a *b* c** *a **b** c* **bold [link](https://x.y) `code`** [**bold link**](https://x.y) ~~**gone**~~ **two\nlines**"
  ],
  [
    "HTML layout",
    '<p align="center"><img src="https://x.y/logo.png" alt="Logo"><br><b>Bold</b> <kbd>Ctrl</kbd>+<kbd>C</kbd> x<sup>2</sup></p>\n<table><tr><th>K</th><th>V</th></tr><tr><td>a</td><td>1 &lt; 2</td></tr></table>\n<script>alert(1)</script><video src="https://x.y/v.mp4"></video>\n<pre lang="sh"><code>ls &amp;&amp; pwd\n</code></pre>'
  ],
  [
    "details around Markdown",
    "<details open><summary><h3>Logs</h3></summary>\n\n**Step 1**\n\n```\nboom\n```\n\n<details><summary>Inner</summary>\n\n* x\n\n</details>\n</details>\nafter"
  ],
  ["entities", "a &amp;amp; b &lt;b&gt; &copy; &#60;!here&#62; &nbsp;&quot;x&quot; `&lt;` <span>1 &lt; 2</span>"],
  [
    "issue form",
    "### Describe the bug\n\nIt crashes.\n\n### Version\n\n```shell\nv1.2.3\n```\n\n### Logs\n\n_No response_\n"
  ],
  ["Windows line ends", "# Title\r\n\r\n- a\r\n- b\r\n\r\n```\r\nx\r\ny\r\n```\r\n"],
  ["bad HTML", "<div <b>x</i></b> <a href='https://x.y>unclosed <!-- never closed\n\nstill here?"],
  ["mermaid and mathematics", "```mermaid\ngraph TD; A-->B;\n```\n\n$a < b$ and $$\\sum_i^n$$"],
  [
    "an image alone",
    '<img width="800" alt="Screenshot" src="https://github.com/user-attachments/assets/1b2c3d4e-0000" />\n\n![](https://x.y/z.png)'
  ],
  ["blank", " \n\n<!-- only a comment -->\n"]
]
