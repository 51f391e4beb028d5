package zipkin

// AppendSpan is the encoder, for tests that look at every byte.
var AppendSpan = appendSpan
