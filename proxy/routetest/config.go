package routetest

import (
	"os"
	"reflect"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// Config changes how a configuration is read. The zero value is that of [Load] and
// [Parse].
type Config struct {
	// Kinds are the kinds that the configuration may name. Default:
	// [config.Builtin]. Its namers and telemeters are replaced all the same.
	Kinds config.Kinds
	// Transformers has transformers do what they are configured for. By default
	// they do nothing, not even to the IDs of what names are bound to: what many of
	// them do depends on the machine.
	Transformers bool
	// Namerd is the dtab of the namespace of a namerd, or of another place outside
	// of the file that is not here (io.l5d.namerd, io.l5d.mesh,
	// io.l5d.k8s.configMap). It stands before the router's own. Default: empty. A
	// dtab that cannot be read ends the test.
	Namerd string
	// NamerdNamers are the prefixes of that namespace's namers, such as
	// "/#/io.l5d.consul": each is a fake. A prefix that is no path ends the test.
	NamerdNamers []string
}

// Load reads a file with a configuration in YAML or JSON, as config.Load does.
// What is wrong with it ends the test. Namers, telemeters, transformers and
// interpreters of Linkerd's that this module does not have are no error where
// something else takes their place anyway, nor are their keys: see [Config.Namerd].
func Load(t testing.TB, file string) *Routes {
	t.Helper()
	return Config{}.Load(t, file)
}

// Parse is [Load] for a configuration at hand.
func Parse(t testing.TB, yaml string) *Routes {
	t.Helper()
	return Config{}.Parse(t, yaml)
}

// Load is the function [Load] with this Config.
func (c Config) Load(t testing.TB, file string) *Routes {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("routetest: %v", err)
	}
	return c.load(t, file, text)
}

// Parse is the function [Parse] with this Config.
func (c Config) Parse(t testing.TB, yaml string) *Routes {
	t.Helper()
	return c.load(t, "yaml", []byte(yaml))
}

func (c Config) load(t testing.TB, name string, text []byte) *Routes {
	t.Helper()
	if reflect.ValueOf(c.Kinds).IsZero() {
		c.Kinds = config.Builtin()
	}
	n, err := c.namerd()
	if err != nil {
		t.Fatalf("routetest: %v", err)
	}
	var now *catcher // of the request that is asked
	file, err := config.Load(name, text, c.fakes(n, &now))
	if err != nil {
		t.Fatalf("routetest:\n%v", err)
	}
	return routesOf(t, file, n, &now)
}
