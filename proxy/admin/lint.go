package admin

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/lint"
)

// lintRule is a rule as Linkerd shows it (LintHandler.scala of twitter-server).
type lintRule struct {
	Category    string   `json:"category"`
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Issues      []string `json:"issues"`
}

type lintCounts struct {
	Run    int `json:"num_rules_run"`
	OK     int `json:"num_rules_ok"`
	Failed int `json:"num_rules_failed"`
	Issues int `json:"num_issues_found"`
}

type lintResults struct {
	Metadata lintCounts `json:"metadata"`
	Failed   []lintRule `json:"failed_rules"`
	OK       []string   `json:"ok_rules"`
}

// noticeRule is the rule of what has no kind.
const noticeRule = "notice"

// describeRule says what a rule finds.
func describeRule(id string) (category, description string) {
	if id == noticeRule {
		return "Configuration", "A key of the file has no effect, or another one than in Linkerd."
	}
	return "Dtab", map[string]string{
		"loop":          "A name is rewritten for ever.",
		"zero-weight":   "No branch of a union has a weight.",
		"lone-weight":   "A weight has no effect, as there is no other branch.",
		"shadowed":      "An entry is never used, because of a later one with the same prefix.",
		"swallowed":     "An entry is never used, because of a later one with a wider prefix.",
		"unreached":     "An alternate is never tried.",
		"unreachable":   "No name leads to an entry.",
		"no-route":      "No name of a request leads to any entry.",
		"no-namer":      "No namer serves a name below /#/.",
		"unknown-name":  "Neither an entry nor a namer matches a name.",
		"plain-traffic": "A client block with tls matches nothing that the dtab leads to.",
		"not-checked":   "The dtab takes too much work, or has more than 100 findings.",
	}[id]
}

// lintOf sorts findings by their rules.
func lintOf(all []Finding) lintResults {
	byRule := map[string][]string{}
	for _, f := range all {
		id := f.Kind
		if id == "" {
			id = noticeRule
		}
		byRule[id] = append(byRule[id], f.String())
	}
	r := lintResults{Failed: []lintRule{}, OK: []string{}}
	for _, id := range append(lint.Kinds(), noticeRule) {
		r.Metadata.Run++
		issues := byRule[id]
		if len(issues) == 0 {
			r.OK = append(r.OK, id)
			continue
		}
		category, description := describeRule(id)
		r.Failed = append(r.Failed, lintRule{category, id, id, description, issues})
		r.Metadata.Issues += len(issues)
	}
	r.Metadata.OK, r.Metadata.Failed = len(r.OK), len(r.Failed)
	return r
}

// addLint adds what check says of the configuration in effect.
func addLint(pages map[string]http.Handler, findings func() []Finding) {
	pages["/admin/lint.json"] = reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]lintResults{"lint_results": lintOf(findings())})
	}))
	pages["/admin/lint"] = reading(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writePreformatted(w, r, "Lint", lintOf(findings()).String())
	}))
}

func (r lintResults) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rules: %d, failed: %d, issues: %d\n", r.Metadata.Run, r.Metadata.Failed, r.Metadata.Issues)
	for _, rule := range r.Failed {
		fmt.Fprintf(&b, "\n%s: %s\n", rule.ID, rule.Description)
		for _, issue := range rule.Issues {
			b.WriteString("  " + issue + "\n")
		}
	}
	return b.String()
}
