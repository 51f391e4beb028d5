package explain

import (
	"strings"
	"time"
)

// maxWhy is how many reasons are worth reading.
const maxWhy = 5

// why says where the requests end that are not sent.
func why(report *Report) []string {
	if report.Sent >= 1 {
		return nil
	}
	w := reasons{said: make(map[string]bool)}
	nowhere := len(report.Targets) == 0
	for _, t := range report.Targets {
		switch {
		case t.Refusal == nil:
		case t.Replicas == nil:
			nowhere = true
		case report.Lookup == nil || !w.ofSet(report.Lookup, t.Replicas.ID):
			w.add(t.Replicas.reason())
		}
	}
	if nowhere && report.Lookup != nil {
		w.ends(report.Lookup, nil)
	}
	if w.more {
		w.all = append(w.all, "and so on")
	}
	return w.all
}

// reasons are why requests are not sent, each once.
type reasons struct {
	all  []string
	said map[string]bool
	more bool // some found no room
}

func (w *reasons) add(text string) {
	switch {
	case text == "", w.said[text]: // empty: the refusal itself tells
	case len(w.all) == maxWhy:
		w.more = true
	default:
		w.said[text] = true
		w.all = append(w.all, text)
	}
}

// ofSet adds what the look-up says of a set that no request can be sent to.
func (w *reasons) ofSet(n *Node, id string) (found bool) {
	last := n
	for last.Kind == KindTransformation {
		last = last.Branches[len(last.Branches)-1]
	}
	if last.Kind == KindReplicas && last.Replicas.ID == id && n.Why != "" {
		w.add(n.Why)
		return true
	}
	for _, b := range n.Branches {
		if found = w.ofSet(b, id); found {
			break
		}
	}
	return found
}

// ends adds the reason of each end of the look-up that plays a part; rule is
// the entry that led to the node.
func (w *reasons) ends(n *Node, rule *Entry) {
	if w.more {
		return
	}
	if n.Rule != nil {
		rule = n.Rule
	}
	switch {
	case n.Why == "":
	case n.Kind == KindName:
		w.add(n.Name + ": " + n.Why)
		return
	case n.Replicas == nil && rule != nil:
		w.add(rule.Text + ": " + n.Why)
		return
	default:
		w.add(n.Why)
		return
	}
	if n.Kind != KindUnion {
		if next := n.next(); next != nil {
			w.ends(next, rule)
			return
		}
	}
	for _, b := range n.Branches {
		if b.Outcome != OutcomeDropped || n.Result != ResultReplicas && n.Result != ResultEmpty {
			w.ends(b, rule)
		}
	}
}

// reason says in words why a node is no replica, if it is here that this is
// decided. The branches have theirs.
func (n *Node) reason(err error) string {
	switch n.Kind {
	case KindNeg:
		return "~ is no such name"
	case KindEmpty:
		return "$ is a name where nobody is"
	case KindFail:
		return "! is to fail"
	case KindReplicas:
		return n.Replicas.reason()
	case KindTransformation:
		return n.transformed()
	case KindName:
		if len(n.Branches) == 0 {
			return n.ended(err)
		}
	}
	return ""
}

// ended is why a name is the last one.
func (n *Node) ended(err error) string {
	if len(n.Answers) > 1 {
		var all []string
		for _, a := range n.Answers {
			all = append(all, a.text())
		}
		return strings.Join(all, "; ")
	}
	switch {
	case n.Result == ResultError && len(n.Answers) == 0:
		return err.Error()
	case n.Result == ResultPending && len(n.Answers) == 0:
		return "it is not known yet"
	case len(n.Answers) == 1:
		return n.Answers[0].text()
	case strings.HasPrefix(n.Name, "/#/"):
		return "no entry of the dtab matches, and no namer is configured there"
	}
	return "no entry of the dtab matches"
}

// text is what a namer said, and from where it has that.
func (a Answer) text() string {
	if a.Source != "" {
		return a.said() + "; " + a.Source
	}
	return a.said()
}

func (a Answer) said() string {
	switch a.Said {
	case ResultPending:
		text := "namer " + a.Namer + " has not answered" + asked(a.AgeMs)
		if a.Error != "" {
			text += ": " + a.Error
		}
		return text
	case ResultError:
		return "namer " + a.Namer + " failed" + since(a.AgeMs) + ": " + a.Error
	case ResultNeg:
		return "namer " + a.Namer + " has no such name" + since(a.AgeMs)
	case ResultFail:
		return "namer " + a.Namer + " says to fail" + since(a.AgeMs)
	case ResultEmpty:
		return "namer " + a.Namer + " says that nobody is there" + since(a.AgeMs)
	}
	return "namer " + a.Namer + " has it" + since(a.AgeMs)
}

// transformed is what a transformer makes of a set that had addresses.
func (n *Node) transformed() string {
	if n.Replicas == nil {
		return ""
	}
	switch after := n.Branches[0]; {
	case n.Replicas.reason() != "":
		return n.Replicas.reason()
	case after.Replicas == nil && after.Result != ResultReplicas:
		return n.Transformer + " leaves nothing of " + n.Replicas.ID
	case after.Replicas != nil && after.Replicas.reason() != "":
		return n.Transformer + " leaves none of the addresses of " + n.Replicas.ID
	}
	return ""
}

func (r *Replicas) reason() string {
	switch {
	case r.State == StatePending:
		return r.ID + " has not told its addresses" + asked(r.AgeMs)
	case r.State == StateFailed:
		return r.ID + " failed" + since(r.AgeMs) + ": " + r.Error
	case r.State == StateNeg, len(r.Addresses) == 0:
		return r.ID + " has no addresses" + r.unresolved() + since(r.AgeMs)
	}
	return ""
}

// unresolved is why there are no addresses, or not all of them, in parentheses.
func (r *Replicas) unresolved() string {
	if r.Unresolved == "" {
		return ""
	}
	return " (" + r.Unresolved + ")"
}

// since is an age as an addition: ", as of 3s ago".
func since(ms *int64) string { return aged(", as of ", ms) }

// asked is the age of a question.
func asked(ms *int64) string { return aged(", asked ", ms) }

func aged(words string, ms *int64) string {
	if ms == nil {
		return ""
	}
	switch d := time.Duration(*ms) * time.Millisecond; {
	case d == 0:
		return words + "now"
	case d < time.Second:
		return words + d.String() + " ago"
	default:
		return words + d.Round(time.Second).String() + " ago"
	}
}
