package main

import (
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
)

// fileKinds is what a configuration file may name here: what comes with package
// config, and the engine that only this program links.
func fileKinds() config.Kinds {
	k := config.Builtin()
	k.ZipkinEngines["stock"] = stock.New
	return k
}
