package dashboard

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

const (
	// delegateTimeout bounds the wait for namers, for all look-ups of a page together.
	delegateTimeout = 2 * time.Second
	maxNodes        = 2000
	maxCompared     = 100
)

// playground is what the page of the delegator shows.
type playground struct {
	Router, Path, Dtab string
	Routers            []string
	Edited             bool
	Problem            string
	Now, Then          *outcome
	Same               bool
	Changed            []changed
	Compared           int
	Unknown            int
}

// outcome is what a name leads to with one dtab.
type outcome struct {
	Heading string
	Targets []string
	Tree    *node
}

// changed is a service that goes elsewhere with the edited dtab.
type changed struct{ Service, Now, Then, Href string }

// node is a node of the tree as it is shown.
type node struct {
	Kind, Name, Rule, Weight, Note string
	Class                          string
	Addresses                      []string
	Branches                       []*node
}

// playground is /delegator: where a name leads with the dtab of a router, and with
// another one. Nothing of it has an effect on requests.
func (d *Dashboard) playground(ctx context.Context, s *snapshot, where at) (*page, *problem) {
	r, wrong := routerOf(s, where)
	if wrong != nil {
		return nil, wrong
	}
	own := strings.ReplaceAll(r.router.Dtab().String(), ";", ";\n")
	b := &playground{Router: r.name, Path: where.get("path"), Dtab: own}
	for _, one := range s.routers {
		b.Routers = append(b.Routers, one.name)
	}
	p := &page{Title: "Where names lead", Here: "/delegator", Extra: "playground", Body: b}
	ctx, cancel := context.WithTimeout(ctx, delegateTimeout)
	defer cancel()
	edited := r.router.Dtab()
	if where.query.Has("dtab") {
		b.Dtab = where.get("dtab")
		var err error
		if edited, err = resolve.ParseDtab(withoutComments(b.Dtab)); err != nil {
			b.Problem = "Invalid dtab: " + cut(err.Error(), maxText)
			return p, nil
		}
		b.Edited = edited.String() != r.router.Dtab().String()
	}
	b.lookUp(ctx, r.router, edited)
	if b.Edited {
		b.compare(ctx, r, edited)
	}
	return p, nil
}

// withoutComments lets lines that begin with # be notes.
func withoutComments(dtab string) string {
	var kept []string
	for line := range strings.Lines(dtab) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return strings.Join(kept, " ")
}

// lookUp says where the path leads.
func (b *playground) lookUp(ctx context.Context, r *router.Router, edited resolve.Dtab) {
	if b.Path == "" {
		return
	}
	path, err := resolve.ParsePath(b.Path)
	if err != nil {
		b.Problem = "Invalid path: " + cut(err.Error(), maxText)
		return
	}
	explainer, ok := r.Interpreter().(resolve.Delegator)
	if !ok {
		b.Problem = "The interpreter of this router cannot show how it looks names up."
		return
	}
	if b.Now, err = outcomeOf(ctx, explainer, r.Dtab(), path); err == nil && b.Edited {
		b.Now.Heading = "Now"
		if b.Then, err = outcomeOf(ctx, explainer, edited, path); err == nil {
			b.Then.Heading = "With the edited dtab"
			b.Same = slices.Equal(b.Now.Targets, b.Then.Targets)
		}
	}
	if err != nil {
		b.Problem = "It cannot be looked up: " + cut(err.Error(), maxText)
	}
}

func outcomeOf(ctx context.Context, explainer resolve.Delegator, dtab resolve.Dtab, path resolve.Path) (*outcome, error) {
	of, err := explainer.Delegate(ctx, dtab, path)
	if err != nil {
		return nil, err
	}
	left := maxNodes
	return &outcome{Heading: "Where it leads", Targets: targetsOf(of), Tree: nodeOf(of, &left)}, nil
}

// targetsOf says in words what a name is bound to.
func targetsOf(of *resolve.Delegation) []string {
	switch of.Result.Status {
	case resolve.Pending:
		return []string{"not known yet: a namer has not answered"}
	case resolve.Failed:
		return []string{"failed: " + cut(of.Result.Err.Error(), maxText)}
	}
	return treeTargets(of.Result.Value, "")
}

func treeTargets(t resolve.NameTree[*resolve.Bound], prefix string) (all []string) {
	switch t.Op {
	case resolve.Leaf:
		return []string{prefix + t.Leaf.ID.String()}
	case resolve.Neg:
		return []string{prefix + "nowhere: no entry leads further"}
	case resolve.Empty:
		return []string{prefix + "nobody: it is there, and empty"}
	case resolve.Fail:
		return []string{prefix + "a failure, as an entry says"}
	}
	for _, branch := range t.Sub {
		share := prefix
		if t.Op == resolve.Union {
			share += strconv.FormatFloat(branch.Weight, 'g', 3, 64) + " * "
		}
		all = append(all, treeTargets(branch, share)...)
		if len(all) > maxCompared {
			return all[:maxCompared]
		}
	}
	return all
}

