package app

import (
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// findingsOf are the notices about a file and what is wrong with its dtabs, as check prints
// them, for the admin server.
func findingsOf(file *config.File) (all []admin.Finding) {
	for _, list := range [][]config.Finding{file.Notices, file.Lint()} {
		for _, f := range list {
			all = append(all, admin.Finding{Kind: f.Kind, Text: f.String()})
		}
	}
	return all
}
