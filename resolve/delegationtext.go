package resolve

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	maxTextLines = 40
	maxTextAddrs = 5
	maxTextRule  = 500 // bytes, all of them ASCII
	maxTextName  = 500
	maxTextLine  = 1500
	maxTextBytes = 4 << 10
)

// Text writes the explanation in at most 40 lines and about 4 KiB, one line for
// each name, indented below the name that led to it, with the rule in parentheses.
// Steps that do not change the name are left out, and of what is long only the
// beginning is shown.
func (d *Delegation) Text(w io.Writer) error {
	t := textWriter{now: time.Now(), rules: make(map[*Dentry]string)}
	t.node(d.simplified(), 0, "")
	if t.left > 0 {
		t.b.WriteString("... and " + strconv.Itoa(t.left) + " more\n")
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type textWriter struct {
	b     strings.Builder
	now   time.Time
	rules map[*Dentry]string
	lines int
	left  int // lines that found no room
	union int // how many unions the node is in
}

// node writes d and what is below it; share is what stands before its name.
func (t *textWriter) node(d *Delegation, depth int, share string) {
	if t.full() {
		t.left++ // no work for what nobody reads: the name may be a stranger's
	} else {
		t.line(depth, share+beginning(d.Path.String(), maxTextName)+t.rule(d.Dentry)+t.outcome(d))
	}
	if d.Op == Union && d.Err == nil {
		t.union++
		defer func() { t.union-- }()
	}
	for _, b := range d.Branches {
		share := ""
		if d.Op == Union && d.Err == nil && !t.full() {
			share = strconv.FormatFloat(b.Weight, 'f', -1, 64) + " * "
		}
		t.node(b, depth+1, share)
	}
	if d.Delegate != nil {
		t.node(d.Delegate, depth+1, "")
	}
}

func (t *textWriter) line(depth int, s string) {
	t.lines++
	t.b.WriteString(strings.Repeat("  ", depth))
	t.b.WriteString(beginning(s, maxTextLine))
	t.b.WriteByte('\n')
}

// full says whether there is no room for another line.
func (t *textWriter) full() bool { return t.lines == maxTextLines || t.b.Len() >= maxTextBytes }

// beginning is a text, of a long one its first bytes.
func beginning(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// rule is a rule in parentheses, of a long one the beginning.
func (t *textWriter) rule(e *Dentry) string {
	if e == nil {
		return ""
	}
	text, known := t.rules[e]
	if !known {
		text = beginning(e.String(), maxTextRule)
		t.rules[e] = text
	}
	return " (" + text + ")"
}

func (t *textWriter) outcome(d *Delegation) string {
	switch d.kind() {
	case kindAlt:
		return ": the first of"
	case kindUnion:
		return ": all of"
	case kindNeg:
		return ": no such name" + t.says(d)
	case kindEmpty:
		return ": exists and is empty" + t.says(d)
	case kindFail:
		return ": told to fail"
	case kindException:
		return ": " + d.Err.Error() + t.says(d)
	case kindLeaf:
		return ": " + t.replicas(d.Bound) + fromWhere(d)
	case kindTransformation:
		if d.Bound == nil {
			return ": no replicas; then " + d.Transformer
		}
		return ": " + t.replicas(d.Bound) + "; then " + d.Transformer
	}
	return ""
}

// fromWhere is what the namer itself says of its answer.
func fromWhere(d *Delegation) string {
	if d.Source == "" {
		return ""
	}
	return "; " + d.Source
}

// says tells who answered and how long ago.
func (t *textWriter) says(d *Delegation) string { return t.said(d) + fromWhere(d) }

func (t *textWriter) said(d *Delegation) string {
	switch {
	case d.Namer.IsEmpty():
		return ""
	case d.Answered.IsZero():
		return ", asked " + d.Namer.String()
	case d.Pending:
		return ", asked " + d.Namer.String() + " " + t.age(d.Answered) + " ago" + t.waits(d)
	}
	return ", said " + d.Namer.String() + " " + t.age(d.Answered) + " ago"
}

// waits tells what a union does about a name that is not known.
func (t *textWriter) waits(d *Delegation) string {
	switch {
	case t.union == 0:
		return ""
	case d.Skipped == 0:
		return "; the union waits for it"
	}
	return "; passed over after " + d.Skipped.String()
}

func (t *textWriter) replicas(b *Bound) string {
	s := b.Addr.Sample()
	text := b.ID.String() + " "
	switch {
	case s.Status == Pending:
		return text + "has not answered yet"
	case s.Status == Failed:
		text += "failed: " + s.Err.Error()
	case s.Value.Neg:
		text += "has no such addresses"
	case len(s.Value.Addresses) == 0:
		text += "has no addresses"
	default:
		text += "at " + showAddresses(s.Value.Addresses)
	}
	if s.Status == OK && s.Value.Unresolved != "" {
		text += " (" + s.Value.Unresolved + ")"
	}
	return text + ", as of " + t.age(s.Since) + " ago"
}

func showAddresses(addrs []Address) string {
	var parts []string
	for i, a := range addrs {
		if i == maxTextAddrs {
			parts = append(parts, fmt.Sprintf("and %d more", len(addrs)-i))
			break
		}
		parts = append(parts, a.String())
	}
	return strings.Join(parts, ", ")
}

// age rounds to what a reader wants to know.
func (t *textWriter) age(since time.Time) string {
	age := max(t.now.Sub(since), 0)
	if age < time.Second {
		return age.Round(time.Millisecond).String()
	}
	return age.Round(time.Second).String()
}
