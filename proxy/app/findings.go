package app

import (
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// findingsOf are the notices about a file and what check finds in its dtabs, for the admin
// server.
func findingsOf(file *config.File) (all []admin.Finding) {
	for _, list := range [][]config.Finding{file.Notices, file.Lint()} {
		for _, f := range list {
			all = append(all, admin.Finding{Where: f.Position.String() + ": " + f.Path, Kind: f.Kind, Text: f.Text, Error: f.Error})
		}
	}
	return all
}
