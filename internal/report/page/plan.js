(() => {
	'use strict';
	const table = document.getElementById('rows');
	addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(d => { d.open = true; }));
	if (!table) return;
	const tools = document.getElementById('tools'), shown = document.getElementById('shown');
	const find = document.getElementById('find'), verb = document.getElementById('verb'), currency = document.getElementById('currency');
	const groups = [...table.tBodies];
	const rows = groups.flatMap(body => [...body.rows].slice(1).map(row => {
		const amount = /^(\d+)(?:\.(\d+))? ([A-Z]{3})$/.exec(row.cells[1].textContent);
		return {
			row, body, verb: row.dataset.verb, currency: amount ? amount[3] : '',
			minor: amount ? BigInt(amount[1] + (amount[2] || '')) : 0n, decimals: amount ? (amount[2] || '').length : 0,
		};
	}));
	const flat = document.createElement('tbody');
	const heads = [...table.tHead.rows[0].cells];
	const collator = new Intl.Collator('en', {numeric: true});

	const decimal = (minor, decimals) => {
		const digits = String(minor).padStart(decimals + 1, '0');
		return decimals ? digits.slice(0, -decimals) + '.' + digits.slice(-decimals) : digits;
	};
	const count = (n, noun) => n + ' ' + noun + (n === 1 ? '' : 's');
	const text = r => r.text ??= r.row.textContent.toLowerCase();

	const tell = visible => {
		const sums = new Map();
		for (const r of visible) {
			const key = r.verb + ' ' + r.currency;
			const s = sums.get(key) || {verb: r.verb, currency: r.currency, decimals: r.decimals, n: 0, minor: 0n};
			s.n++;
			s.minor += r.minor;
			sums.set(key, s);
		}
		const parts = [...sums.values()].map(s => count(s.n, s.verb) + (s.currency ? ', ' + decimal(s.minor, s.decimals) + ' ' + s.currency : ''));
		shown.textContent = visible.length === rows.length
			? 'All ' + count(rows.length, 'row') + ' are shown.'
			: 'Filtered: ' + visible.length + ' of ' + count(rows.length, 'row') + ' shown' + (parts.length ? ': ' + parts.join('; ') : '') + '.';
	};

	const filter = () => {
		const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
		const visible = [], left = new Set();
		for (const r of rows) {
			const hit = (!verb.value || r.verb === verb.value) && (!currency.value || r.currency === currency.value) && words.every(w => text(r).includes(w));
			r.row.hidden = !hit;
			if (hit) {
				visible.push(r);
				left.add(r.body);
			}
		}
		for (const body of groups) body.hidden = flat.isConnected || !left.has(body);
		tell(visible);
	};

	// Amounts of two currencies do not compare: they are sorted within each.
	const compare = column => {
		if (column === 1) return (a, b) => a.currency < b.currency ? -1 : a.currency > b.currency ? 1 : a.minor < b.minor ? -1 : a.minor > b.minor ? 1 : 0;
		const keys = new Map(rows.map(r => [r, r.row.cells[column].textContent]));
		return (a, b) => collator.compare(keys.get(a), keys.get(b));
	};

	const sort = (column, order) => {
		heads.forEach((head, i) => i === column && order ? head.setAttribute('aria-sort', order) : head.removeAttribute('aria-sort'));
		if (!order) {
			flat.remove();
			for (const r of rows) r.body.append(r.row);
		} else {
			const by = compare(column), sign = order === 'descending' ? -1 : 1;
			flat.append(...[...rows].sort((a, b) => sign * by(a, b)).map(r => r.row));
			table.append(flat);
		}
		filter();
	};

	heads.forEach((head, column) => {
		const button = document.createElement('button');
		button.type = 'button';
		button.append(...head.childNodes);
		head.append(button);
		button.addEventListener('click', () => {
			const now = head.getAttribute('aria-sort');
			const first = column === 1 ? 'descending' : 'ascending';
			sort(column, !now ? first : now === first ? (first === 'ascending' ? 'descending' : 'ascending') : '');
		});
	});
	const choices = (select, values) => {
		for (const value of [...new Set(values)].filter(Boolean).sort()) select.add(new Option(value, value));
	};
	choices(verb, rows.map(r => r.verb));
	choices(currency, rows.map(r => r.currency));

	let waiting = 0;
	find.addEventListener('input', () => {
		cancelAnimationFrame(waiting);
		waiting = requestAnimationFrame(filter);
	});
	verb.addEventListener('change', filter);
	currency.addEventListener('change', filter);
	tools.addEventListener('submit', event => event.preventDefault());
	tools.hidden = shown.hidden = false;
	tell(rows);
})();
