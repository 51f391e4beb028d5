package certs

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
)

// Files are those of one tls group.
type Files struct {
	// Cert has the certificate, which may be followed by others of its chain, and Key its
	// private key. Both or none are given. Intermediates has more of the chain; it may be
	// empty.
	Cert, Intermediates, Key string
	// Trust have the certificates of the authorities that are trusted. Without any, those
	// of the system are.
	Trust []string
}

// The keys of a configuration that name files.
const (
	certKey          = "certPath"
	intermediatesKey = "intermediateCertsPath"
	privateKey       = "keyPath"
	trustKey         = "trust"
)

// maxFile is more than any file of certificates has: a bundle of all authorities has 300 KiB.
const maxFile = 4 << 20

// contents are the files as they were read.
type contents struct {
	cert, intermediates, key []byte
	trust                    [][]byte
}

// read reads the files. The sum tells contents, and reasons why there are none, apart.
func (f Files) read() (c contents, sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	one := func(key, file string) []byte {
		if file == "" || err != nil {
			return nil
		}
		data, failed := readFile(file)
		if failed != nil {
			err = unreadable(key, file, failed)
			_, _ = io.WriteString(hash, err.Error())
			return nil
		}
		own := sha256.Sum256(data)
		hash.Write(own[:])
		return data
	}
	c.cert, c.intermediates, c.key = one(certKey, f.Cert), one(intermediatesKey, f.Intermediates), one(privateKey, f.Key)
	for _, file := range f.Trust {
		c.trust = append(c.trust, one(trustKey, file))
	}
	hash.Sum(sum[:0])
	return c, sum, err
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// A directory or a pipe would be read for ever, or not at all.
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: name, Err: errNotFile}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = &os.PathError{Op: "read", Path: name, Err: errTooLong}
	}
	return data, err
}

// dirs are the directories that the files are in.
func (f Files) dirs() (all []string) {
	for _, file := range append([]string{f.Cert, f.Intermediates, f.Key}, f.Trust...) {
		if file != "" {
			all = append(all, filepath.Dir(file))
		}
	}
	return all
}
