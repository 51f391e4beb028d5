package wire_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
)

func TestRetryable(t *testing.T) {
	for _, row := range []struct {
		name  string
		value []string
		want  bool
	}{
		{"L5d-Retryable", []string{"true"}, true},
		{"l5d-retryable", []string{"TRUE"}, true},
		{"L5d-Retryable", []string{"false"}, false},
		{"L5d-Retryable", []string{""}, false},
		{"L5d-Retryable", []string{"yes"}, false},
		{"L5d-Retryable", []string{"false", "true"}, false},
		{"L5d-Retryable", nil, false},
		{"X-Retryable", []string{"true"}, false},
	} {
		if got := wire.Retryable(http.Header{row.name: row.value}); got != row.want {
			t.Errorf("%s: %q is %v", row.name, row.value, got)
		}
	}
}

// TestSuccessClass: a number above zero is a success, anything else none
// (Http.scala, serverResponseClassifier).
func TestSuccessClass(t *testing.T) {
	for _, row := range []struct {
		value       string
		success, ok bool
	}{
		{"1.0", true, true}, {"0.0", false, true}, {"0.1", true, true}, {"-1", false, true},
		{"NaN", false, true}, {"garbage", false, true}, {"", false, true}, {"1e-300", true, true},
	} {
		success, ok := wire.SuccessClass(http.Header{"l5d-success-class": {row.value}})
		if success != row.success || ok != row.ok {
			t.Errorf("%q: %v, %v", row.value, success, ok)
		}
	}
	if success, ok := wire.SuccessClass(http.Header{}); success || ok {
		t.Errorf("without the header: %v, %v", success, ok)
	}
}

func ExampleSuccessClass() {
	fmt.Println(wire.SuccessClass(http.Header{"L5d-Success-Class": {"1.0"}}))
	// Output: true true
}

func ExampleRetryable() {
	fmt.Println(wire.Retryable(http.Header{"L5d-Retryable": {"true"}}))
	// Output: true
}
