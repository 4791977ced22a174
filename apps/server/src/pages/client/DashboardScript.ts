/** `dashboard.ts` and what it imports, bundled by `ClientScripts.test.ts`. Do not edit. */
export const dashboardScript = String.raw`(function() {

	var Html = class {
		text;
		constructor(text) {
			this.text = text;
		}
	};
	const entities = {
		"&": "&amp;",
		"<": "&lt;",
		">": "&gt;",
		"\"": "&quot;",
		"'": "&#39;"
	};
	const escapeHtml = (text) => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
	const render = (content) => {
		if (content instanceof Html) return content.text;
		if (content === null || content === void 0 || content === false) return "";
		if (typeof content === "object") return content.map(render).join("");
		return escapeHtml(String(content));
	};
	const html = (strings, ...contents) => new Html(strings.reduce((text, part, index) => text + render(contents[index - 1]) + part));
	const trusted = (text) => new Html(text);
	const href = (address) => /^https?:\/\/[^\s]+$/i.test(address) ? address : "#";

	const stateWords = {
		pending: {
			word: "Queued",
			tone: "wait",
			group: "progress"
		},
		building: {
			word: "Building",
			tone: "busy",
			group: "progress"
		},
		deploying: {
			word: "Starting",
			tone: "busy",
			group: "progress"
		},
		ready: {
			word: "Ready",
			tone: "good",
			group: "live"
		},
		failed: {
			word: "Failed",
			tone: "bad",
			group: "attention"
		},
		blocked: {
			word: "Needs approval",
			tone: "wait",
			group: "attention"
		},
		closing: {
			word: "Closing",
			tone: "gone",
			group: "closed"
		},
		deleted: {
			word: "Closed",
			tone: "gone",
			group: "closed"
		}
	};
	const signs = {
		pending: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"M8 4.6V8l2.3 1.6\"/>",
		building: "<path d=\"M2.5 13.5h11M4 13.5V8.2h3.6v5.3M8.6 13.5V4h3.6v9.5\"/>",
		deploying: "<path d=\"M8 13V3.4M4.2 7 8 3.2 11.8 7\"/>",
		ready: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"m5.2 8.2 2 2 3.7-4.2\"/>",
		failed: "<path d=\"M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z\"/><path d=\"m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2\"/>",
		blocked: "<rect x=\"3.2\" y=\"7\" width=\"9.6\" height=\"6.6\" rx=\"1.4\"/><path d=\"M5.4 7V5a2.6 2.6 0 0 1 5.2 0v2\"/>",
		closing: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"M5 8h6\"/>",
		deleted: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"M5 8h6\"/>",
		unreachable: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"M8 4.8v4M8 11v.1\"/>",
		unknown: "<circle cx=\"8\" cy=\"8\" r=\"6.2\"/><path d=\"M6.2 6.3a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.6v.1\"/>"
	};
	const sign = (state) => html${"`"}<svg class="sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${"${"}trusted(signs[state])}</svg>${"`"};
	const twoDigits = (value) => String(value).padStart(2, "0");
	const duration = (ms) => {
		const seconds = Math.max(0, ms) / 1e3;
		if (seconds < 9.95) return ${"`"}${"${"}seconds.toFixed(1)} s${"`"};
		const whole = Math.round(seconds);
		if (whole < 60) return ${"`"}${"${"}whole} s${"`"};
		if (whole < 3600) return ${"`"}${"${"}Math.floor(whole / 60)} m ${"${"}twoDigits(whole % 60)} s${"`"};
		return ${"`"}${"${"}Math.floor(whole / 3600)} h ${"${"}twoDigits(Math.floor(whole % 3600 / 60))} m${"`"};
	};
	const ago = (ms, now) => {
		const seconds = Math.max(0, Math.round((now - ms) / 1e3));
		if (seconds < 10) return "just now";
		if (seconds < 60) return ${"`"}${"${"}seconds} s ago${"`"};
		if (seconds < 3600) return ${"`"}${"${"}Math.floor(seconds / 60)} min ago${"`"};
		if (seconds < 86400) return ${"`"}${"${"}Math.floor(seconds / 3600)} h ago${"`"};
		const days = Math.floor(seconds / 86400);
		return days === 1 ? "yesterday" : ${"`"}${"${"}days} days ago${"`"};
	};
	const instant = new Intl.DateTimeFormat("en-GB", {
		dateStyle: "medium",
		timeStyle: "medium",
		timeZone: "UTC"
	});
	const when = (ms, now) => html${"`"}<span class="when" data-ms="${"${"}ms}" title="${"${"}instant.format(ms)} UTC">${"${"}ago(ms, now)}</span>${"`"};
	const shortSha = (sha) => sha.slice(0, 7);
	const totalMs = (row, now) => {
		const first = row.stages[0];
		const last = row.stages.at(-1);
		return first === void 0 || last === void 0 ? null : (last.endedAt ?? now) - first.startedAt;
	};
	const logPath = (row) => ${"`"}/previews/${"${"}row.repository}/${"${"}row.pullRequest}/logs?tail=200${"`"};
	const plainText = (text) => text.replace(terminalSequences, "").replace(/\r(?!\n)/g, "\n");
	const terminalSequences = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

	const outcome = (row) => {
		if (row.status === "failed") return {
			word: "failed",
			tone: "bad",
			reason: row.failure ?? "The handling failed."
		};
		if (row.decision === null) return {
			word: "waiting",
			tone: "wait",
			reason: "Not handled yet."
		};
		const tone = row.decision.outcome === "accepted" ? "good" : "gone";
		return {
			word: row.decision.outcome,
			tone,
			reason: row.decision.reason
		};
	};
	const deliveryItem = (row, now) => {
		const { word, tone, reason } = outcome(row);
		return html${"`"}<li class="delivery tone-${"${"}tone}" title="${"${"}row.id}"><p class="what"><b>${"${"}row.decision?.subject ?? row.event}</b><span class="outcome">${"${"}word}</span>${"${"}row.attempts > 1 && html${"`"}<span class="quiet">${"${"}row.attempts} attempts</span>${"`"}}<span class="time quiet">${"${"}when(row.receivedAt, now)}</span></p>
