//go:build !race

package zipkin_test

const raced = false
