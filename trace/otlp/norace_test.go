//go:build !race

package otlp_test

const raced = false
