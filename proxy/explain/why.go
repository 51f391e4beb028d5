package explain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxWhy is how many reasons are worth reading.
const maxWhy = 5

// why says where the requests end that are not sent.
func why(report *Report) []string {
	var all []string
	add := func(text string) {
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	nowhere := len(report.Targets) == 0
	for _, t := range report.Targets {
		switch {
		case t.Refusal == nil:
		case t.Replicas == nil:
			nowhere = true
		default:
			add(t.Replicas.reason())
		}
	}
	if nowhere && report.Sent < 1 && report.Lookup != nil {
		report.Lookup.ends(nil, add)
	}
	if len(all) > maxWhy {
		all = append(all[:maxWhy:maxWhy], "and "+strconv.Itoa(len(all)-maxWhy)+" more")
	}
	return all
}

// ends calls add with the reason of each end of the look-up that plays a part;
// rule is the entry that led to the node.
func (n *Node) ends(rule *Entry, add func(string)) {
	if n.Rule != nil {
		rule = n.Rule
	}
	switch {
	case n.Why == "":
	case n.Kind == KindName:
		add(n.Name + ": " + n.Why)
	case n.Replicas == nil && rule != nil:
		add(rule.Text + ": " + n.Why)
	default:
		add(n.Why)
	}
	for _, b := range n.Branches {
		if b.Fate != FateNotReached && n.Why == "" {
			b.ends(rule, add)
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
	case len(n.Answers) == 1:
		return n.Answers[0].text()
	case strings.HasPrefix(n.Name, "/#/"):
		return "no entry of the dtab matches, and no namer is configured there"
	}
	return "no entry of the dtab matches"
}

// text is what a namer said.
func (a Answer) text() string {
	switch a.Said {
	case ResultPending:
		return a.Namer + " has not answered, asked " + age(a.AgeMs)
	case ResultError:
		return a.Namer + " failed" + since(a.AgeMs) + ": " + a.Error
	case ResultNeg:
		return a.Namer + " has no such name" + since(a.AgeMs)
	case ResultFail:
		return a.Namer + " says to fail" + since(a.AgeMs)
	case ResultEmpty:
		return a.Namer + " says that nobody is there" + since(a.AgeMs)
	}
	return a.Namer + " has it" + since(a.AgeMs)
}

// transformed is what a transformer makes of a set that had addresses.
func (n *Node) transformed() string {
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
		return r.ID + " has not told its addresses, asked " + age(r.AgeMs)
	case r.State == StateFailed:
		return r.ID + " failed" + since(r.AgeMs) + ": " + r.Error
	case r.State == StateNeg, len(r.Addresses) == 0:
		return r.ID + " has no addresses" + since(r.AgeMs)
	}
	return ""
}

// since is an age as an addition: ", as of 3s ago".
func since(ms *int64) string {
	if ms == nil {
		return ""
	}
	return ", as of " + age(ms)
}

// age is in words: "3s ago".
func age(ms *int64) string {
	if ms == nil {
		return "now"
	}
	d := time.Duration(*ms) * time.Millisecond
	if d >= time.Second {
		d = d.Round(time.Second)
	}
	return d.String() + " ago"
}