<p class="quiet">${"${"}row.decision?.subject !== void 0 && html${"`"}<span class="event">${"${"}row.event}</span> ${"`"}}${"${"}reason}</p></li>${"`"};
	};

	const barsOf = (rows) => rows.flatMap((row) => {
		const endedAt = row.stages.at(-1)?.endedAt ?? null;
		const total = totalMs(row, 0);
		if (endedAt === null || total === null || total <= 0) return [];
		const parts = [
			0,
			0,
			0
		];
		for (const { stage, startedAt, endedAt } of row.stages) {
			const part = stage === "build" ? 1 : stage === "fetch" || stage === "contract" || stage === "compose" ? 0 : 2;
			parts[part] += Math.max(0, (endedAt ?? startedAt) - startedAt);
		}
		return [{
			row,
			endedAt,
			totalMs: total,
			parts,
			failed: row.failure !== null && row.failure.stage !== "teardown"
		}];
	}).sort((left, right) => left.endedAt - right.endedAt).slice(-24);
	const steps = [
		1,
		2,
		5,
		10,
		15,
		30,
		60,
		120,
		300,
		600,
		900,
		1800,
		3600
	];
	const ceilingOf = (longestMs) => {
		const seconds = longestMs / 1e3;
		const step = steps.find((candidate) => candidate * 3 >= seconds) ?? Math.ceil(seconds / 3);
		return Math.ceil(seconds / step) * step * 1e3;
	};
	const median = (values) => {
		const sorted = [...values].sort((left, right) => left - right);
		const middle = Math.floor(sorted.length / 2);
		const upper = sorted[middle] ?? 0;
		return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
	};
	const left = 40;
	const width = 340;
	const top = 8;
	const height = 112;
	const barColumn = (bar, index, count, ceiling) => {
		const slot = 300 / Math.max(count, 12);
		const x = left + slot * index + slot * .16;
		let y = 120;
		const parts = bar.parts.map((part, kind) => {
			const tall = part / ceiling * height;
			y -= tall;
			return html${"`"}<rect class="part${"${"}kind}" x="${"${"}x.toFixed(1)}" y="${"${"}y.toFixed(1)}" width="${"${"}(slot * .68).toFixed(1)}" height="${"${"}tall.toFixed(1)}"/>${"`"};
		});
		const middle = (x + slot * .34).toFixed(1);
		return html${"`"}<g class="${"${"}bar.failed ? "failed" : "fine"}"><title>${"${"}bar.row.repository} #${"${"}bar.row.pullRequest}: ${"${"}duration(bar.totalMs)}${"${"}bar.failed && ", failed"}</title>${"${"}parts}${"${"}bar.failed && html${"`"}<text class="cross" x="${"${"}middle}" y="${"${"}(y - 3).toFixed(1)}" text-anchor="middle">×</text>${"`"}}</g>${"`"};
	};
	const axisLabel = (ms) => {
		const seconds = ms / 1e3;
		if (seconds === 0) return "0";
		return seconds < 120 && seconds % 60 !== 0 ? ${"`"}${"${"}seconds} s${"`"} : ${"`"}${"${"}seconds / 60} m${"`"};
	};
	const gridLine = (ceiling, share) => {
		const y = (top + height * (1 - share)).toFixed(1);
		return html${"`"}<line x1="${"${"}left}" x2="${"${"}width}" y1="${"${"}y}" y2="${"${"}y}"/><text x="${"${"}34}" y="${"${"}Number(y) + 4}" text-anchor="end">${"${"}axisLabel(ceiling * share)}</text>${"`"};
	};
	const durationPlot = (rows) => {
		const bars = barsOf(rows);
		if (bars.length === 0) return html${"`"}<p class="quiet">The first finished deployment will be drawn here.</p>${"`"};
		const times = bars.map((bar) => bar.totalMs);
		const ceiling = ceilingOf(Math.max(...times));
		const failures = bars.filter((bar) => bar.failed).length;
		const summary = ${"`"}Median ${"${"}duration(median(times))}, slowest ${"${"}duration(Math.max(...times))}, ${"${"}failures} of ${"${"}bars.length} failed${"`"};
		return html${"`"}<p class="figure"><strong>${"${"}duration(median(times))}</strong> <span class="quiet">median of the last ${"${"}bars.length}</span></p>
<svg class="plot" viewBox="0 0 ${"${"}width} ${"${"}126}" role="img" aria-label="${"${"}summary}">${"${"}[
			0,
			.5,
			1
		].map((share) => gridLine(ceiling, share))}${"${"}bars.map((bar, index) => barColumn(bar, index, bars.length, ceiling))}</svg>
<p class="legend"><span class="key part0">prepare</span><span class="key part1">build</span><span class="key part2">start and check</span><span class="key failed">× failed</span></p>${"`"};
	};

	const running = (row) => stateWords[row.state].group === "progress";
	const stageTone = (row, stage) => {
		if (row.failure?.stage === stage.stage) return "bad";
		if (stage.endedAt !== null) return "done";
		return running(row) ? "now" : "cut";
	};
	const stageBar = (row, now) => {
		const gap = .8;
		const spans = row.stages.map((stage) => Math.max(0, (stage.endedAt ?? now) - stage.startedAt));
		const total = spans.reduce((sum, span) => sum + span, 0);
		const room = 100 - gap * Math.max(0, spans.length - 1);
		const weights = spans.map((span) => Math.sqrt(span / Math.max(1, total)) + .05);
		const weight = weights.reduce((sum, one) => sum + one, 0);
		let x = 0;
		const rects = row.stages.map((stage, index) => {
			const width = (weights[index] ?? 0) / weight * room;
			const rect = html${"`"}<rect class="${"${"}stageTone(row, stage)}" x="${"${"}x.toFixed(2)}" width="${"${"}width.toFixed(2)}" height="6"/>${"`"};
			x += width + gap;
			return rect;
		});
		return html${"`"}<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${"${"}rects}</svg>${"`"};
	};
	const stageList = (row, now) => {
		const items = row.stages.map((stage) => {
			const span = duration((stage.endedAt ?? now) - stage.startedAt);
			const tone = stageTone(row, stage);
			const note = tone === "bad" ? " (failed)" : tone === "now" ? " (running)" : tone === "cut" ? " (interrupted)" : "";
			return html${"`"}<li class="${"${"}tone}">${"${"}stage.stage}<span class="quiet"> ${"${"}span}${"${"}note}</span></li>${"`"};
		});
		const total = totalMs(row, now);
		return html${"`"}<ol class="stages" aria-label="Stages of the deployment">${"${"}total !== null && row.stages.length > 1 && html${"`"}<li class="total"><span class="sr">In total </span>${"${"}duration(total)}</li>${"`"}}${"${"}items}</ol>${"`"};
	};
	const failureNote = (failure, open) => {
		const evidence = plainText(failure.evidence).trim();
		return html${"`"}<div class="cause"><p><strong>Failed at ${"${"}failure.stage}.</strong> <span class="text">${"${"}failure.summary}</span></p>${"${"}evidence !== "" && html${"`"}<details${"${"}open && html${"`"} open${"`"}}><summary>Evidence</summary><pre tabindex="0">${"${"}evidence}</pre></details>${"`"}}</div>${"`"};
	};
	const approveCommand = (row) => ${"`"}productbuilding preview redeploy ${"${"}row.repository} ${"${"}row.pullRequest} --approve ${"${"}row.sha}${"`"};
	const copyButton = (text, what) => html${"`"}<button type="button" class="copy" data-copy="${"${"}text}" aria-label="Copy ${"${"}what}">Copy</button>${"`"};
	const approval = (row) => html${"`"}<div class="cause calm"><p><strong>Waiting for an approval.</strong>
  <span class="text">This commit comes from a fork, and its code would run on your machine. Read it, then:</span></p>
  <div class="command"><code>${"${"}approveCommand(row)}</code>${"${"}copyButton(approveCommand(row), "the command")}</div></div>${"`"};
	const cardId = (id) => ${"`"}preview-${"${"}id.replace(/[^a-zA-Z0-9]/g, "-")}${"`"};
	const previewCard = (row, now) => {
		const { tone, word, group } = stateWords[row.state];
		const serving = row.runningSha !== null && (row.state === "ready" || running(row));
		const older = serving && row.runningSha !== null && row.runningSha !== row.sha ? row.runningSha : null;
		const label = ${"`"}${"${"}row.repository} #${"${"}row.pullRequest}${"`"};
		return html${"`"}<li class="card tone-${"${"}tone}" id="${"${"}cardId(row.id)}" data-id="${"${"}row.id}" data-version="${"${"}row.version}">
<article tabindex="-1" aria-label="${"${"}label}: ${"${"}row.title}, ${"${"}word}">
<p class="state"><span class="badge">${"${"}sign(row.state)}${"${"}word}</span></p>
<div class="body">
<p class="where"><span class="repo">${"${"}row.repository}</span> <span class="number">#${"${"}row.pullRequest}</span>${"${"}row.fromFork && html${"`"} <span class="tag">fork</span>${"`"}}</p>
<h3>${"${"}row.title}</h3>
<p class="facts"><span><code title="${"${"}row.sha}">${"${"}shortSha(row.sha)}</code> on <span class="ref">${"${"}row.headRef}</span></span>
<span>by ${"${"}row.author}</span><span>${"${"}when(row.updatedAt, now)}</span>${"${"}older !== null && html${"`"}<span class="older">still serving <code>${"${"}shortSha(older)}</code></span>${"`"}}</p>
${"${"}row.state === "failed" && row.failure !== null && failureNote(row.failure, false)}${"${"}row.state === "blocked" && approval(row)}${"${"}group !== "closed" && row.stages.length > 0 && html${"`"}${"${"}stageBar(row, now)}${"${"}stageList(row, now)}${"`"}}</div>
<p class="links">${"${"}serving && html${"`"}<a class="button" data-key="open" href="${"${"}href(row.url)}">Open preview<span class="sr"> of ${"${"}label}</span></a>${"`"}}<a data-key="pull" href="${"${"}href(row.pullRequestUrl)}">Pull request<span class="sr"> ${"${"}label}</span></a>${"${"}group !== "closed" && html${"`"}<a data-key="log" href="${"${"}logPath(row)}">Log<span class="sr"> of ${"${"}label}</span></a>${"`"}}</p>
</article></li>${"`"};
	};

	const groups = [
		{
			key: "attention",
			title: "Needs attention"
		},
		{
			key: "progress",
			title: "In progress"
		},
		{
			key: "live",
			title: "Ready"
		},
		{
			key: "closed",
			title: "Recently closed"
		}
	];
	const maxClosed = 6;
	const groupOf = (row) => stateWords[row.state].group;
	const matches = (row, filter) => {
		if (filter.repo !== "" && row.repository.toLowerCase() !== filter.repo.toLowerCase()) return false;
		if (filter.state !== "" && groupOf(row) !== filter.state) return false;
		const text = ${"`"}${"${"}row.repository} #${"${"}row.pullRequest} ${"${"}row.title} ${"${"}row.author} ${"${"}row.headRef} ${"${"}row.sha}${"`"}.toLowerCase();
		return filter.q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
	};
	const grouped = (rows, filter) => {
		const shown = rows.filter((row) => matches(row, filter)).sort((left, right) => right.updatedAt - left.updatedAt);
		return groups.map(({ key, title }) => {
			const own = shown.filter((row) => groupOf(row) === key);
			return {
				key,
				title,
				rows: key === "closed" && filter.state !== "closed" ? own.slice(0, maxClosed) : own
			};
		});
	};
	const countOf = (rows, repo, group) => rows.filter((row) => matches(row, {
		repo,
		state: group,
		q: ""
	})).length;
	const repositoriesOf = (rows, registered) => {
		return [...new Map([...rows.map((row) => row.repository), ...registered].map((name) => [name.toLowerCase(), name])).values()].sort((left, right) => left.localeCompare(right));
	};

	const find = (selector, kind) => {
		const element = document.querySelector(selector);
		return element instanceof kind ? element : null;
	};
	const data = JSON.parse(document.getElementById("data")?.textContent ?? "");
	const rows = new Map(data.rows.map((row) => [row.id, row]));
	const offset = data.now - Date.now();
	const now = () => Date.now() + offset;
	const search = find("#q", HTMLInputElement);
	const repository = find("#repo", HTMLSelectElement);
	const line = find("#line", HTMLElement);
	const news = find("#news", HTMLElement);
	let state = new URLSearchParams(location.search).get("state") ?? "";
	const filter = () => ({
		repo: repository?.value ?? "",
		state,
		q: search?.value ?? ""
	});
	const elementOf = (content) => {
		const template = document.createElement("template");
		template.innerHTML = content.text;
		return template.content.firstElementChild;
	};
	const cardOf = (row, fresh) => {
		const old = document.getElementById(cardId(row.id));
		if (old !== null && !fresh && old.dataset["version"] === String(row.version)) return old;
		const next = elementOf(previewCard(row, now()));
		if (old === null || next === null) return next;
		if (old.querySelector("details")?.open === true) next.querySelector("details")?.setAttribute("open", "");
		old.replaceWith(next);
		return next;
	};
	const holdFocus = () => {
		const focused = document.activeElement;
		const id = focused?.closest(".card")?.id;
		const key = focused instanceof HTMLElement ? focused.dataset["key"] : void 0;
		return () => {
			const card = id === void 0 ? null : document.getElementById(id);
			if (card === null || card.contains(document.activeElement)) return;
			((key === void 0 ? null : card.querySelector(${"`"}[data-key="${"${"}key}"]${"`"})) ?? card.querySelector("article"))?.focus({ preventScroll: true });
		};
	};
	const drawList = () => {
		const restoreFocus = holdFocus();
		const all = [...rows.values()];
		let shown = 0;
		for (const group of grouped(all, filter())) {
			const section = find(${"`"}[data-group="${"${"}group.key}"]${"`"}, HTMLElement);
			const list = section?.querySelector("ul");
			if (section === null || list === null || list === void 0) continue;
			const cards = group.rows.flatMap((row) => cardOf(row, stateWords[row.state].group === "progress") ?? []);
			section.hidden = cards.length === 0;
			for (const child of [...list.children]) if (!cards.includes(child)) child.remove();
			cards.forEach((card, index) => {
				if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
			});
			shown += cards.length;
		}
		restoreFocus();
		find("#nothing", HTMLElement)?.toggleAttribute("hidden", shown > 0 || all.length === 0);
		find("#first", HTMLElement)?.toggleAttribute("hidden", all.length > 0);
		for (const part of document.querySelectorAll("#filters, #keys")) part.toggleAttribute("hidden", all.length === 0);
	};
	const drawFilter = () => {
		const all = [...rows.values()];
		const chosen = filter();
		for (const chip of document.querySelectorAll(".chips a")) {
			const key = chip.dataset["state"] ?? "";
			const count = chip.querySelector("b");
			if (count !== null) count.textContent = String(countOf(all, chosen.repo, key));
			if (key === state) chip.setAttribute("aria-current", "true");
			else chip.removeAttribute("aria-current");
		}
		const known = new Set([...repository?.options ?? []].map((option) => option.value));
		for (const name of repositoriesOf(all, data.registered)) if (!known.has(name)) repository?.append(new Option(name, name));
		const attention = countOf(all, "", "attention");
		document.title = ${"`"}${"${"}attention > 0 ? ${"`"}(${"${"}attention}) ${"`"} : ""}Previews · ProductBuilding${"`"};
	};
	const drawTimes = () => {
		for (const element of document.querySelectorAll(".when")) element.textContent = ago(Number(element.dataset["ms"]), now());
	};
	const draw = () => {
		drawList();
		drawFilter();
	};
	const drawPlot = () => {
		const plot = document.getElementById("plot");
		if (plot !== null) plot.innerHTML = durationPlot([...rows.values()]).text;
	};
	let reading = 0;
	const readDeliveries = () => {
		clearTimeout(reading);
		reading = window.setTimeout(async () => {
			const answer = await fetch("/deliveries?limit=20").catch(() => null);
			const list = document.getElementById("deliveries");
			if (answer === null || !answer.ok || list === null) return;
			const items = await answer.json();
			if (items.length > 0) list.innerHTML = html${"`"}${"${"}items.map((row) => deliveryItem(row, now()))}${"`"}.text;
		}, 400);
	};
	const receive = (row) => {
		const known = rows.get(row.id);
		if (known !== void 0 && known.version >= row.version) return;
		rows.set(row.id, row);
		draw();
		drawPlot();
		readDeliveries();
		document.getElementById(cardId(row.id))?.classList.add("changed");
		if (news !== null && known?.state !== row.state) news.textContent = ${"`"}${"${"}row.repository} #${"${"}row.pullRequest}: ${"${"}stateWords[row.state].word}${"`"};
	};
	const connect = () => {
		const source = new EventSource("/previews/stream");
		const show = (text, open) => {
			if (line === null) return;
			line.hidden = false;
			line.textContent = text;
			line.classList.toggle("open", open);
		};
		source.addEventListener("open", () => show("Live", true));
		source.addEventListener("preview", (event) => receive(JSON.parse(event.data)));
		source.addEventListener("error", () => {
			show("Reconnecting", false);
			if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5e3);
		});
	};
	const choose = () => {
		const query = new URLSearchParams(Object.entries(filter()).filter(([, value]) => value !== "")).toString();
		history.replaceState(null, "", query === "" ? "/" : ${"`"}/?${"${"}query}${"`"});
		draw();
	};
	const move = (step) => {
		const cards = [...document.querySelectorAll(".group:not([hidden]) article")];
		const at = cards.findIndex((card) => card.contains(document.activeElement));
		const next = cards[at === -1 ? step > 0 ? 0 : cards.length - 1 : at + step];
		next?.focus();
		next?.scrollIntoView({ block: "nearest" });
	};
	const follow = (key) => {
		(document.activeElement?.closest("article"))?.querySelector(${"`"}a[data-key="${"${"}key}"]${"`"})?.click();
	};
	const keys = {
		j: () => move(1),
		k: () => move(-1),
		o: () => follow("open"),
		p: () => follow("pull"),
		l: () => follow("log"),
		"/": () => search?.focus()
	};
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const target = event.target;
		if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
			if (event.key === "Escape") target.blur();
			return;
		}
		if (event.key === "Enter" && target instanceof HTMLElement && target.tagName === "ARTICLE") follow("open");
		const act = keys[event.key];
		if (act === void 0) return;
		event.preventDefault();
		act();
	});
	const copyText = (text) => isSecureContext ? navigator.clipboard.writeText(text).then(() => true, () => false) : Promise.resolve(false);
	document.addEventListener("click", async (event) => {
		if (!(event.target instanceof Element)) return;
		const chip = event.target.closest(".chips a");
		if (chip !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
			event.preventDefault();
			state = chip.dataset["state"] ?? "";
			choose();
		}
		const copy = event.target.closest("[data-copy]");
		if (copy !== null) {
			copy.textContent = await copyText(copy.dataset["copy"] ?? "") ? "Copied" : "Selected";
			if (copy.textContent === "Selected") getSelection()?.selectAllChildren(copy.previousElementSibling ?? copy);
			setTimeout(() => {
				copy.textContent = "Copy";
			}, 2e3);
		}
	});
	document.getElementById("filter")?.addEventListener("submit", (event) => event.preventDefault());
	document.getElementById("filter")?.addEventListener("input", choose);
	document.documentElement.classList.add("script");
	connect();
	setInterval(() => {
		if (document.hidden) return;
		drawTimes();
		if ([...rows.values()].some((row) => stateWords[row.state].group === "progress")) drawList();
	}, 5e3);
	setInterval(() => {
		if (!document.hidden) readDeliveries();
	}, 3e4);

})();`
