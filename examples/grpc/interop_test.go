package main

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop"
	"google.golang.org/grpc/interop/grpc_testing"
)

// TestInterop: the cases of gRPC's own suite, through two hops. A case that fails ends the
// process and says why.
func TestInterop(t *testing.T) {
	_, c := twoHops(t, "/svc => "+inet(startServer(t, func(s *grpc.Server) {
		grpc_testing.RegisterTestServiceServer(s, interop.NewTestServer())
	})))
	tc := grpc_testing.NewTestServiceClient(c)
	for _, row := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"empty_unary", func(t *testing.T) { interop.DoEmptyUnaryCall(within(t, time.Minute), tc) }},
		{"large_unary", func(t *testing.T) { interop.DoLargeUnaryCall(within(t, time.Minute), tc) }},
		{"client_streaming", func(t *testing.T) { interop.DoClientStreaming(within(t, time.Minute), tc) }},
		{"server_streaming", func(t *testing.T) { interop.DoServerStreaming(within(t, time.Minute), tc) }},
		{"ping_pong", func(t *testing.T) { interop.DoPingPong(within(t, time.Minute), tc) }},
		{"empty_stream", func(t *testing.T) { interop.DoEmptyStream(within(t, time.Minute), tc) }},
		{"timeout_on_sleeping_server", func(t *testing.T) { interop.DoTimeoutOnSleepingServer(within(t, time.Minute), tc) }},
		{"cancel_after_begin", func(t *testing.T) { interop.DoCancelAfterBegin(within(t, time.Minute), tc) }},
		{"cancel_after_first_response", func(t *testing.T) { interop.DoCancelAfterFirstResponse(within(t, time.Minute), tc) }},
		{"custom_metadata", func(t *testing.T) { interop.DoCustomMetadata(within(t, time.Minute), tc) }},
		{"status_code_and_message", func(t *testing.T) { interop.DoStatusCodeAndMessage(within(t, time.Minute), tc) }},
		{"special_status_message", func(t *testing.T) { interop.DoSpecialStatusMessage(within(t, time.Minute), tc) }},
		{"unimplemented_method", func(t *testing.T) { interop.DoUnimplementedMethod(within(t, time.Minute), c) }},
		{"unimplemented_service", func(t *testing.T) {
			interop.DoUnimplementedService(within(t, time.Minute), grpc_testing.NewUnimplementedServiceClient(c))
		}},
	} {
		t.Run(row.name, row.run)
	}
}
