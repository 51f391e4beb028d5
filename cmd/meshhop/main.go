// Command meshhop is the Linkerd 1.x mesh hop, with Zipkin tracing. Its commands
// are those of package [github.com/meshhop/meshhop/proxy/app]; meshhop help prints
// them.
package main

import (
	"github.com/meshhop/meshhop/proxy/app"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
)

func main() {
	kinds := config.Builtin()
	kinds.ZipkinEngines["stock"] = stock.New // links the SDK of OpenTelemetry
	app.Main(app.Options{Kinds: kinds})
}
