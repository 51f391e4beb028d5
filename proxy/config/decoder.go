package config

import (
	"fmt"
	"slices"
	"strings"
)

// A Decoder reads one group of keys of a file, such as a namer's. It reports whatever is
// wrong with its position in the file, and also every key that was never asked for, with
// the nearest one that was. After an error all methods go on and return the default, so
// that a function can ask for all keys first and all errors are reported at once.
//
// A key without a value counts as absent. A Decoder is for one goroutine, until the
// function that got it returns.
type Decoder struct {
	doc   *document
	node  *node // nil: the group is wrong, and this is in the report
	at    *trail
	asked []string
	used  map[string]bool
}

func newDecoder(doc *document, n *node, at *trail) *Decoder {
	return &Decoder{doc: doc, node: n, at: at, used: map[string]bool{}}
}

// Position returns where the group begins.
func (d *Decoder) Position() Position { return d.position(d.node) }

// Path returns the group's own path, such as "namers[0]".
func (d *Decoder) Path() string { return d.at.String() }

func (d *Decoder) position(n *node) Position {
	p := Position{File: d.doc.report.file}
	if n != nil {
		p.Line, p.Column = n.line, n.column
	}
	return p
}

// Has reports whether the key is there, with a value.
func (d *Decoder) Has(key string) bool { return d.take(key) != nil }

// Need is like Has, and makes the absence of the key an error.
func (d *Decoder) Need(key string) bool {
	if d.take(key) != nil || d.node == nil {
		return d.node != nil
	}
	d.doc.report.error(&Error{Position: d.keyPosition(key), Path: d.at.child(key).String(), Reason: "is required"})
	return false
}

// Unsupported makes it an error if any of the keys is there: Linkerd has them, and the
// kind does not support them. The reason follows "not supported" and may say what to do
// instead; it may be empty.
func (d *Decoder) Unsupported(reason string, keys ...string) {
	if reason != "" {
		reason = ": " + reason
	}
	for _, key := range keys {
		if d.take(key) != nil {
			d.fail(d.keyPosition(key), key, "is not supported"+reason)
		}
	}
}

// Errorf reports that the value of a key is wrong, or, if the key is empty, that the
// whole group is.
func (d *Decoder) Errorf(key, format string, args ...any) {
	d.fail(d.valuePosition(key), key, fmt.Sprintf(format, args...))
}

// Noticef adds a notice about a valid key, or about the group; see [File.Notices].
func (d *Decoder) Noticef(key, format string, args ...any) {
	if d.node == nil {
		return
	}
	d.doc.report.notice(Finding{Position: d.valuePosition(key), Path: d.pathOf(key), Text: fmt.Sprintf(format, args...)})
}

func (d *Decoder) fail(at Position, key, reason string) {
	if d.node == nil {
		return
	}
	d.ask(key)
	d.doc.report.error(&Error{Position: at, Path: d.pathOf(key), Reason: reason})
}

func (d *Decoder) pathOf(key string) string {
	if key == "" {
		return d.at.String()
	}
	return d.at.child(key).String()
}

// take returns the value of a key, or nil if it is absent or has none.
func (d *Decoder) take(key string) *node {
	d.ask(key)
	if m := d.member(key); m != nil && m.value.shape != null {
		return m.value
	}
	return nil
}

// ask records that the group may have a key.
func (d *Decoder) ask(key string) {
	if key != "" && !d.used[key] {
		d.used[key] = true
		d.asked = append(d.asked, key)
	}
}

func (d *Decoder) member(key string) *member {
	if d.node == nil {
		return nil
	}
	for i := range d.node.members {
		if d.node.members[i].key.text == key {
			return &d.node.members[i]
		}
	}
	return nil
}

func (d *Decoder) keyPosition(key string) Position {
	if m := d.member(key); m != nil {
		return d.position(m.key)
	}
	return d.Position()
}

func (d *Decoder) valuePosition(key string) Position {
	if m := d.member(key); m != nil {
		return d.position(m.value)
	}
	return d.Position()
}

// Group reads a key that holds further keys; ok is false if it is absent. If the value is
// no group, that is reported, and the new decoder finds no keys. Call Done on it.
func (d *Decoder) Group(key string) (group *Decoder, ok bool) {
	n := d.take(key)
	if n == nil {
		return nil, false
	}
	return d.group(n, d.at.child(key)), true
}

func (d *Decoder) group(n *node, at *trail) *Decoder {
	if n.shape != mapping {
		d.doc.report.error(&Error{Position: d.position(n), Path: at.String(), Reason: "must be a group of keys, not " + n.describe()})
		n = nil
	}
	return newDecoder(d.doc, n, at)
}

// Groups reads a key that holds a list of groups of keys. Call Done on each.
func (d *Decoder) Groups(key string) []*Decoder {
	n := d.take(key)
	if n == nil {
		return nil
	}
	if n.shape != list {
		d.Errorf(key, "must be a list, not %s", n.describe())
		return nil
	}
	groups := make([]*Decoder, len(n.items))
	for i, item := range n.items {
		groups[i] = d.group(item, d.at.child(key).item(i))
	}
	return groups
}

// Done reports the keys that were never asked for. The function of a kind need not call
// it for the decoder that it got.
func (d *Decoder) Done() {
	if d.node == nil {
		return
	}
	for _, m := range d.node.members {
		key := m.key.text
		if d.used[key] || d.doc.report.full() {
			continue
		}
		e := &Error{Position: d.position(m.key), Path: d.at.child(key).String(), Reason: "unknown key"}
		if e.Nearest = nearest(key, d.asked); e.Nearest == "" && len(d.asked) > 0 {
			e.Reason += "; known here: " + strings.Join(slices.Sorted(slices.Values(d.asked)), ", ")
		}
		d.doc.report.error(e)
	}
}

// Skip accepts all other keys of the group unread. It is for a fake that takes the place
// of another kind in a test.
func (d *Decoder) Skip() {
	if d.node == nil {
		return
	}
	for _, m := range d.node.members {
		d.used[m.key.text] = true
	}
}

// abandon leaves the rest of the group unread: without its kind it has no meaning.
func (d *Decoder) abandon() { d.node = nil }

// describe is the value for a message that says what was expected.
func (n *node) describe() string {
	if n.shape == scalar {
		return quoted(n.text)
	}
	return n.shape.String()
}
