package e2e

import (
	"slices"
	"strings"
)

// A pod is one, and where it runs.
type pod struct{ name, node, ip string }

// pods returns those with the label app.
func (s *session) pods(app string) (all []pod) {
	s.t.Helper()
	out, _ := s.run(`kubectl get pods -l app=` + app + ` -o jsonpath='{range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\n"}{end}'`)
	for line := range strings.Lines(out) {
		if field := strings.Fields(line); len(field) == 3 {
			all = append(all, pod{field[0], field[1], field[2]})
		}
	}
	return all
}

// onBothNodes returns the pods with the label app, of which there is one on each
// node at least; the scheduler sees to that where there are three.
func (s *session) onBothNodes(app string) []pod {
	s.t.Helper()
	all := s.pods(app)
	for _, node := range []string{"node1", "node2"} {
		if !slices.ContainsFunc(all, func(p pod) bool { return p.node == node }) {
			s.t.Fatalf("no pod of %s is on %s: %v", app, node, all)
		}
	}
	return all
}
