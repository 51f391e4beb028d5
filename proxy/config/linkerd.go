package config

import "github.com/meshhop/meshhop/proxy/internal/linkerd"

// family is a table of kinds.
type family uint8

const (
	namers family = iota
	identifiers
	interpreters
	transformers
	telemeters
	balancers
	propagators
	accruals
	backoffs
	classifiers
	stages
)

// linkerdKinds are the kinds of a family that Linkerd 1.7 knows. Such a kind is
// reported as not supported rather than as misspelt.
func linkerdKinds(f family) []string {
	all := linkerd.AllKinds()
	switch f {
	case namers:
		return all.Namers
	case identifiers:
		return all.Identifiers
	case interpreters:
		return all.Interpreters
	case transformers:
		return all.Transformers
	case telemeters:
		return all.Telemeters
	case balancers:
		return all.Balancers
	case accruals:
		return all.FailureAccruals
	case backoffs:
		return all.Backoffs
	case classifiers:
		return all.Classifiers
	case propagators:
		return all.Propagators
	default: // Linkerd has no stages
		return nil
	}
}
