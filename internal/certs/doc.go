// Package certs keeps certificates, keys and trusted roots that stand in files, as the
// tls groups of a configuration name them. What is in the files is checked when they are
// first read, and read again when they change, as cert-manager and Kubernetes have them
// change. A set of files is taken as a whole or not at all, and where the new one is wrong
// the one before stays in use.
//
// All cryptography is that of crypto/tls and crypto/x509. What is added is how the name in
// a server's certificate is compared, so that certificates that Linkerd accepts are
// accepted: see [Name].
package certs