// compare finds the services in use that would go elsewhere.
func (b *playground) compare(ctx context.Context, r *routerView, edited resolve.Dtab) {
	explainer, ok := r.router.Interpreter().(resolve.Delegator)
	if !ok || b.Problem != "" {
		return
	}
	busy := slices.Clone(r.services)
	slices.SortFunc(busy, func(a, b *nameView) int { return compare(b.rate(), a.rate()) })
	for _, one := range busy[:min(len(busy), maxCompared)] {
		now, err := explainer.Delegate(ctx, r.router.Dtab(), one.id)
		if err != nil {
			b.Unknown++
			continue
		}
		then, err := explainer.Delegate(ctx, edited, one.id)
		if err != nil {
			b.Unknown++
			continue
		}
		b.Compared++
		if was, will := targetsOf(now), targetsOf(then); !slices.Equal(was, will) {
			b.Changed = append(b.Changed, changed{one.name, strings.Join(was, ", "), strings.Join(will, ", "),
				linkTo("delegator", "router", b.Router, "path", one.name, "dtab", b.Dtab)})
		}
	}
}

// nodeOf makes what is shown of a delegation, of which it is told how many nodes may be.
func nodeOf(of *resolve.Delegation, left *int) *node {
	if *left--; *left <= 0 {
		return &node{Kind: "More", Note: "the tree is too large to be shown"}
	}
	n := &node{Name: of.Path.String(), Class: "open"}
	if of.Dentry != nil {
		n.Rule = of.Dentry.Prefix.String() + " => " + cut(resolve.ShowTree(of.Dentry.Dst), maxText)
	}
	if of.Weight > 0 {
		n.Weight = strconv.FormatFloat(of.Weight, 'g', 4, 64)
	}
	switch {
	case of.Err != nil:
		n.Kind, n.Class, n.Note = "Exception", "bad", cut(of.Err.Error(), maxText)
	case of.Pending:
		n.Kind, n.Class, n.Note = "Pending", "bad", "a namer has not answered yet"
	case of.Bound != nil:
		n.Kind, n.Class, n.Name = "Bound path", "good", of.Bound.ID.String()
		if residual := of.Bound.Residual; !residual.IsEmpty() {
			n.Note = "residual: " + residual.String()
		}
		n.addresses(of.Bound)
	case of.Transformer != "":
		n.Kind, n.Note = "Transformation", of.Transformer
	case of.Op == resolve.Neg:
		n.Kind, n.Class = "No further branch matches", "bad"
	case of.Op == resolve.Empty:
		n.Kind, n.Class = "Empty", "bad"
	case of.Op == resolve.Fail:
		n.Kind, n.Class = "Explicit failure", "bad"
	case of.Op == resolve.Alt:
		n.Kind = "Several possible ways, the first that leads somewhere counts"
	case of.Op == resolve.Union:
		n.Kind = "Several ways at once"
	case !of.Namer.IsEmpty():
		n.Kind = "Namer " + of.Namer.String()
	default:
		n.Kind = "Possible way"
	}
	if of.Delegate != nil {
		n.Branches = append(n.Branches, nodeOf(of.Delegate, left))
	}
	for _, branch := range of.Branches {
		if *left > 0 {
			n.Branches = append(n.Branches, nodeOf(branch, left))
		}
	}
	if of.Truncated {
		n.Note = strings.TrimSpace(n.Note + " The rest is left out.")
	}
	return n
}

// addresses lists the endpoints of a leaf.
func (n *node) addresses(b *resolve.Bound) {
	s := b.Addr.Sample()
	switch s.Status {
	case resolve.Pending:
		n.Class, n.Note = "bad", strings.TrimSpace(n.Note+" Its addresses are not known yet.")
	case resolve.Failed:
		n.Class, n.Note = "bad", strings.TrimSpace(n.Note+" "+cut(s.Err.Error(), maxText))
	default:
		for i, a := range s.Value.Addresses {
			if i == maxCompared {
				n.Note += " The first " + strconv.Itoa(maxCompared) + " of " + strconv.Itoa(len(s.Value.Addresses)) + " addresses."
				break
			}
			n.Addresses = append(n.Addresses, a.AddrPort.String())
		}
		if len(s.Value.Addresses) == 0 {
			n.Class, n.Note = "bad", strings.TrimSpace(n.Note+" It has no address.")
		}
	}
}
