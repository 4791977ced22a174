/** `states.ts` and what it imports, bundled by `ClientScripts.test.ts`. Do not edit. */
export const statesScript = String.raw`(function() {

	const instant = new Intl.DateTimeFormat("en-GB", {
		dateStyle: "medium",
		timeStyle: "medium",
		timeZone: "UTC"
	});
	const plainText = (text) => text.replace(terminalSequences, "").replace(/\r(?!\n)/g, "\n");
	const terminalSequences = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

	const maxLines = 2e3;
	const news = document.getElementById("news");
	const stateNow = () => document.querySelector("main")?.dataset["state"] ?? "";
	const toEnd = () => {
		const lines = document.getElementById("lines");
		if (lines !== null) lines.scrollTop = lines.scrollHeight;
	};
	let looking = false;
	const look = async () => {
		if (looking) return;
		looking = true;
		const answer = await fetch(location.href, {
			headers: { accept: "text/html" },
			cache: "no-store"
		}).catch(() => null);
		looking = false;
		if (answer === null) return;
		if (!answer.headers.has("x-productbuilding-status")) {
			location.replace(location.href);
			return;
		}
		const next = new DOMParser().parseFromString(await answer.text(), "text/html");
		const from = document.querySelector("main");
		const to = next.querySelector("main");
		if (from === null || to === null) return;
		const changed = from.dataset["state"] !== to.dataset["state"];
		const kept = document.getElementById("lines");
		const lines = to.querySelector("#lines");
		const atEnd = kept === null || kept.scrollHeight - kept.scrollTop - kept.clientHeight < 40;
		if (kept !== null && kept.childElementCount > 0) lines?.replaceWith(kept);
		from.replaceWith(to);
		document.title = next.title;
		if (changed && news !== null) news.textContent = to.querySelector("h1")?.textContent ?? "";
		if (atEnd) toEnd();
	};
	let soon = 0;
	const lookSoon = () => {
		clearTimeout(soon);
		soon = window.setTimeout(look, 150);
	};
	const append = (line) => {
		const lines = document.getElementById("lines");
		if (lines === null) return;
		const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
		const item = document.createElement("li");
		item.textContent = plainText(line);
		lines.append(item);
		while (lines.childElementCount > maxLines) lines.firstElementChild?.remove();
		if (atEnd) toEnd();
	};
	let open = false;
	const connect = () => {
		const source = new EventSource(document.body.dataset["stream"] ?? "");
		source.addEventListener("open", () => {
			if (open) lookSoon();
			open = true;
		});
		source.addEventListener("preview", lookSoon);
		source.addEventListener("log", (event) => append(JSON.parse(event.data)));
		source.addEventListener("error", () => {
			if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5e3);
		});
	};
	toEnd();
	connect();
	setInterval(() => {
		const state = stateNow();
		const waiting = state === "unreachable" || state === "ready";
		if (!document.hidden && (waiting || state === "pending" || state === "building" || state === "deploying")) look();
	}, 3e3);

})();`
