// Command custom is meshhop with a namer, an identifier and a stage of its own.
package main

import (
	"github.com/meshhop/meshhop/proxy/app"
	"github.com/meshhop/meshhop/proxy/config"
)

func main() {
	kinds := config.Builtin()
	kinds.Namers["example.env"] = envNamer
	kinds.Identifiers["example.tenant"] = tenantIdentifier
	kinds.Stages["example.limit"] = limitStage
	app.Main(app.Options{Name: "custom", Kinds: kinds})
}
