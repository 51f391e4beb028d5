package config

import (
	"strconv"

	"github.com/meshhop/meshhop/router"
)

// grpcClassifier is a kind of classifier for gRPC calls, all of which have the key
// successStatusCodes.
func grpcClassifier(c func(success ...int) router.StreamClassifier) func(*Decoder) (Part[router.Classifier], error) {
	return func(d *Decoder) (Part[router.Classifier], error) {
		return Ready[router.Classifier](c(readCodes(d, "successStatusCodes")...)), nil
	}
}

// grpcRetryableClassifier is io.l5d.h2.grpc.retryableStatusCodes.
func grpcRetryableClassifier(d *Decoder) (Part[router.Classifier], error) {
	d.Need("retryableStatusCodes")
	retryable := readCodes(d, "retryableStatusCodes")
	return Ready[router.Classifier](router.GRPCRetryableCodes(retryable, readCodes(d, "successStatusCodes")...)), nil
}

// readCodes reads a list of status codes of gRPC.
func readCodes(d *Decoder, key string) (all []int) {
	for _, text := range d.Texts(key) {
		code, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			d.Errorf(key, "must be a list of status codes of gRPC, which are numbers such as 14, not %s", quoted(text))
			return nil
		}
		all = append(all, int(code))
	}
	if n := d.take(key); n != nil && n.shape == list && len(n.items) == 0 {
		d.Errorf(key, "needs at least one status code")
	}
	return all
}
