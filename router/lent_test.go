package router

import (
	"reflect"
	"testing"
)

// TestEverythingThatGetsRequestsIsKnown: a field of the configuration whose value a program
// writes is looked at in lent.go, or gets no request.
func TestEverythingThatGetsRequestsIsKnown(t *testing.T) {
	known := map[string]string{
		"Config.Interpreter":          "gets names",
		"Config.Identifier":           "looked at",
		"Config.Hop":                  "looked at",
		"Config.Balancer":             "a default of the client's",
		"Config.NewTransport":         "gets addresses; what it makes is looked at by send",
		"Config.Services":             "gets names",
		"Config.Clients":              "gets names",
		"Config.Stages":               "looked at",
		"Config.Listeners":            "gets addresses",
		"ServicePolicy.Classifier":    "looked at",
		"ServicePolicy.Backoff":       "gets numbers",
		"ClientPolicy.Balancer":       "looked at",
		"ClientPolicy.FailureAccrual": "gets outcomes",
		"ClientPolicy.FailureBackoff": "gets numbers",
		"ClientPolicy.Transport":      "gets addresses and contexts to dial in, which count as kept",
		"Config.Transport":            "gets addresses and contexts to dial in, which count as kept",
	}
	for _, one := range []any{Config{}, ServicePolicy{}, ClientPolicy{}} {
		of := reflect.TypeOf(one)
		for i := range of.NumField() {
			f := of.Field(i)
			name := of.Name() + "." + f.Name
			if _, ok := known[name]; !ok && holdsCode(f.Type, 0) {
				t.Errorf("%s: does it get requests? See lent.go.", name)
			}
		}
	}
}

// holdsCode reports whether a value of the type may be what a program has written.
func holdsCode(of reflect.Type, depth int) bool {
	switch of.Kind() {
	case reflect.Interface, reflect.Func:
		return true
	case reflect.Struct:
		for i := range of.NumField() {
			if f := of.Field(i); depth < 4 && f.IsExported() && holdsCode(f.Type, depth+1) {
				return true
			}
		}
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return depth < 4 && holdsCode(of.Elem(), depth+1)
	}
	return false
}
