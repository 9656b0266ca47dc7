package plan

// A coder writes the parts of a plan file in their order, or reads them back.
// Both are driven by the same layout, so they cannot disagree about it. A
// coder that met an error does nothing any more.
type coder interface {
	value(key string, v any) // v is a pointer
	open(key string)
	close()
	list(key string, n int, element func(i int) any) // reading: n is 0, element grows the slice
	has(key string, n int) bool                      // whether a list that is left out when empty is there
}

// layout is everything before the seal.
func (p *Plan) layout(c coder) {
	c.value("format_version", &p.FormatVersion)
	c.value("digest", &p.Digest)
	c.open("body")
	p.Body.layout(c)
	c.close()
	c.open("envelope")
	p.Envelope.layout(c)
	c.close()
}

func (b *Body) layout(c coder) {
	c.value("mode", &b.Mode)
	c.value("settings_digest", &b.SettingsDigest)
	list(c, "summary", &b.Summary)
	list(c, "actions", &b.Actions)
	list(c, "notices", &b.Notices)
	list(c, "blocked", &b.Blocked)
}

func (e *Envelope) layout(c coder) {
	c.value("created_at", &e.CreatedAt)
	c.value("expires_at", &e.ExpiresAt)
	c.value("flexform_version", &e.Version)
	c.value("config_digest", &e.ConfigDigest)
	c.value("folder", &e.Folder)
	c.value("commit", &e.Commit)
	if c.has("makers", len(e.Makers)) {
		list(c, "makers", &e.Makers)
	}
	c.value("ledger", &e.Ledger)
	c.value("counts", &e.Counts)
	if c.has("held", len(e.Held)) {
		list(c, "held", &e.Held)
	}
	list(c, "positions", &e.Positions)
}

// list codes a slice, one element a line.
func list[T any](c coder, key string, elements *[]T) {
	n := len(*elements)
	c.list(key, n, func(i int) any {
		if i == len(*elements) {
			var zero T
			*elements = append(*elements, zero)
		}
		return &(*elements)[i]
	})
}
